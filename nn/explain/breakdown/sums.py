"""What the breakdowns of several layers share: sums with few terms, convolutions, windows."""

import numpy as np

from ...layers.im2col import im2col
from ..rounding import add_up, decimals_for, decimals_of, round_to
from .result import Breakdown

LARGEST = 10  # terms listed one by one; the others are summed into one


def weighted_sum(value, names, values, *, others="", bias=None, factors=None):
    """Return the sum of ``values`` and ``bias``, which is ``value``, with few terms.

    The `LARGEST` values are listed. The others are one term, named ``others``, with their number
    in place of {}.
    """
    values = np.asarray(values, np.float64)
    order = np.argsort(-np.abs(values), kind="stable")
    largest, rest = order[:LARGEST], order[LARGEST:]
    terms = [(names[i], float(values[i]), int(i), factors and factors[i]) for i in largest]
    if len(rest):
        terms.append((others.format(len(rest)), float(values[rest].sum()), None, None))
    if bias is not None:
        terms.append(("bias", float(bias), None, None))
    shown = round_to(value, decimals_for(value, *(term[1] for term in terms)))
    names, values, indices, factors = zip(*terms, strict=True)
    return add_up(names, values, shown, indices, factors)


def convolved(layer, x, at, value, kernel, first=0):
    """Break down a convolution.

    Parameters
    ----------
    kernel : ndarray, (KH, KW, C)
        Weights of the output channel for the pixels of the window.
    first : int
        The first of the C input channels that it sees.
    """
    patch, corner = patch_of(layer, x, at)
    patch = patch[..., first : first + kernel.shape[2]]
    sums = (patch.astype(np.float64) * kernel).sum(axis=(0, 1))
    names = [f"input channel {first + c}" for c in range(len(sums))]
    bias = layer.params["b"][at[-1]] if "b" in layer.params else None
    total = weighted_sum(value, names, sums, others="{} other channels", bias=bias)
    rule = "out = sum of patch x kernel" + (" + bias" if bias is not None else "")
    return Breakdown(
        type(layer).__name__, at, value, total.shown, rule, total, patch=patch, kernel=kernel,
        corner=corner, first_channel=first,
    )  # fmt: skip


def noted(layer, at, value, rule, numbers):
    """Return the breakdown of a number that follows from others, given by name."""
    shown = round_to(value, decimals_for(value, *numbers.values()))
    notes = tuple((name, round_to(n, decimals_of(shown))) for name, n in numbers.items())
    return Breakdown(type(layer).__name__, at, value, shown, rule, notes=notes)


def patch_of(layer, x, at, fill=0.0):
    """Return the patch of ``x`` behind an output, and its corner in the input."""
    (above, _), (left, _) = layer.window.padding(*x.shape[:2])
    row, column = (i * s for i, s in zip(at, layer.window.stride, strict=False))
    cols = im2col(x[None], layer.window, fill)
    return cols[0, at[0], at[1]], (row - above, column - left)

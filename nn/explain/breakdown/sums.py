"""What the breakdowns of several layers share: sums with few terms, and the patch of a window."""

import numpy as np

from ...layers.im2col import im2col
from ..rounding import add_up, decimals_for, round_to

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


def patch_of(layer, x, at, fill=0.0):
    """Return the patch of ``x`` behind an output, and its corner in the input."""
    (above, _), (left, _) = layer.window.padding(*x.shape[:2])
    row, column = (i * s for i, s in zip(at, layer.window.stride, strict=False))
    cols = im2col(x[None], layer.window, fill)
    return cols[0, at[0], at[1]], (row - above, column - left)

"""The arithmetic behind one number of a layer's output, down to single products.

`break_down` takes a layer, its input and output for one image, and an index into the output. It
returns the arithmetic as plain data, for a window to draw. The rounded numbers add up, to the last
digit shown (see `nn.explain.rounding`).
"""

import math
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import numpy as np

from ..layers.activation import Flatten, ReLU, Softmax
from ..layers.base import Layer
from ..layers.batchnorm import BatchNorm
from ..layers.conv import Conv2D
from ..layers.dense import Dense
from ..layers.dropout import Dropout
from ..layers.im2col import im2col
from ..layers.pool import AvgPool2D, MaxPool2D
from ..layers.rescaling import Rescaling
from .rounding import Sum, add_up, decimals_for, decimals_of, round_to

LARGEST = 10  # terms listed one by one; the others are summed into one


@dataclass(frozen=True)
class Breakdown:
    """One number of a layer's output, and how it was computed.

    Attributes
    ----------
    kind : str
        Class of the layer.
    at : tuple of int
        Index into the layer's output: (row, column, channel) or (feature,).
    value : float
        The number as the network computed it.
    shown : Decimal
        ``value``, rounded.
    rule : str
        Equation of the layer.
    total : Sum or None
        The sum that gives the number; for Softmax, the sum in the denominator. None if there is no
        sum.
    notes : tuple of (str, Decimal)
        Other numbers in the equation, by name.
    corner : tuple of int or None
        Row and column of the window's upper left corner in the input; negative in the padding.
    patch : ndarray or None, shape (KH, KW, C)
        The input inside the window; NaN in the padding of a max-pool.
    kernel : ndarray or None, shape (KH, KW, C)
        Weights of the patch.
    winner : tuple of int or None
        (row, column) of the maximum in the patch.
    """

    kind: str
    at: tuple[int, ...]
    value: float
    shown: Decimal
    rule: str
    total: Sum | None = None
    notes: tuple[tuple[str, Decimal], ...] = ()
    corner: tuple[int, int] | None = None
    patch: np.ndarray | None = field(default=None, compare=False)
    kernel: np.ndarray | None = field(default=None, compare=False)
    winner: tuple[int, int] | None = None

    def products(self, channel: int) -> Sum:
        """Return patch times kernel in one input channel, row by row, as a sum.

        The sum is shown as the channel's term of ``total``. Only for Conv2D and AvgPool2D.
        """
        assert self.patch is not None
        assert self.kernel is not None
        assert self.total is not None
        seen, weights = (a[..., channel].astype(np.float64) for a in (self.patch, self.kernel))
        values = (seen * weights).ravel().tolist()
        target = next((t.shown for t in self.total.terms if t.index == channel), None)
        target = round_to(sum(values), self.decimals) if target is None else target
        names = [f"{i}, {j}" for i, j in np.ndindex(seen.shape)]
        factors = list(zip(seen.ravel().tolist(), weights.ravel().tolist(), strict=True))
        return add_up(names, values, target, factors=factors)

    @property
    def decimals(self) -> int:
        """Digits shown after the point."""
        return decimals_of(self.shown)


def break_down(layer: Layer, x: np.ndarray, out: np.ndarray, at: tuple[int, ...]) -> Breakdown:
    """Return the arithmetic behind ``out[at]``.

    Parameters
    ----------
    layer : Layer
        Of any class that `nn` exports.
    x, out : ndarray
        The layer's input and output for one image, without N.
    at : tuple of int
        Index into ``out``.

    Raises
    ------
    ValueError
        If ``at`` is not an index into ``out``, the layer's class is unknown, or a number is
        infinite, NaN or too large to be written out.
    """
    at = tuple(int(i) for i in at)
    if len(at) != out.ndim or not all(0 <= i < n for i, n in zip(at, out.shape, strict=True)):
        raise ValueError(f"{at} is not an index into an output of shape {out.shape}")
    for kinds, function in _BREAKDOWNS:
        if isinstance(layer, kinds):
            try:
                return function(layer, x, at, float(out[at]))
            except (InvalidOperation, OverflowError):
                raise ValueError(f"{out[at]} is too large to be written out") from None
    raise ValueError(f"the arithmetic of {type(layer).__name__} cannot be written out")


def _weighted_sum(value, names, values, *, others="", bias=None, factors=None):
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


def _patch(layer, x, at, fill=0.0):
    """Return the patch of ``x`` behind an output, and its corner in the input."""
    (above, _), (left, _) = layer.window.padding(*x.shape[:2])
    row, column = (i * s for i, s in zip(at, layer.window.stride, strict=False))
    cols = im2col(x[None], layer.window, fill)
    return cols[0, at[0], at[1]], (row - above, column - left)


def _conv(layer, x, at, value):
    patch, corner = _patch(layer, x, at)
    kernel = layer.params["w"][..., at[-1]]
    sums = (patch.astype(np.float64) * kernel).sum(axis=(0, 1))
    names = [f"input channel {c}" for c in range(len(sums))]
    bias = layer.params["b"][at[-1]] if "b" in layer.params else None
    total = _weighted_sum(value, names, sums, others="{} other channels", bias=bias)
    rule = "out = sum of patch x kernel" + (" + bias" if bias is not None else "")
    return Breakdown(
        "Conv2D", at, value, total.shown, rule, total, patch=patch, kernel=kernel, corner=corner
    )  # fmt: skip


def _avg_pool(layer, x, at, value):
    patch, corner = _patch(layer, x, at)
    patch = patch[..., at[-1] :][..., :1]
    inside, _ = _patch(layer, np.ones(x.shape, bool), at, fill=layer.config["count_pad"])
    counted = inside[..., :1]
    n = int(counted.sum())
    kernel = counted / n
    products = (patch.astype(np.float64) * kernel).sum(axis=(0, 1))
    total = _weighted_sum(value, ["the window"], products)
    rule = f"out = mean of the window: each of its {n} values times 1/{n}"
    return Breakdown(
        "AvgPool2D", at, value, total.shown, rule, total, patch=patch, kernel=kernel, corner=corner
    )  # fmt: skip


def _max_pool(layer, x, at, value):
    patch, corner = _patch(layer, x, at, fill=-np.inf)
    patch = patch[..., at[-1]]
    winner = tuple(map(int, np.unravel_index(patch.argmax(), patch.shape)))
    shown = round_to(value, decimals_for(*patch[np.isfinite(patch)].tolist()))
    patch = np.where(np.isneginf(patch), np.nan, patch)[..., None]
    rule = "out = the largest of the window"
    return Breakdown(
        "MaxPool2D", at, value, shown, rule, patch=patch, corner=corner, winner=winner
    )  # fmt: skip


def _batchnorm(layer, x, at, value):
    c = at[-1]
    mean, var = (float(layer.state[name][c]) for name in ("mean", "var"))
    gamma, beta = (float(layer.params[name][c]) for name in ("gamma", "beta"))
    std = math.sqrt(var + layer.config["eps"])
    x_hat = (float(x[at]) - mean) / std
    names, values = ("gamma * x_hat", "beta"), (gamma * x_hat, beta)
    numbers = {"x": float(x[at]), "mean": mean, "std = sqrt(var + eps)": std,
               "x_hat = (x - mean) / std": x_hat, "gamma": gamma}  # fmt: skip
    decimals = decimals_for(value, *values, *numbers.values())
    shown = round_to(value, decimals)
    return Breakdown(
        "BatchNorm", at, value, shown, "out = gamma * x_hat + beta",
        add_up(names, values, shown, factors=[(gamma, x_hat), None]),
        tuple((name, round_to(number, decimals)) for name, number in numbers.items()),
    )  # fmt: skip


def _rescaling(layer, x, at, value):
    scale, offset = layer.config["scale"], layer.config["offset"]
    number = float(x[at])
    names, values = ("scale * x", "offset"), (scale * number, offset)
    shown = round_to(value, decimals_for(value, *values, scale, number))
    total = add_up(names, values, shown, factors=[(scale, number), None])
    return Breakdown("Rescaling", at, value, shown, "out = scale * x + offset", total)


def _dense(layer, x, at, value):
    w = layer.params["w"][:, at[0]].astype(np.float64)
    names = [f"input {i}" for i in range(len(w))]
    factors = list(zip(x.tolist(), w.tolist(), strict=True))
    bias = layer.params["b"][at[0]] if "b" in layer.params else None
    total = _weighted_sum(
        value, names, x * w, others="{} other inputs", bias=bias, factors=factors
    )  # fmt: skip
    rule = "out = sum of input x weight" + (" + bias" if bias is not None else "")
    return Breakdown("Dense", at, value, total.shown, rule, total)


def _softmax(layer, x, at, value):
    """Show as many digits as agree: the quotient as shown must round to the probability shown."""
    (k,) = at
    logits = x.astype(np.float64)
    powers = np.exp(logits - logits.max()).tolist()
    for decimals in (6, 5, 4, 3, 2):
        shown = round_to(value, decimals)
        names = [f"exp(x[{i}] - max)" for i in range(len(powers))]
        total = add_up(names, powers, round_to(sum(powers), decimals + 3), range(len(powers)))
        if (total.terms[k].shown / total.shown).quantize(shown) == shown:
            break
    digits = decimals_for(*logits.tolist())
    notes = [(f"x[{i}]", round_to(logit, digits)) for i, logit in enumerate(logits.tolist())]
    notes.append(("max", round_to(float(logits.max()), digits)))
    rule = f"out = exp(x[{k}] - max) / sum of all exp(x - max)"
    return Breakdown("Softmax", at, value, shown, rule, total, tuple(notes))


def _relu(layer, x, at, value):
    shown = round_to(value, decimals_for(float(x[at])))
    notes = (("x", round_to(float(x[at]), decimals_of(shown))),)
    return Breakdown("ReLU", at, value, shown, "out = max(x, 0)", notes=notes)


def _identity(layer, x, at, value):
    why = "only the shape changes" if isinstance(layer, Flatten) else "dropout is for training only"
    shown = round_to(value, decimals_for(value))
    return Breakdown(type(layer).__name__, at, value, shown, f"out = x: {why}")


_BREAKDOWNS = (
    (Conv2D, _conv),
    (AvgPool2D, _avg_pool),
    (MaxPool2D, _max_pool),
    (BatchNorm, _batchnorm),
    (Rescaling, _rescaling),
    (Dense, _dense),
    (Softmax, _softmax),
    (ReLU, _relu),
    ((Flatten, Dropout), _identity),
)

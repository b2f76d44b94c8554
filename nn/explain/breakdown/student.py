"""The arithmetic of the layers of `nn.layers`: a function breaks down a number of an output."""

import math

import numpy as np

from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.pool import AvgPool2D, MaxPool2D
from ...layers.rescaling import Rescaling
from ..rounding import add_up, decimals_for, decimals_of, round_to
from .result import Breakdown
from .sums import convolved, patch_of, weighted_sum


def _conv(layer, x, at, value):
    return convolved(layer, x, at, value, layer.params["w"][..., at[-1]])


def _avg_pool(layer, x, at, value):
    patch, corner = patch_of(layer, x, at)
    patch = patch[..., at[-1] :][..., :1]
    inside, _ = patch_of(layer, np.ones(x.shape, bool), at, fill=layer.config["count_pad"])
    counted = inside[..., :1]
    n = int(counted.sum())
    kernel = counted / n
    products = (patch.astype(np.float64) * kernel).sum(axis=(0, 1))
    total = weighted_sum(value, ["the window"], products)
    rule = f"out = mean of the window: each of its {n} values times 1/{n}"
    return Breakdown(
        "AvgPool2D", at, value, total.shown, rule, total, patch=patch, kernel=kernel,
        corner=corner, first_channel=at[-1],
    )  # fmt: skip


def _max_pool(layer, x, at, value):
    patch, corner = patch_of(layer, x, at, fill=-np.inf)
    patch = patch[..., at[-1]]
    winner = tuple(map(int, np.unravel_index(patch.argmax(), patch.shape)))
    shown = round_to(value, decimals_for(*patch[np.isfinite(patch)].tolist()))
    patch = np.where(np.isneginf(patch), np.nan, patch)[..., None]
    rule = "out = the largest of the window"
    return Breakdown(
        "MaxPool2D", at, value, shown, rule, patch=patch, corner=corner, winner=winner,
        first_channel=at[-1],
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
    total = weighted_sum(
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
    is_shape = isinstance(layer, Flatten)
    why = "only the shape changes" if is_shape else "it does something in training only"
    shown = round_to(value, decimals_for(value))
    return Breakdown(type(layer).__name__, at, value, shown, f"out = x: {why}")


BREAKDOWNS = (
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
"""The function for each class, or for several."""

"""The arithmetic of the layers of `nn.layers.more`."""

import numpy as np

from ...layers.more import (
    ELU,
    GELU,
    SELU,
    Clip,
    Crop2D,
    DepthwiseConv2D,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    GroupedConv2D,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    Mish,
    Normalization,
    Permute,
    PReLU,
    Reshape,
    Sigmoid,
    Softplus,
    Softsign,
    Swish,
    Tanh,
    ZeroPad2D,
)
from ...layers.more.normalization import LEAST
from ..rounding import decimals_for, decimals_of, round_to
from .result import Breakdown
from .sums import patch_of, weighted_sum

RULES = {
    Sigmoid: "out = 1 / (1 + exp(-x))",
    Tanh: "out = tanh(x)",
    SELU: "out = 1.0507 * x if x > 0, else 1.7581 * (exp(x) - 1)",
    GELU: "out = x * P(X < x), X a normal variable",
    Swish: "out = x / (1 + exp(-x))",
    Mish: "out = x * tanh(log(1 + exp(x)))",
    Softplus: "out = log(1 + exp(x))",
    Softsign: "out = x / (1 + |x|)",
    HardSwish: "out = x * min(max(x + 3, 0), 6) / 6",
}
"""Equations of the activations without arguments."""


def _element_wise(layer, x, at, value):
    """Break down a function of one number."""
    config, number = layer.config, float(x[at])
    if isinstance(layer, LeakyReLU):
        rule = f"out = x if x > 0, else {config['slope']:.4g} * x"
    elif isinstance(layer, ELU):
        rule = f"out = x if x > 0, else {config['alpha']:.4g} * (exp(x) - 1)"
    elif isinstance(layer, HardSigmoid):
        rule = f"out = {config['slope']:.4g} * x + {config['offset']:.4g}, limited to 0 ... 1"
    elif isinstance(layer, Clip):
        low, high = ("no limit" if n is None else f"{n:.4g}" for n in config.values())
        rule = f"out = x, limited to {low} ... {high}"
    else:
        rule = RULES[type(layer)]
    shown = round_to(value, decimals_for(value, number))
    notes = (("x", round_to(number, decimals_of(shown))),)
    return Breakdown(type(layer).__name__, at, value, shown, rule, notes=notes)


def _prelu(layer, x, at, value):
    alpha = float(np.broadcast_to(layer.params["alpha"], x.shape)[at])
    numbers = {"x": float(x[at]), "alpha": alpha}
    shown = round_to(value, decimals_for(value, *numbers.values()))
    notes = tuple((name, round_to(n, decimals_of(shown))) for name, n in numbers.items())
    rule = "out = x if x > 0, else alpha * x, with a trained alpha"
    return Breakdown("PReLU", at, value, shown, rule, notes=notes)


def _normalization(layer, x, at, value):
    mean = float(layer.state["mean"][at[-1]])
    std = max(float(np.sqrt(layer.state["var"][at[-1]])), LEAST)
    numbers = {"x": float(x[at]), "mean": mean, "deviation": std}
    shown = round_to(value, decimals_for(value, *numbers.values()))
    notes = tuple((name, round_to(n, decimals_of(shown))) for name, n in numbers.items())
    return Breakdown("Normalization", at, value, shown, "out = (x - mean) / deviation", notes=notes)


def _grouped(layer, x, at, value):
    """Break down a convolution that sees the channels of one group."""
    w = layer.params["w"]
    size, parts = w.shape[2], w.shape[3] // layer.config["groups"]
    first = at[-1] // parts * size
    return _convolution(layer, x, at, value, w[..., at[-1]], first)


def _depthwise(layer, x, at, value):
    """Break down a convolution that sees one channel."""
    channel, kernel = divmod(at[-1], layer.config["multiplier"])
    w = layer.params["w"][:, :, channel, kernel, None]
    return _convolution(layer, x, at, value, w, channel)


def _convolution(layer, x, at, value, w, first):
    """Break down a convolution of the channels from ``first`` on; gaps of the kernel are zeros."""
    C, (DH, DW) = w.shape[2], layer.config["dilation"]
    kernel = np.zeros((*layer.window.kernel, C), w.dtype)
    kernel[::DH, ::DW] = w
    patch, corner = patch_of(layer, x, at)
    patch = patch[..., first : first + C]
    sums = (patch.astype(np.float64) * kernel).sum(axis=(0, 1))
    names = [f"input channel {first + c}" for c in range(C)]
    bias = layer.params["b"][at[-1]] if "b" in layer.params else None
    total = weighted_sum(value, names, sums, others="{} other channels", bias=bias)
    rule = "out = sum of patch x kernel" + (" + bias" if bias is not None else "")
    return Breakdown(
        type(layer).__name__, at, value, total.shown, rule, total, patch=patch, kernel=kernel,
        corner=corner, first_channel=first,
    )  # fmt: skip


def _global_average(layer, x, at, value):
    H, W, _ = x.shape
    values = x[..., at[-1]].astype(np.float64).ravel() / (H * W)
    names = [f"row {i // W}, column {i % W}" for i in range(H * W)]
    total = weighted_sum(value, names, values, others="{} other pixels")
    rule = f"out = mean of the channel: each of its {H * W} values times 1/{H * W}"
    return Breakdown(type(layer).__name__, at, value, total.shown, rule, total)


def _global_max(layer, x, at, value):
    row, column = np.unravel_index(x[..., at[-1]].argmax(), x.shape[:2])
    shown = round_to(value, decimals_for(value))
    rule = f"out = the largest of the channel, in row {row}, column {column}"
    return Breakdown(type(layer).__name__, at, value, shown, rule)


def _moved(layer, x, at, value):
    """Break down a layer that moves numbers: say where this one came from."""
    index = layer.forward(np.arange(1, x.size + 1).reshape(1, *x.shape))[0][at]
    shown = round_to(value, decimals_for(value))
    if index:
        place = ", ".join(map(str, np.unravel_index(int(index) - 1, x.shape)))
        rule = f"out = x at ({place})"
    else:
        rule = "out = 0: it is in the frame"
    return Breakdown(type(layer).__name__, at, value, shown, rule)


BREAKDOWNS = (
    ((*RULES, LeakyReLU, ELU, HardSigmoid, Clip), _element_wise),
    (PReLU, _prelu),
    (Normalization, _normalization),
    (GroupedConv2D, _grouped),
    (DepthwiseConv2D, _depthwise),
    (GlobalAvgPool2D, _global_average),
    (GlobalMaxPool2D, _global_max),
    ((Reshape, Permute, ZeroPad2D, Crop2D), _moved),
)
"""The function for each class, or for several."""

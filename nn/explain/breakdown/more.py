"""The arithmetic of the layers of `nn.layers.more`."""

import numpy as np

from ...layers import more
from ...layers.more.normalization import LEAST
from ..rounding import decimals_for, round_to
from .result import Breakdown
from .sums import convolved, noted, weighted_sum

RULES = {
    more.Sigmoid: "out = 1 / (1 + exp(-x))",
    more.Tanh: "out = tanh(x)",
    more.SELU: "out = 1.0507 * x if x > 0, else 1.7581 * (exp(x) - 1)",
    more.GELU: "out = x * P(X < x), X a normal variable",
    more.Swish: "out = x / (1 + exp(-x))",
    more.Mish: "out = x * tanh(log(1 + exp(x)))",
    more.Softplus: "out = log(1 + exp(x))",
    more.Softsign: "out = x / (1 + |x|)",
    more.HardSwish: "out = x * min(max(x + 3, 0), 6) / 6",
}
"""Equations of the activations without arguments."""


def _element_wise(layer, x, at, value):
    """Break down a function of one number."""
    config, number = layer.config, float(x[at])
    if isinstance(layer, more.LeakyReLU):
        rule = f"out = x if x > 0, else {config['slope']:.4g} * x"
    elif isinstance(layer, more.ELU):
        rule = f"out = x if x > 0, else {config['alpha']:.4g} * (exp(x) - 1)"
    elif isinstance(layer, more.HardSigmoid):
        rule = f"out = {config['slope']:.4g} * x + {config['offset']:.4g}, limited to 0 ... 1"
    elif isinstance(layer, more.Clip):
        low, high = ("no limit" if n is None else f"{n:.4g}" for n in config.values())
        rule = f"out = x, limited to {low} ... {high}"
    else:
        rule = RULES[type(layer)]
    return noted(layer, at, value, rule, {"x": number})


def _prelu(layer, x, at, value):
    alpha = float(np.broadcast_to(layer.params["alpha"], x.shape)[at])
    rule = "out = x if x > 0, else alpha * x, with a trained alpha"
    return noted(layer, at, value, rule, {"x": float(x[at]), "alpha": alpha})


def _normalization(layer, x, at, value):
    mean = float(layer.state["mean"][at[-1]])
    std = max(float(np.sqrt(layer.state["var"][at[-1]])), LEAST)
    numbers = {"x": float(x[at]), "mean": mean, "deviation": std}
    return noted(layer, at, value, "out = (x - mean) / deviation", numbers)


def _grouped(layer, x, at, value):
    """Break down a convolution that sees the channels of one group."""
    w = layer.params["w"]
    size, parts = w.shape[2], w.shape[3] // layer.config["groups"]
    kernel = _with_gaps(layer, w[..., at[-1]])
    return convolved(layer, x, at, value, kernel, at[-1] // parts * size)


def _depthwise(layer, x, at, value):
    """Break down a convolution that sees one channel."""
    channel, kernel = divmod(at[-1], layer.config["multiplier"])
    w = layer.params["w"][:, :, channel, kernel, None]
    return convolved(layer, x, at, value, _with_gaps(layer, w), channel)


def _with_gaps(layer, w):
    """Return weights (KH, KW, C) with zeros between the taps of a dilated kernel."""
    DH, DW = layer.config["dilation"]
    kernel = np.zeros((*layer.window.kernel, w.shape[2]), w.dtype)
    kernel[::DH, ::DW] = w
    return kernel


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
    ((*RULES, more.LeakyReLU, more.ELU, more.HardSigmoid, more.Clip), _element_wise),
    (more.PReLU, _prelu),
    (more.Normalization, _normalization),
    (more.GroupedConv2D, _grouped),
    (more.DepthwiseConv2D, _depthwise),
    (more.GlobalAvgPool2D, _global_average),
    (more.GlobalMaxPool2D, _global_max),
    ((more.Reshape, more.Permute, more.ZeroPad2D, more.Crop2D), _moved),
)
"""The function for each class, or for several."""

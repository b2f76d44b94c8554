"""The loops of each layer in C: functions that return the lines of a block.

A block reads ``in`` and writes ``out``, arrays of floats in our order (H, W, C). Sizes are written
into the loops as numbers, so that a compiler can unroll them.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...layers import more
from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.base import Shape
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.more.normalization import LEAST
from ...layers.more.selu import ALPHA, SCALE
from ...layers.pool import AvgPool2D, MaxPool2D
from ...layers.rescaling import Rescaling
from .quantise import quantised

NUMBERS_A_LINE = 12


class Arrays:
    """The arrays of the file, each declared once.

    Parameters
    ----------
    int8 : bool
        Whether weights are stored as int8.
    """

    def __init__(self, int8: bool):
        self.int8 = int8
        self.lines: list[str] = []

    def floats(self, name: str, array: np.ndarray) -> str:
        """Declare an array of floats; return its name."""
        return self._declare("float", name, [number(value) for value in array.ravel().tolist()])

    def weights(self, name: str, layer) -> tuple[str, str]:
        """Declare the weights of a layer; return their name, and that of their scales or ""."""
        if not self.int8:
            return self.floats(f"{name}_w", layer.params["w"]), ""
        q, scale = quantised(layer)
        stored = self._declare("signed char", f"{name}_w", [str(n) for n in q.ravel().tolist()])
        return stored, self.floats(f"{name}_scale", scale)

    def _declare(self, kind, name, numbers):
        self.lines.append(f"static const {kind} {name}[{len(numbers)}] = {{")
        for start in range(0, len(numbers), NUMBERS_A_LINE):
            self.lines.append(f"    {', '.join(numbers[start : start + NUMBERS_A_LINE])},")
        self.lines.append("};")
        return name


def number(value: float) -> str:
    """Return a float32 as a C literal, with enough digits to give the same float32."""
    text = f"{np.float32(value):.9g}"
    return f"{text}f" if any(mark in text for mark in ".en") else f"{text}.0f"


def _convolution(layer: Any, shape: Shape, arrays: Arrays, name: str) -> Iterator[str]:
    """Convolution of any kind: output o sums the input channels from ``first`` on.

    The index of a weight is ((i * KW + j) * channels + c) * outputs + o; for a depthwise
    convolution there is one channel, and its outputs are C * M.
    """
    (H, W, C), (OH, OW, OC) = shape, layer.output_shape(shape)
    KH, KW = layer.config["kernel_size"]
    (DH, DW), (SH, SW) = layer.config.get("dilation", (1, 1)), layer.window.stride
    (above, _), (left, _) = layer.window.padding(H, W)
    depthwise = isinstance(layer, more.DepthwiseConv2D)
    groups = C if depthwise else layer.config.get("groups", 1)
    channels = C // groups
    w, scale = arrays.weights(name, layer)
    yield f"for (int p = 0; p < {OH}; p++) for (int q = 0; q < {OW}; q++)"
    yield f"for (int o = 0; o < {OC}; o++) {{"
    yield "    float sum = 0;"
    yield f"    int first = o / {OC // groups} * {channels};"
    yield f"    for (int i = 0; i < {KH}; i++) for (int j = 0; j < {KW}; j++) {{"
    yield f"        int y = p * {SH} + i * {DH} - {above}, x = q * {SW} + j * {DW} - {left};"
    yield f"        if (y < 0 || y >= {H} || x < 0 || x >= {W}) continue;"
    yield f"        for (int c = 0; c < {channels}; c++)"
    yield f"            sum += in[(y * {W} + x) * {C} + first + c]"
    yield f"                * {w}[((i * {KW} + j) * {channels} + c) * {OC} + o];"
    yield "    }"
    yield f"    out[(p * {OW} + q) * {OC} + o] = {_sum(layer, arrays, name, scale)};"
    yield "}"


def _dense(layer: Dense, shape: Shape, arrays: Arrays, name: str) -> Iterator[str]:
    (IN,), OUT = shape, layer.config["out_features"]
    w, scale = arrays.weights(name, layer)
    yield f"for (int o = 0; o < {OUT}; o++) {{"
    yield "    float sum = 0;"
    yield f"    for (int i = 0; i < {IN}; i++) sum += in[i] * {w}[i * {OUT} + o];"
    yield f"    out[o] = {_sum(layer, arrays, name, scale)};"
    yield "}"


def _sum(layer, arrays, name, scale):
    """Return the sum, times its scale if the weights are int8, plus the bias if there is one."""
    text = f"sum * {scale}[o]" if scale else "sum"
    if "b" in layer.params:
        text += f" + {arrays.floats(f'{name}_b', layer.params['b'])}[o]"
    return text


def _pool(layer: MaxPool2D | AvgPool2D, shape: Shape, _arrays: Arrays, _name: str) -> Iterator[str]:
    (H, W, C), (OH, OW, _) = shape, layer.output_shape(shape)
    (KH, KW), (SH, SW) = layer.window.kernel, layer.window.stride
    (above, _), (left, _) = layer.window.padding(H, W)
    is_max = isinstance(layer, MaxPool2D)
    count = KH * KW if layer.config.get("count_pad") else 0
    yield f"for (int p = 0; p < {OH}; p++) for (int q = 0; q < {OW}; q++)"
    yield f"for (int c = 0; c < {C}; c++) {{"
    yield f"    float found = {'-INFINITY' if is_max else '0'};"
    yield "    int n = 0;"
    yield f"    for (int i = 0; i < {KH}; i++) for (int j = 0; j < {KW}; j++) {{"
    yield f"        int y = p * {SH} + i - {above}, x = q * {SW} + j - {left};"
    yield f"        if (y < 0 || y >= {H} || x < 0 || x >= {W}) continue;"
    yield f"        float value = in[(y * {W} + x) * {C} + c];"
    yield f"        {'if (value > found) found = value' if is_max else 'found += value'};"
    yield "        n++;"
    yield "    }"
    result = "found" if is_max else f"found / {count or 'n'}"
    yield f"    out[(p * {OW} + q) * {C} + c] = {result};"
    yield "    (void)n;"
    yield "}"


def _global_pool(layer: Any, shape: Shape, _arrays: Arrays, _name: str) -> Iterator[str]:
    H, W, C = shape
    is_max = isinstance(layer, more.GlobalMaxPool2D)
    step = "if (in[i] > found) found = in[i]" if is_max else "found += in[i]"
    yield f"for (int c = 0; c < {C}; c++) {{"
    yield f"    float found = {'-INFINITY' if is_max else '0'};"
    yield f"    for (int i = c; i < {H * W * C}; i += {C}) {step};"
    yield f"    out[c] = {'found' if is_max else f'found / {H * W}'};"
    yield "}"


def _per_channel(scale: np.ndarray, offset: np.ndarray, shape, arrays, name) -> Iterator[str]:
    """``scale * x + offset``, with a number for each channel."""
    C, scale_name = shape[-1], arrays.floats(f"{name}_scale", scale)
    offset_name = arrays.floats(f"{name}_offset", offset)
    yield f"for (int i = 0; i < {math.prod(shape)}; i++)"
    yield f"    out[i] = in[i] * {scale_name}[i % {C}] + {offset_name}[i % {C}];"


def _batchnorm(layer: BatchNorm, shape: Shape, arrays: Arrays, name: str) -> Iterator[str]:
    mean, var = (layer.state[key].astype(np.float64) for key in ("mean", "var"))
    scale = layer.params["gamma"] / np.sqrt(var + layer.config["eps"])
    yield from _per_channel(scale, layer.params["beta"] - mean * scale, shape, arrays, name)


def _normalization(
    layer: more.Normalization, shape: Shape, arrays: Arrays, name: str
) -> Iterator[str]:
    mean, var = (layer.state[key].astype(np.float64) for key in ("mean", "var"))
    scale = 1 / np.maximum(np.sqrt(var), LEAST)
    yield from _per_channel(scale, -mean * scale, shape, arrays, name)


def _prelu(layer: more.PReLU, shape: Shape, arrays: Arrays, name: str) -> Iterator[str]:
    alpha = arrays.floats(f"{name}_alpha", np.broadcast_to(layer.params["alpha"], shape))
    yield f"for (int i = 0; i < {math.prod(shape)}; i++)"
    yield f"    out[i] = in[i] > 0 ? in[i] : {alpha}[i] * in[i];"


def _softmax(_layer: Softmax, shape: Shape, _arrays: Arrays, _name: str) -> Iterator[str]:
    (K,) = shape
    yield "float top = in[0], sum = 0;"
    yield f"for (int k = 1; k < {K}; k++) if (in[k] > top) top = in[k];"
    yield f"for (int k = 0; k < {K}; k++) sum += out[k] = expf(in[k] - top);"
    yield f"for (int k = 0; k < {K}; k++) out[k] /= sum;"


def _moved(layer: Any, shape: Shape, arrays: Arrays, name: str) -> Iterator[str]:
    """Permute, pad and crop: copy to each output the input that it is, or 0."""
    index = layer.forward(np.arange(1, math.prod(shape) + 1).reshape(1, *shape))[0].ravel()
    places = arrays._declare("int", f"{name}_from", [str(i - 1) for i in index.tolist()])
    yield f"for (int i = 0; i < {index.size}; i++)"
    yield f"    out[i] = {places}[i] < 0 ? 0 : in[{places}[i]];"


def _element_wise(formula: Callable[[Any], str]) -> Callable[..., Iterator[str]]:
    """Return the writer of a function of ``x``, given a function from the layer to its formula."""

    def write(layer, shape, _arrays, _name):
        yield f"for (int i = 0; i < {math.prod(shape)}; i++) {{"
        yield "    float x = in[i];"
        yield f"    out[i] = {formula(layer)};"
        yield "}"

    return write


def _clip_formula(layer: more.Clip) -> str:
    low, high = layer.config["low"], layer.config["high"]
    text = "x" if low is None else f"fmaxf(x, {number(low)})"
    return text if high is None else f"fminf({text}, {number(high)})"


def _gelu_formula(layer: more.GELU) -> str:
    if layer.config["approximate"]:
        inner = f"{number(math.sqrt(2 / math.pi))} * (x + 0.044715f * x * x * x)"
        return f"0.5f * x * (1 + tanhf({inner}))"
    return f"0.5f * x * (1 + erff(x * {number(math.sqrt(0.5))}))"


FORMULAS: dict[type, Callable[[Any], str]] = {
    ReLU: lambda _: "x > 0 ? x : 0",
    more.LeakyReLU: lambda layer: f"x > 0 ? x : {number(layer.config['slope'])} * x",
    more.ELU: lambda layer: f"x > 0 ? x : {number(layer.config['alpha'])} * expm1f(x)",
    more.SELU: lambda _: f"x > 0 ? {number(SCALE)} * x : {number(SCALE * ALPHA)} * expm1f(x)",
    more.GELU: _gelu_formula,
    more.Swish: lambda _: "x / (1 + expf(-x))",
    more.Mish: lambda _: "x * tanhf(fmaxf(x, 0) + log1pf(expf(-fabsf(x))))",
    more.Sigmoid: lambda _: "1 / (1 + expf(-x))",
    more.HardSigmoid: lambda layer: "fminf(fmaxf({} * x + {}, 0), 1)".format(
        *map(number, layer.config.values())
    ),
    more.HardSwish: lambda _: "x * fminf(fmaxf(x + 3, 0), 6) / 6",
    more.Tanh: lambda _: "tanhf(x)",
    more.Softplus: lambda _: "fmaxf(x, 0) + log1pf(expf(-fabsf(x)))",
    more.Softsign: lambda _: "x / (1 + fabsf(x))",
    more.Clip: _clip_formula,
    Rescaling: lambda layer: "{} * x + {}".format(*map(number, layer.config.values())),
}
"""The formula of each element-wise layer, given the layer."""

WRITERS: dict[type, Callable[[Any, Shape, Arrays, str], Iterator[str]]] = {
    Conv2D: _convolution,
    more.GroupedConv2D: _convolution,
    more.DepthwiseConv2D: _convolution,
    Dense: _dense,
    MaxPool2D: _pool,
    AvgPool2D: _pool,
    more.GlobalMaxPool2D: _global_pool,
    more.GlobalAvgPool2D: _global_pool,
    BatchNorm: _batchnorm,
    more.Normalization: _normalization,
    more.PReLU: _prelu,
    Softmax: _softmax,
    **{kind: _element_wise(formula) for kind, formula in FORMULAS.items()},
    more.Permute: _moved,
    more.ZeroPad2D: _moved,
    more.Crop2D: _moved,
}
"""Each yields the lines of a layer's block, given it, its input's shape, the arrays, and a name."""

NOTHING = (Flatten, more.Reshape, Dropout, more.SpatialDropout2D, more.GaussianNoise)
"""Layers that leave the numbers and their order as they are."""

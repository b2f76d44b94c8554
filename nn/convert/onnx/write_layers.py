"""Translate layers into ONNX's nodes.

ONNX's convolutions and pooling take channels first; ours come last. Images are transposed at the
first of these, and transposed back before they are flattened, so that dense weights need no
permutation. Activations that opset 13 lacks are spelled out.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...layers import more
from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.base import Layer, Shape
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.more.normalization import LEAST
from ...layers.pool import AvgPool2D, MaxPool2D
from ...layers.rescaling import Rescaling
from ...layers.window import Window
from .nodes import GraphWriter


def _window(layer: Any, shape: Shape) -> dict[str, Any]:
    (above, below), (left, right) = layer.window.padding(*shape[:2])
    return {
        "kernel_shape": layer.config.get("kernel_size", layer.window.kernel),
        "strides": layer.window.stride,
        "pads": (above, left, below, right),
    }


def _conv2d(graph: GraphWriter, layer: Any, shape: Shape, **attributes: Any) -> None:
    graph.put_channels(first=True)
    arrays = layer.params["w"].transpose(3, 2, 0, 1), *_bias(layer)
    graph.add("Conv", arrays, **attributes, **_window(layer, shape))


def _grouped(graph: GraphWriter, layer: more.GroupedConv2D, shape: Shape) -> None:
    groups, dilation = layer.config["groups"], layer.config["dilation"]
    _conv2d(graph, layer, shape, group=groups, dilations=dilation)


def _depthwise(graph: GraphWriter, layer: more.DepthwiseConv2D, shape: Shape) -> None:
    graph.put_channels(first=True)
    w = layer.params["w"]
    KH, KW, C, M = w.shape
    w = w.transpose(2, 3, 0, 1).reshape(C * M, 1, KH, KW)
    graph.add(
        "Conv", (w, *_bias(layer)), group=C, dilations=layer.config["dilation"],
        **_window(layer, shape),
    )  # fmt: skip


def _max_pool(graph: GraphWriter, layer: MaxPool2D, shape: Shape) -> None:
    graph.put_channels(first=True)
    graph.add("MaxPool", **_window(layer, shape))


def _avg_pool(graph: GraphWriter, layer: AvgPool2D, shape: Shape) -> None:
    graph.put_channels(first=True)
    counted = int(layer.config["count_pad"])
    graph.add("AveragePool", count_include_pad=counted, **_window(layer, shape))


def _global_pool(operator: str) -> Callable[[GraphWriter, Layer, Shape], None]:
    def write(graph, layer, _shape):
        graph.put_channels(first=True)
        graph.add(operator)
        if not layer.config["keepdims"]:
            graph.add("Flatten", axis=1)
            graph.channels_first = False

    return write


def _batchnorm(graph: GraphWriter, layer: Layer, shape: Shape) -> None:
    if len(shape) == 3:
        graph.put_channels(first=True)
    arrays = [(layer.params | layer.state)[name] for name in ("gamma", "beta", "mean", "var")]
    epsilon, momentum = layer.config["eps"], layer.config["momentum"]
    graph.add("BatchNormalization", tuple(arrays), epsilon=epsilon, momentum=momentum)


def _normalization(graph: GraphWriter, layer: more.Normalization, shape: Shape) -> None:
    mean, std = layer.state["mean"], np.maximum(np.sqrt(layer.state["var"]), LEAST)
    if len(shape) == 3:
        graph.put_channels(first=True)
        mean, std = (array[:, None, None] for array in (mean, std))
    graph.add("Sub", (mean,))
    graph.add("Div", (std,))


def _flatten(graph: GraphWriter, _layer: Layer, shape: Shape) -> None:
    if len(shape) == 3:
        graph.put_channels(first=False)
    graph.add("Flatten", axis=1)


def _reshape(graph: GraphWriter, layer: more.Reshape, _shape: Shape) -> None:
    graph.put_channels(first=False)
    graph.add("Reshape", (np.array([0, *layer.config["shape"]]),))


def _permute(graph: GraphWriter, layer: more.Permute, _shape: Shape) -> None:
    graph.put_channels(first=False)
    graph.add("Transpose", perm=(0, *layer.config["axes"]))


def _frame(sign: int) -> Callable[[GraphWriter, Layer, Shape], None]:
    """Return the writer of a layer whose one argument is a frame, which Pad adds or removes."""

    def write(graph, layer, _shape):
        graph.put_channels(first=True)
        (frame,) = layer.config.values()
        (above, below), (left, right) = Window((1, 1), (1, 1), frame).padding(0, 0)
        pads = sign * np.array([0, 0, above, left, 0, 0, below, right])
        graph.add("Pad", (pads,), mode="constant")

    return write


def _dense(graph: GraphWriter, layer: Layer, _shape: Shape) -> None:
    graph.add("Gemm", (layer.params["w"], *_bias(layer)))


def _bias(layer: Layer) -> tuple[np.ndarray, ...]:
    return (layer.params["b"],) if "b" in layer.params else ()


def _rescaling(graph: GraphWriter, layer: Layer, _shape: Shape) -> None:
    graph.add("Mul", (np.array(layer.config["scale"]),))
    graph.add("Add", (np.array(layer.config["offset"]),))


def _prelu(graph: GraphWriter, layer: more.PReLU, shape: Shape) -> None:
    alpha = layer.params["alpha"]
    if len(shape) == 3:
        graph.put_channels(first=True)
        alpha = alpha.reshape((1,) * (3 - alpha.ndim) + alpha.shape).transpose(2, 0, 1)
    graph.add("PRelu", (alpha,))


def _clip(graph: GraphWriter, layer: more.Clip, _shape: Shape) -> None:
    low, high = layer.config["low"], layer.config["high"]
    limits = ["" if limit is None else np.float32(limit) for limit in (low, high)]
    graph.value = graph.node("Clip", graph.value, *limits)


def _gelu(graph: GraphWriter, layer: more.GELU, _shape: Shape) -> None:
    """x * (1 + erf(x / sqrt 2)) / 2, or its approximation; ONNX has Gelu since opset 20."""
    x = graph.value
    if layer.config["approximate"]:
        cube = graph.node("Mul", graph.node("Mul", x, x), x)
        inner = graph.node("Add", x, graph.node("Mul", cube, np.float32(0.044715)))
        inner = graph.node("Mul", inner, np.float32(math.sqrt(2 / math.pi)))
        P = graph.node("Tanh", inner)
    else:
        P = graph.node("Erf", graph.node("Div", x, np.float32(math.sqrt(2))))
    P = graph.node("Add", P, np.float32(1))
    graph.value = graph.node("Mul", graph.node("Mul", x, P), np.float32(0.5))


def _swish(graph: GraphWriter, _layer: more.Swish, _shape: Shape) -> None:
    graph.value = graph.node("Mul", graph.value, graph.node("Sigmoid", graph.value))


def _mish(graph: GraphWriter, _layer: more.Mish, _shape: Shape) -> None:
    """x * tanh(softplus(x)); ONNX has Mish since opset 18."""
    x = graph.value
    graph.value = graph.node("Mul", x, graph.node("Tanh", graph.node("Softplus", x)))


def _hard_swish(graph: GraphWriter, _layer: more.HardSwish, _shape: Shape) -> None:
    """x * min(max(x + 3, 0), 6) / 6; ONNX has HardSwish since opset 14."""
    x = graph.value
    line = graph.node("Clip", graph.node("Add", x, np.float32(3)), np.float32(0), np.float32(6))
    graph.value = graph.node("Div", graph.node("Mul", x, line), np.float32(6))


def _simple(operator: str, **names: str) -> Callable[[GraphWriter, Layer, Shape], None]:
    """Return the writer of one node with some attributes, given as ONNX'S="ours"."""
    return lambda graph, layer, _shape: graph.add(
        operator, **{name: layer.config[ours] for name, ours in names.items()}
    )


def _nothing(_graph: GraphWriter, _layer: Layer, _shape: Shape) -> None:
    """Write nothing: the layer has no effect at inference."""


WRITERS: dict[type, Callable[[GraphWriter, Any, Shape], None]] = {
    Conv2D: _conv2d,
    more.GroupedConv2D: _grouped,
    more.DepthwiseConv2D: _depthwise,
    Dense: _dense,
    MaxPool2D: _max_pool,
    AvgPool2D: _avg_pool,
    more.GlobalMaxPool2D: _global_pool("GlobalMaxPool"),
    more.GlobalAvgPool2D: _global_pool("GlobalAveragePool"),
    BatchNorm: _batchnorm,
    more.Normalization: _normalization,
    ReLU: _simple("Relu"),
    more.LeakyReLU: _simple("LeakyRelu", alpha="slope"),
    more.PReLU: _prelu,
    more.ELU: _simple("Elu", alpha="alpha"),
    more.SELU: _simple("Selu"),
    more.GELU: _gelu,
    more.Swish: _swish,
    more.Mish: _mish,
    more.Sigmoid: _simple("Sigmoid"),
    more.HardSigmoid: _simple("HardSigmoid", alpha="slope", beta="offset"),
    more.HardSwish: _hard_swish,
    more.Tanh: _simple("Tanh"),
    more.Softplus: _simple("Softplus"),
    more.Softsign: _simple("Softsign"),
    more.Clip: _clip,
    Softmax: lambda graph, _layer, _shape: graph.add("Softmax", axis=-1),
    Flatten: _flatten,
    more.Reshape: _reshape,
    more.Permute: _permute,
    more.ZeroPad2D: _frame(1),
    more.Crop2D: _frame(-1),
    Dropout: _nothing,
    more.SpatialDropout2D: _nothing,
    more.GaussianNoise: _nothing,
    Rescaling: _rescaling,
}
"""Each appends the nodes of a layer to a graph, given it and its input's shape, without N."""

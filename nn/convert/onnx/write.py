"""Write a network as an ONNX graph.

ONNX's convolutions and pooling take channels first; ours come last. Images are transposed at the
first of these, and transposed back before they are flattened, so that dense weights need no
permutation.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.base import Layer
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.pool import AvgPool2D, MaxPool2D
from ...layers.rescaling import Rescaling
from ...model import Sequential
from ..builder import layers_to_write
from ..errors import errors_at, import_optional

OPSET, IR_VERSION = 13, 7
"""Versions from 2020, which today's runtimes accept."""

TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


class _Graph:
    """A chain of nodes under construction.

    Attributes
    ----------
    nodes, arrays : list
        ``onnx.NodeProto`` and ``onnx.TensorProto``.
    value : str
        Name of the last node's output.
    channels_first : bool
        Whether the feature maps in ``value`` have their channels first.
    """

    def __init__(self):
        self.onnx = import_optional("onnx")
        self.nodes, self.arrays = [], []
        self.value, self.channels_first = "images", False

    def add(self, operator: str, arrays: tuple[np.ndarray, ...] = (), **attributes) -> None:
        """Append a node whose inputs are the last output and ``arrays``."""
        number = len(self.nodes)
        names = [f"{operator.lower()}_{number}_{i}" for i in range(len(arrays))]
        for name, array in zip(names, arrays, strict=True):
            array = np.ascontiguousarray(array, np.float32)
            self.arrays.append(self.onnx.numpy_helper.from_array(array, name))
        out = f"{operator.lower()}_{number}"
        make = self.onnx.helper.make_node
        self.nodes.append(make(operator, [self.value, *names], [out], name=out, **attributes))
        self.value = out

    def put_channels(self, first: bool) -> None:
        """Transpose the feature maps, unless their channels are first or last as asked."""
        if self.channels_first != first:
            self.add("Transpose", perm=TO_FIRST if first else TO_LAST)
            self.channels_first = first


def model_proto(model: Sequential, input_shape: tuple[int, ...]):
    """Return the network as an ``onnx.ModelProto``.

    Raises
    ------
    ValueError
        If a layer has no equivalent or does not fit its input; the message names the layer.
    """
    graph, shape = _Graph(), tuple(input_shape)
    for i, layer in enumerate(layers_to_write(model, shape)):
        with errors_at(f"layer {i} ({type(layer).__name__})"):
            if type(layer) not in WRITERS:
                raise ValueError("ONNX has no equivalent of this layer")
            after = layer.output_shape(shape)
            WRITERS[type(layer)](graph, layer, shape)
            shape = after
    graph.nodes[-1].output[0] = "probabilities"

    helper, kind = graph.onnx.helper, graph.onnx.TensorProto.FLOAT
    images = helper.make_tensor_value_info("images", kind, ["N", *input_shape])
    out = helper.make_tensor_value_info("probabilities", kind, ["N", *shape])
    whole = helper.make_graph(graph.nodes, "digits", [images], [out], graph.arrays)
    opset = [helper.make_opsetid("", OPSET)]
    return helper.make_model(
        whole, opset_imports=opset, ir_version=IR_VERSION, producer_name="handmade-digits"
    )


Shape = tuple[int, ...]


def _window(layer: Conv2D | MaxPool2D | AvgPool2D, shape: Shape) -> dict[str, Any]:
    (above, below), (left, right) = layer.window.padding(*shape[:2])
    return {
        "kernel_shape": layer.window.kernel,
        "strides": layer.window.stride,
        "pads": (above, left, below, right),
    }


def _conv2d(graph: _Graph, layer: Conv2D, shape: Shape) -> None:
    graph.put_channels(first=True)
    arrays = layer.params["w"].transpose(3, 2, 0, 1), *_bias(layer)
    graph.add("Conv", arrays, **_window(layer, shape))


def _max_pool(graph: _Graph, layer: MaxPool2D, shape: Shape) -> None:
    graph.put_channels(first=True)
    graph.add("MaxPool", **_window(layer, shape))


def _avg_pool(graph: _Graph, layer: AvgPool2D, shape: Shape) -> None:
    graph.put_channels(first=True)
    counted = int(layer.config["count_pad"])
    graph.add("AveragePool", count_include_pad=counted, **_window(layer, shape))


def _batchnorm(graph: _Graph, layer: Layer, shape: Shape) -> None:
    if len(shape) == 3:
        graph.put_channels(first=True)
    arrays = [(layer.params | layer.state)[name] for name in ("gamma", "beta", "mean", "var")]
    epsilon, momentum = layer.config["eps"], layer.config["momentum"]
    graph.add("BatchNormalization", tuple(arrays), epsilon=epsilon, momentum=momentum)


def _flatten(graph: _Graph, _layer: Layer, shape: Shape) -> None:
    if len(shape) == 3:
        graph.put_channels(first=False)
    graph.add("Flatten", axis=1)


def _dense(graph: _Graph, layer: Layer, _shape: Shape) -> None:
    graph.add("Gemm", (layer.params["w"], *_bias(layer)))


def _bias(layer: Layer) -> tuple[np.ndarray, ...]:
    return (layer.params["b"],) if "b" in layer.params else ()


def _rescaling(graph: _Graph, layer: Layer, _shape: Shape) -> None:
    graph.add("Mul", (np.array(layer.config["scale"]),))
    graph.add("Add", (np.array(layer.config["offset"]),))


WRITERS: dict[type, Callable[[_Graph, Any, Shape], None]] = {
    Conv2D: _conv2d,
    MaxPool2D: _max_pool,
    AvgPool2D: _avg_pool,
    BatchNorm: _batchnorm,
    Dense: _dense,
    Flatten: _flatten,
    ReLU: lambda graph, _layer, _shape: graph.add("Relu"),
    Softmax: lambda graph, _layer, _shape: graph.add("Softmax", axis=-1),
    Dropout: lambda _graph, _layer, _shape: None,  # no effect at inference
    Rescaling: _rescaling,
}

"""An ONNX graph as a network here: a chain of nodes, translated one after another.

ONNX's tensors are followed by how their axes lie: maps are ``CHW`` (channels first) or ``HWC``, a
single map may lack its channel's axis (``HW``), a row of numbers is ``F``. Where maps of channels
first were laid out as a row, ``order`` says which of our features each of ONNX's is, and the next
layer's weights are put into our order.
"""

import math

import numpy as np

from ..layers.activation import Flatten
from ..model import Sequential
from .building import Builder, at, library
from .onnx_fold import FOLDED, numbers, shape_of_value
from .onnx_operators import AXES, OPERATORS

OF_MAPS = ("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "BatchNormalization")


def network(graph) -> Sequential:
    """Return the network of an ``onnx.GraphProto``.

    Raises
    ------
    ValueError
        If it is no chain of operators that are known; the message says where.
    """
    chain = Chain(graph)
    if chain.order is not None:
        raise ValueError("it ends with maps laid out as a row, not with a number for each class")
    return chain.build.network()


class Chain:
    """The translation of a graph.

    Attributes
    ----------
    build : Builder
        The layers so far.
    layout, input_layout : str
        How the axes of the last value, and of the first, lie: ``CHW``, ``HWC``, ``HW`` or ``F``.
    order : ndarray or None
        For ``F``: feature j of ONNX is our feature ``order[j]``; None if they are the same.
    """

    build: Builder
    layout: str
    input_layout: str
    order: np.ndarray | None

    def __init__(self, graph):
        if graph.sparse_initializer:
            raise ValueError("sparse arrays are not understood")
        self.constants = {array.name: numbers(array) for array in graph.initializer}
        self.order = None
        self._begin(graph)
        self.last = graph.output[0].name if len(graph.output) == 1 else None
        for i, node in enumerate(graph.node):
            with at(f"node {i} ({node.op_type} {node.name!r})"):
                self._read(node)
        if self.value != self.last:
            raise ValueError("its one output must be what the last node gives")

    def _begin(self, graph):
        """Read the shape of the input, and guess how it lies from what is done to it."""
        inputs = [value for value in graph.input if value.name not in self.constants]
        if len(inputs) != 1:
            raise ValueError(f"it takes {len(inputs)} inputs; one of images is understood")
        self.value, kind = inputs[0].name, inputs[0].type.tensor_type.elem_type
        onnx = library("onnx")
        if kind not in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16):
            raise ValueError("its input must be floats")
        sizes = tuple(dim.dim_value for dim in inputs[0].type.tensor_type.shape.dim)[1:]
        if len(sizes) == 3:
            self.layout = _layout(graph.node, sizes)
            sizes = sizes if self.layout == "HWC" else (*sizes[1:], sizes[0])
        else:
            self.layout = {1: "F", 2: "HW"}.get(len(sizes), "?")
        self.input_layout = self.layout
        self.build = Builder(sizes)
        self.sizes = {self.value: self.tensor_shape()}

    def tensor_shape(self):
        """Return the shape of ONNX's tensor, without N."""
        if self.layout == "F":
            return (math.prod(self.build.shape),)
        return tuple(self.build.shape[axis] for axis in AXES[self.layout])

    def _read(self, node):
        """Translate one node, or compute it if it is made of constants alone."""
        if node.domain not in ("", "ai.onnx"):
            raise ValueError(f"operators of {node.domain!r} are not known")
        given = {a.name: library("onnx").helper.get_attribute_value(a) for a in node.attribute}
        moving = [name for name in node.input if name and name not in self.constants]
        if node.op_type == "Shape" and len(moving) == 1 and moving[0] in self.sizes:
            self.constants[node.output[0]] = shape_of_value(self.sizes[moving[0]], given)
        elif not moving and node.op_type in FOLDED:
            inputs = [self.constants[name] for name in node.input if name]
            self.constants[node.output[0]] = FOLDED[node.op_type](inputs, given)
        elif node.op_type not in OPERATORS:
            raise ValueError(f"this operator is not known; known are {', '.join(OPERATORS)}")
        elif moving != [self.value]:
            raise ValueError(
                "it does not take just what the node before gave; only a chain is understood"
            )
        else:
            OPERATORS[node.op_type](self, node, given)
            self.value = node.output[0]
            self.sizes[self.value] = self.tensor_shape()

    def constant(self, node, i: int) -> np.ndarray | None:
        """Return the i-th input, or None if it is left out."""
        name = node.input[i] if i < len(node.input) else ""
        return self.constants[name] if name else None

    def weights(self, node, i: int) -> np.ndarray:
        """Return the i-th input; ValueError if it is left out."""
        array = self.constant(node, i)
        if array is None:
            raise ValueError(f"its input {i} is missing")
        return array

    def maps(self) -> tuple[int, int]:
        """Return (H, W); ValueError unless the value is maps with their channels first."""
        if self.layout != "CHW":
            raise ValueError(f"it takes maps with channels first, and is given {self.layout}")
        H, W, _ = self.build.shape
        return H, W

    def in_order(self, array: np.ndarray) -> np.ndarray:
        """Return an array with a row for each feature in our order."""
        if self.order is None:
            return array
        ours = np.empty_like(array)
        ours[self.order] = array
        return ours

    def lay_out(self) -> None:
        """Make a row of what there is."""
        if self.layout == "F":
            return
        ours = np.arange(math.prod(self.build.shape)).reshape(self.build.shape)
        if self.layout == "CHW":
            order = ours.transpose(AXES["CHW"]).ravel()
            self.order = None if np.array_equal(order, ours.ravel()) else order
        self.build.add(Flatten)
        self.layout = "F"


def _layout(nodes, sizes):
    """Return how an input of three axes lies: what first looks at its axes must know."""
    for node in nodes:
        if node.op_type == "Transpose":
            perm = [list(a.ints) for a in node.attribute if a.name == "perm"]
            return "HWC" if perm == [[0, 3, 1, 2]] else "CHW"
        if node.op_type in OF_MAPS:
            return "CHW"
        if node.op_type in ("Flatten", "Reshape"):
            break
    return "HWC" if sizes[2] < sizes[0] else "CHW"

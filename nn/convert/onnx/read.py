"""An ONNX graph as a network here: a chain of nodes, translated one after another."""

from typing import Any

import numpy as np

from ...model import Sequential
from ..errors import at, library
from .chain import Chain
from .constants import FOLDED, numbers, shape_of_value
from .operators import OPERATORS

OF_MAPS = ("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "BatchNormalization")


def network(graph) -> Sequential:
    """Return the network of an ``onnx.GraphProto``.

    Raises
    ------
    ValueError
        If it is no chain of operators that are known; the message says where.
    """
    chain = translate(graph)
    if chain.order is not None:
        raise ValueError("it ends with maps laid out as a row, not with a number for each class")
    return chain.build.network()


def translate(graph) -> Chain:
    """Return the layers of an ``onnx.GraphProto``; raise as `network` does."""
    if graph.sparse_initializer:
        raise ValueError("sparse arrays are not understood")
    chain = _begin(graph, {array.name: numbers(array) for array in graph.initializer})
    for i, node in enumerate(graph.node):
        with at(f"node {i} ({node.op_type} {node.name!r})"):
            _add(chain, node)
    if chain.value != chain.output:
        raise ValueError("its one output must be what the last node gives")
    return chain


def _begin(graph, constants: dict[str, np.ndarray]) -> Chain:
    """Read the shape of the input, and infer its layout from the nodes that use it."""
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise ValueError(f"it takes {len(inputs)} inputs; one of images is understood")
    kind = inputs[0].type.tensor_type.elem_type
    onnx = library("onnx")
    if kind not in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16):
        raise ValueError("its input must be floats")
    sizes = tuple(dim.dim_value for dim in inputs[0].type.tensor_type.shape.dim)[1:]
    if len(sizes) == 3:
        layout = _layout(graph.node, sizes)
        sizes = sizes if layout == "HWC" else (*sizes[1:], sizes[0])
    else:
        layout = {1: "F", 2: "HW"}.get(len(sizes), "?")
    output = graph.output[0].name if len(graph.output) == 1 else ""
    return Chain(inputs[0].name, output, layout, sizes, constants)


def _add(chain: Chain, node) -> None:
    """Append a node's layer, or compute the node if its inputs are all constants."""
    if node.domain not in ("", "ai.onnx"):
        raise ValueError(f"operators of {node.domain!r} are not known")
    given: dict[str, Any] = {
        a.name: library("onnx").helper.get_attribute_value(a) for a in node.attribute
    }
    moving = [name for name in node.input if name and name not in chain.constants]
    if node.op_type == "Shape" and len(moving) == 1 and moving[0] in chain.sizes:
        chain.constants[node.output[0]] = shape_of_value(chain.sizes[moving[0]], given)
    elif not moving and node.op_type in FOLDED:
        inputs = [chain.constants[name] for name in node.input if name]
        chain.constants[node.output[0]] = FOLDED[node.op_type](inputs, given)
    elif node.op_type not in OPERATORS:
        raise ValueError(f"this operator is not known; known are {', '.join(OPERATORS)}")
    elif moving != [chain.value]:
        raise ValueError(
            "it does not take just what the node before gave; only a chain is understood"
        )
    else:
        OPERATORS[node.op_type](chain, node, given)
        chain.advance(node.output[0])


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

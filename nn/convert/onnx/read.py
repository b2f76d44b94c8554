"""Read an ONNX graph as a network: a chain of nodes, translated one by one."""

from typing import Any

import numpy as np

from ...model import Sequential
from ..errors import errors_at, import_optional
from .chain import Chain
from .constants import FOLDED, shape_of_value, stored_array
from .operators import OPERATORS

MAP_OPERATORS = ("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "BatchNormalization")
"""Operators on feature maps with channels first."""


def network(graph) -> Sequential:
    """Return the network of an ``onnx.GraphProto``.

    Raises
    ------
    ValueError
        If it is not a chain of supported operators; the message names the node.
    """
    chain = translate(graph)
    if chain.order is not None:
        raise ValueError("its output is flattened feature maps, not one number per class")
    return chain.build.network()


def translate(graph) -> Chain:
    """Return the layers of an ``onnx.GraphProto``; raise ValueError as `network` does."""
    if graph.sparse_initializer:
        raise ValueError("sparse arrays are not supported")
    chain = _begin(graph, {array.name: stored_array(array) for array in graph.initializer})
    for i, node in enumerate(graph.node):
        with errors_at(f"node {i} ({node.op_type} {node.name!r})"):
            _add(chain, node)
    if chain.value != chain.output:
        raise ValueError("its only output must be the output of its last node")
    return chain


def _begin(graph, constants: dict[str, np.ndarray]) -> Chain:
    """Start a chain at the graph's input, whose layout is inferred from the nodes that use it."""
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise ValueError(f"it has {len(inputs)} inputs; only one, of images, is supported")
    kind = inputs[0].type.tensor_type.elem_type
    onnx = import_optional("onnx")
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
    """Append the layer of a node, or compute the node if all its inputs are constants."""
    if node.domain not in ("", "ai.onnx"):
        raise ValueError(f"operators of the domain {node.domain!r} are not supported")
    attrs: dict[str, Any] = {
        a.name: import_optional("onnx").helper.get_attribute_value(a) for a in node.attribute
    }
    variable = [name for name in node.input if name and name not in chain.constants]
    if node.op_type == "Shape" and len(variable) == 1 and variable[0] in chain.sizes:
        chain.constants[node.output[0]] = shape_of_value(chain.sizes[variable[0]], attrs)
    elif not variable and node.op_type in FOLDED:
        inputs = [chain.constants[name] for name in node.input if name]
        chain.constants[node.output[0]] = FOLDED[node.op_type](inputs, attrs)
    elif node.op_type not in OPERATORS:
        raise ValueError(f"unsupported operator; supported are {', '.join(OPERATORS)}")
    elif variable != [chain.value]:
        raise ValueError(
            "its input is not the output of the node before it; only a chain of nodes is supported"
        )
    else:
        OPERATORS[node.op_type](chain, node, attrs)
        chain.advance(node.output[0])


def _layout(nodes, sizes):
    """Infer the layout of an input with three axes from the first node that depends on it."""
    for node in nodes:
        if node.op_type == "Transpose":
            perm = [list(a.ints) for a in node.attribute if a.name == "perm"]
            return "HWC" if perm == [[0, 3, 1, 2]] else "CHW"
        if node.op_type in MAP_OPERATORS:
            return "CHW"
        if node.op_type in ("Flatten", "Reshape"):
            break
    return "HWC" if sizes[2] < sizes[0] else "CHW"

"""Read an ONNX graph as a network: a chain of nodes, translated one by one."""

import os
from collections import Counter
from collections.abc import Iterable
from typing import Any

from guard.budget import charge

from ...model import Sequential
from ..errors import errors_at, import_optional
from .activations import spelled_out
from .chain import FIRST, Chain, Layout
from .constants import Constants, shape_of_value
from .graph import CLASSES, needed, outputs
from .operators import AFTER_LOG, OPERATORS

MAP_OPERATORS = ("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
                 "BatchNormalization", "Pad")  # fmt: skip
"""Operators on feature maps with channels first."""

UNKNOWN_SIDE = 28
"""Taken for a side of the input that the file leaves open, in pixels."""

MAX_OUTPUTS = 8
"""Outputs that are tried."""


def network(graph, folder: str | os.PathLike | None = None) -> Sequential:
    """Return the network of an ``onnx.GraphProto``.

    Parameters
    ----------
    graph : onnx.GraphProto
    folder : path-like, optional
        Folder of its file, in which arrays may be stored in another file.

    Raises
    ------
    ValueError
        If it is not a chain of supported operators; the message names the node.
    """
    names, refused = outputs(graph)[:MAX_OUTPUTS], []
    best = None
    for name in names:
        try:
            chain = translate(graph, name, folder)
            chain.restore()
            found = chain.build.network()
        except ValueError as error:
            refused.append(error)
            continue
        if chain.build.shape == (CLASSES,):
            return found
        best = best or found
    if best is None:
        raise refused[0]
    return best


def translate(graph, output: str, folder: str | os.PathLike | None = None) -> Chain:
    """Return the layers from the input to one output; raise ValueError as `network` does."""
    if graph.sparse_initializer:
        raise ValueError("sparse arrays are not supported")
    constants = Constants(graph, folder)
    nodes = needed(graph, output)
    chain = _begin(graph, constants, [node for _, node in nodes])
    users = Counter(
        name for _, node in nodes if node.op_type != "Shape" for name in set(node.input)
    )
    branch: list[Any] = []
    live = 0
    for i, node in nodes:
        charge(items=1)
        with errors_at(f"node {i} ({node.op_type} {node.name!r})"):
            variable = _variable(chain, constants, node)
            if not variable:
                continue
            if not branch and (users[chain.value] == 1 or set(variable) != {chain.value}):
                _add(chain, node, variable)
                continue
            # Several nodes use the value: collect them until only one value is left in use.
            live = users[chain.value] if not branch else live
            live += users[node.output[0]] - len(set(variable))
            branch.append(node)
            if node.output[0] == output or live == users[node.output[0]]:
                spelled_out(chain, branch, attributes, constants)
                chain.advance(node.output[0])
                branch = []
    if chain.value != output:
        raise ValueError(f"its output {output!r} does not depend on its input by a chain of nodes")
    return chain


def attributes(node) -> dict[str, Any]:
    """Return the attributes of a node by name."""
    helper = import_optional("onnx").helper
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _variable(chain: Chain, constants: Constants, node) -> list[str]:
    """Return a node's inputs that are no constants; if there are none, compute the node."""
    if node.domain not in ("", "ai.onnx"):
        raise ValueError(f"operators of the domain {node.domain!r} are not supported")
    variable = [name for name in node.input if name and name not in constants]
    if node.op_type == "Shape" and len(variable) == 1 and variable[0] in chain.sizes:
        shape = shape_of_value(chain.sizes[variable[0]], attributes(node))
        constants[node.output[0]] = shape
        return []
    if variable:
        return variable
    constants.fold(node, attributes(node))
    return []


def _add(chain: Chain, node, variable: list[str]) -> None:
    """Append the layer of a node."""
    if node.op_type not in OPERATORS:
        raise ValueError(f"unsupported operator; supported are {', '.join(OPERATORS)}")
    if variable != [chain.value]:
        raise ValueError(
            "its input is not the output of the node before it; only a chain of nodes is supported"
        )
    if chain.is_log and node.op_type not in AFTER_LOG:
        raise ValueError("a LogSoftmax is supported only at the end")
    OPERATORS[node.op_type](chain, node, attributes(node))
    chain.advance(node.output[0])


def _begin(graph, constants: Constants, nodes: list) -> Chain:
    """Start a chain at the graph's input, whose layout is inferred from the nodes that use it."""
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1:
        raise ValueError(f"it has {len(inputs)} inputs; only one, of images, is supported")
    tensor = inputs[0].type.tensor_type
    kinds = import_optional("onnx").TensorProto
    if tensor.elem_type not in (kinds.FLOAT, kinds.DOUBLE, kinds.FLOAT16, kinds.UINT8):
        raise ValueError("its input must be floats or bytes")
    dims = [max(dim.dim_value, 0) for dim in tensor.shape.dim]
    sizes = tuple(dims if len(dims) == 1 or dims == [UNKNOWN_SIDE] * 2 else dims[1:])
    layout = _layout(nodes, sizes)
    sizes = _known(sizes, layout, nodes, constants)
    shape = tuple(sizes[layout.index(axis)] if axis in layout else 1 for axis in range(3))
    return Chain(
        inputs[0].name, layout, sizes if len(sizes) == 1 else shape, constants.__getitem__
    )  # fmt: skip


def _layout(nodes: Iterable, sizes: tuple[int, ...]) -> Layout:
    """Infer the layout of an input from the first node that says something about it."""
    if len(sizes) not in (1, 2, 3):
        raise ValueError(f"its input must be images or vectors, not data of {len(sizes)} axes")
    last: dict[int, Layout] = {1: (0,), 2: (0, 1), 3: (0, 1, 2)}
    first: dict[int, Layout] = {1: (0,), 2: (2, 1), 3: FIRST}
    n = len(sizes)
    for node in nodes:
        if node.op_type == "Transpose":
            perm = [list(a.ints) for a in node.attribute if a.name == "perm"]
            return last[n] if perm == [[0, 3, 1, 2]] else first[n]
        if node.op_type in MAP_OPERATORS:
            return first[n]
        if node.op_type in ("Flatten", "Reshape", "Gemm", "MatMul", "Unsqueeze", "Squeeze"):
            break
    return first[n] if n == 3 and sizes[2] >= sizes[0] else last[n]


def _known(sizes, layout, nodes, constants) -> tuple[int, ...]:
    """Return sizes with those that the file leaves open filled in."""
    channels = 1
    for node in nodes:
        if node.op_type == "Conv" and node.input[1] in constants:
            channels = constants[node.input[1]].shape[1]
            break
    filled = {2: channels, 1: UNKNOWN_SIDE, 0: UNKNOWN_SIDE if len(sizes) > 1 else 784}
    return tuple(n or filled[axis] for n, axis in zip(sizes, layout, strict=True))

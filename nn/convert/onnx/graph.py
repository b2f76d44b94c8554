"""The graph of an ONNX file: which output is the answer, and its nodes in order."""

from graphlib import CycleError, TopologicalSorter
from typing import Any

from guard.budget import charge

CLASSES = 10
"""Size of the output that is preferred among several."""


def outputs(graph) -> list[str]:
    """Return the names of the graph's outputs, those declared to be of ten numbers first."""
    if not graph.output:
        raise ValueError("it has no output")

    def is_other(value) -> bool:
        dims = value.type.tensor_type.shape.dim
        return not dims or dims[-1].dim_value != CLASSES

    return [value.name for value in sorted(graph.output, key=is_other)]


def needed(graph, output: str) -> list[tuple[int, Any]]:
    """Return the nodes that ``output`` depends on, each with its index, inputs before users.

    Raises
    ------
    ValueError
        If the nodes form a circle, or two give the same value.
    """
    makers: dict[str, int] = {}
    for i, node in enumerate(graph.node):
        for name in filter(None, node.output):
            if makers.setdefault(name, i) != i:
                raise ValueError(f"two nodes give the value {name!r}")
    before: dict[int, list[int]] = {}
    waiting = [makers[output]] if output in makers else []
    while waiting:
        i = waiting.pop()
        if i not in before:
            charge(items=1)
            before[i] = [makers[name] for name in graph.node[i].input if name in makers]
            waiting += before[i]
    try:
        order = list(TopologicalSorter({i: before[i] for i in sorted(before)}).static_order())
    except CycleError:
        raise ValueError("its nodes form a circle") from None
    return [(i, graph.node[i]) for i in order]

"""The description of a Keras model as a list of layers: Sequential, Functional, nested or not.

A Functional model is a graph. From its output, the layer before is looked up again and again until
the input is reached; a layer that joins several inputs is refused.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..errors import errors_at

Config = dict[str, Any]
"""JSON object that describes a layer or a model."""

GRAPHS = ("Functional", "Model")
MODELS = ("Sequential", *GRAPHS)
"""Classes of models that can be read; Keras calls a functional model Model until 2.3."""

MAX_DEPTH = 8
"""Models in one another."""

MAX_LAYERS = 2000
"""Layers of a description."""

UNKNOWN_SIZE = (28, 28, 1)
"""Taken for a size of the input that the file leaves open."""

ARITHMETIC = {
    "truediv": (-1, 0), "divide": (-1, 0), "multiply": (1, 0), "mul": (1, 0),
    "add": (0, 1), "subtract": (0, -1), "sub": (0, -1), "true_divide": (-1, 0),
}  # fmt: skip
"""Operators with one number n: (p, s), which stand for the scale n ** p and the offset s * n."""


class Placed(NamedTuple):
    """A layer, its number counted from the input, and its place.

    ``path`` has an entry for each model around the layer, the outermost first, then one for the
    layer: class name, own name, and index among the layers of that class with weights.
    """

    number: int
    kind: str
    config: Config
    path: tuple[tuple[str, str, int], ...]


def layers_of(described: Config, with_weights: frozenset[str]) -> list[Placed]:
    """Return the layers of a described model, from the input to the output.

    Parameters
    ----------
    described : dict
        The JSON of the model.
    with_weights : frozenset of str
        Classes of layers that have weights.

    Raises
    ------
    ValueError
        If it is not a model, or not a chain; the message names the layer.
    """
    if described.get("class_name") not in MODELS:
        raise ValueError(
            f"it is a {described.get('class_name')!r} model, whose layers only its own Python code "
            "knows; rebuild it as a Sequential or Functional model and save that"
        )
    found: list[Placed] = []
    for placed in _walk(described, with_weights, ()):
        if len(found) >= MAX_LAYERS:
            raise ValueError(f"it has more than {MAX_LAYERS} layers")
        found.append(placed._replace(number=len(found)))
    return found


def input_shape(described: Config, layers: list[Placed]) -> tuple[int, ...] | None:
    """Return the shape of one input, or None; each version of Keras stores it in another place."""
    if not layers:
        raise ValueError("it has no layers")
    whole = described["config"]
    candidates = [
        config.get(name)
        for config in (layers[0].config, layers[min(1, len(layers) - 1)].config)
        for name in ("batch_shape", "batch_input_shape")
    ]
    if isinstance(whole, dict):
        candidates.append(whole.get("build_input_shape"))
    candidates.append((described.get("build_config") or {}).get("input_shape"))
    for shape in candidates:
        if isinstance(shape, list) and len(shape) == 1 and isinstance(shape[0], list):
            (shape,) = shape
        if shape:
            sizes = zip(shape[1:], UNKNOWN_SIZE, strict=False) if len(shape) <= 4 else ()
            return tuple(known if size is None else size for size, known in sizes)
    return None


def snake_case(kind: str) -> str:
    """Return the name of a class as Keras writes it in paths, such as ``batch_normalization``."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _walk(described, with_weights, outside) -> Iterator[Placed]:
    """Yield the layers of a model, and those of the models in it."""
    if len(outside) > MAX_DEPTH:
        raise ValueError(f"more than {MAX_DEPTH} models are in one another")
    config = described["config"]
    listed = config["layers"] if isinstance(config, dict) else config  # a list in Keras 2.1
    counts: dict[str, int] = {}
    numbers = {}
    for i, layer in enumerate(listed):
        kind = layer["class_name"]
        if kind in with_weights or kind in MODELS:
            numbers[i] = counts[kind] = counts.get(kind, -1) + 1
    chain = _chain(config, listed) if described["class_name"] in GRAPHS else range(len(listed))
    for i in chain:
        layer, kind = listed[i], listed[i]["class_name"]
        name = layer["config"].get("name") or layer.get("name") or ""
        path = (*outside, (kind, name, numbers.get(i, 0)))
        if kind in MODELS:
            yield from _walk(layer, with_weights, path)
            continue
        rescaling = _arithmetic(layer) if layer.get("inbound_nodes") else None
        if rescaling is not None:
            yield Placed(0, "Rescaling", {"name": name, **rescaling}, path)
        else:
            yield Placed(0, kind, layer["config"], path)


def _chain(config, listed) -> list[int]:
    """Return the indices of a Functional model's layers, from the input to the output."""
    places = {layer.get("name") or layer["config"]["name"]: i for i, layer in enumerate(listed)}
    outputs = _tensors(config["output_layers"])
    wanted = [name for name, _ in outputs if listed[places[name]]["config"].get("units") == 10]
    name, node = next((out for out in outputs if out[0] in wanted), outputs[0])
    backwards: list[int] = []
    while True:
        i = places[name]
        backwards.append(i)
        nodes = listed[i].get("inbound_nodes") or []
        if not nodes:
            return backwards[::-1]
        with errors_at(f"layer {name!r} ({listed[i]['class_name']})"):
            sources = _tensors(nodes[node if node < len(nodes) else 0])
            if len(sources) != 1:
                raise ValueError(
                    f"it joins {len(sources)} inputs; only a chain of layers is supported"
                )
            if len(backwards) > len(listed):
                raise ValueError("it is part of a circle")
        name, node = sources[0]


def _tensors(value, depth: int = 0) -> list[tuple[str, int]]:
    """Return the (layer, node) of all tensors in a part of the description of a graph."""
    if depth > MAX_DEPTH:
        raise ValueError("its description is nested too deeply")
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return _tensors(value["config"]["keras_history"], depth + 1)
        return [one for part in value.values() for one in _tensors(part, depth + 1)]
    if not isinstance(value, list):
        return []
    is_tensor = len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int
    if is_tensor and type(value[2]) is int:
        return [(value[0], value[1]), *_tensors(value[3:], depth + 1)]
    return [one for part in value for one in _tensors(part, depth + 1)]


def _arithmetic(layer) -> dict[str, float] | None:
    """Return ``scale`` and ``offset`` if a layer of a graph is a sum or product with one number.

    ``x / 255`` in a Functional model is a layer TFOpLambda in Keras 2, TrueDivide in Keras 3.
    """
    kind, node = layer["class_name"], layer["inbound_nodes"][0]
    function = str(layer["config"].get("function", "")) if kind == "TFOpLambda" else kind
    operator = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", function.rpartition(".")[2]).lower()
    numbers = [n for n in _numbers(node) if type(n) in (int, float)]
    if operator not in ARITHMETIC or len(numbers) != 1 or len(_tensors(node)) != 1:
        return None
    exponent, sign = ARITHMETIC[operator]
    return {"scale": float(numbers[0]) ** exponent, "offset": float(sign * numbers[0])}


def _numbers(node) -> list[Any]:
    """Return the arguments of a call that are no tensors."""
    if isinstance(node, dict):  # Keras 3; the tensor comes first, else the number is on its left
        args = node.get("args", [])
        return list(args[1:]) if args and isinstance(args[0], dict) else []
    call = node[0] if node and isinstance(node[0], list) else node
    return [call[3]["y"]] if len(call) > 3 and "y" in call[3] else []

"""The tables of layers in docs/models.md, made from the code: ``python -m nn.convert.table``.

Each layer of ours is written as Keras's layers and ONNX's nodes, to see what it becomes.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from ..layers.activation import Flatten, ReLU, Softmax
from ..layers.base import Layer, Shape
from ..layers.batchnorm import BatchNorm
from ..layers.conv import Conv2D
from ..layers.dense import Dense
from ..layers.dropout import Dropout
from ..layers.more.cases import SHAPE, cases
from ..layers.pool import AvgPool2D, MaxPool2D
from ..layers.rescaling import Rescaling
from .c.layers import NOTHING
from .c.layers import WRITERS as C_WRITERS
from .html.write import KINDS
from .keras.activations import ACTIVATIONS
from .keras.layers import TRANSLATORS as KERAS_READERS
from .keras.structure import MODELS
from .keras.write_layers import TRANSLATORS as KERAS_WRITERS
from .onnx.activations import SPELLED
from .onnx.constants import FOLDED
from .onnx.nodes import GraphWriter
from .onnx.operators import OPERATORS
from .onnx.write_layers import WRITERS

BEGIN, END = "<!-- from python -m nn.convert.table -->", "<!-- end of the table -->"
"""Lines around the tables in docs/models.md."""


def table() -> str:
    """Return the tables as Markdown."""
    read: dict[str, Iterable[str]] = {
        "Keras's layers": KERAS_READERS,
        "Keras's activations": ACTIVATIONS,
        "Keras's models": MODELS,
        "ONNX's operators": OPERATORS,
        "ONNX's operators on constants": [*FOLDED, "Constant", "Shape"],
        "activations spelled out in ONNX": dict.fromkeys(type(one).__name__ for one in SPELLED),
    }
    lines = ["| read | |", "|---|---|"]
    lines += [f"| {name} | {', '.join(values)} |" for name, values in read.items()]
    lines += ["", "| written | to Keras | to ONNX | to C | on a page |", "|---|---|---|---|---|"]
    for layer, shape in examples():
        cells = _keras(layer, shape), _onnx(layer, shape), _c(layer), _page(layer)
        lines.append(f"| {type(layer).__name__} | {' | '.join(cells)} |")
    return "\n".join(lines)


def examples() -> Iterator[tuple[Layer, Shape]]:
    """Yield each layer once, with a shape of its input, without N."""
    image, vector = (6, 5, 4), (4,)
    yield from (
        (Conv2D(4, 3, 3), image), (MaxPool2D(2), image), (AvgPool2D(2), image),
        (Dense(4, 3), vector), (BatchNorm(4), image), (ReLU(), image), (Softmax(), vector),
        (Flatten(), image), (Dropout(0.5), image), (Rescaling(2, 1), image),
    )  # fmt: skip
    seen = set()
    for _, _, layer in cases(np.random.default_rng(0), np.float32):
        if type(layer) not in seen:
            seen.add(type(layer))
            yield layer, SHAPE[1:]


def _keras(layer, shape):
    parts = KERAS_WRITERS[type(layer)](layer, shape)
    names = [config["activation"] if kind == "Activation" else kind for kind, config, _ in parts]
    return ", ".join(map(str, names))


def _onnx(layer, shape):
    graph = GraphWriter()
    WRITERS[type(layer)](graph, layer, shape)
    names = [node.op_type for node in graph.nodes if node.op_type != "Transpose"]
    names = names or [node.op_type for node in graph.nodes]
    return ", ".join(names) or "nothing: it is for training"


def _c(layer):
    return "yes" if isinstance(layer, (*C_WRITERS, *NOTHING)) else "no"


def _page(layer):
    return "yes" if isinstance(layer, KINDS) else "no"


if __name__ == "__main__":
    print(f"{BEGIN}\n{table()}\n{END}")

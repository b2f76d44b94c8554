"""Write a network as one web page: its description as JSON, the scripts, and the page's template.

The scripts are modules that import each other; in the page they are one script, so their
``import`` lines and the word ``export`` are left out.
"""

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from string import Template

import numpy as np

from ...layers import more
from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.base import Layer, Shape
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.pool import AvgPool2D, MaxPool2D
from ...layers.rescaling import Rescaling
from ...layers.window import Window
from ...model import Sequential
from ...saving.limits import cost
from ..builder import layers_to_write
from ..errors import errors_at

FOLDER = Path(__file__).parent
SCRIPTS = (
    "network.js", "breakdown.js", "canvas.js", "drawing.js", "lines.js", "segments.js", "maps.js",
    "arithmetic.js", "page.js",
)  # fmt: skip
"""The page's script, in an order in which each needs only what is before it."""

IMPORT = re.compile(r"^import\b.*?;\n", re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export ", re.MULTILINE)

MAX_WORK = 1 << 27
"""Most multiply-adds and floats for one image: about half a second in a browser."""

MAX_FLOATS = 1 << 20
"""Most floats that a layer may need for one image."""

MAX_WEIGHTS = 1 << 23
"""Most numbers in all arrays: a page of 45 MB in float32."""

TYPES = {"float32": "<f4", "float16": "<f2"}
"""Stored type of the arrays for each precision."""

KINDS = (
    Conv2D, MaxPool2D, AvgPool2D, Dense, BatchNorm, ReLU, Softmax, Flatten, Dropout, Rescaling,
    *(getattr(more, name) for name in more.__all__),
)  # fmt: skip
"""Layers that ``network.js`` has."""


def page(model: Sequential, name: str, precision: str = "float32") -> str:
    """Return the page of a network for drawn digits.

    Parameters
    ----------
    model : Sequential
        Takes (28, 28, 1) and has ten classes.
    name : str
        Of the model, shown as text.
    precision : str
        A key of `TYPES`.

    Raises
    ------
    ValueError
        If a layer has no equivalent, or the network is beyond the limits; the message names them.
    """
    network = describe(model, (28, 28, 1), precision)
    floats, work = cost(model.layers, (28, 28, 1))
    for needed, limit, unit in ((work, MAX_WORK, "operations"), (floats, MAX_FLOATS, "floats")):
        if needed > limit:
            raise ValueError(f"one image takes {needed:,} {unit}; the limit of a page is {limit:,}")
    if (classes := network["layers"][-1]["to"]) != [10]:
        raise ValueError(f"its output has shape {tuple(classes)}, not (10,)")
    script = "\n".join(_without_modules((FOLDER / each).read_text("utf-8")) for each in SCRIPTS)
    template = (FOLDER / "template.html").read_text("utf-8")
    style = template.partition("<style>")[2].partition("</style>")[0]
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(template).substitute(
        policy=policy,
        name=html.escape(name),
        model=_as_data({"name": name, **network}),
        script=script,
    )


def describe(model: Sequential, input_shape: Shape, precision: str = "float32") -> dict:
    """Return what the class ``Sequential`` of ``network.js`` takes, serialisable as JSON.

    Raises ValueError if a layer has no equivalent, or there are more numbers than `MAX_WEIGHTS`.
    """
    layers, arrays, shape = [], [], tuple(input_shape)
    for i, layer in enumerate(layers_to_write(model, shape)):
        with errors_at(f"layer {i} ({type(layer).__name__})"):
            if type(layer) not in KINDS:
                raise ValueError("the page has no equivalent of this layer")
            described, more_arrays = _described(layer, shape)
        layers.append(described)
        arrays += more_arrays
        shape = layer.output_shape(shape)
    size = sum(array.size for array in arrays)
    if size > MAX_WEIGHTS:
        raise ValueError(f"it has {size:,} weights; the limit of a page is {MAX_WEIGHTS:,}")
    stored = b"".join(_stored(array, precision).tobytes() for array in arrays)
    weights = base64.b64encode(stored).decode()
    return {"precision": precision, "layers": layers, "weights": weights}


def as_stored(model: Sequential, precision: str) -> Sequential:
    """Return a copy of a network whose arrays are those that a page of this precision stores."""
    copy = model.copy()
    for layer in copy.layers:
        for array in (*layer.params.values(), *layer.state.values()):
            array[...] = _stored(array, precision)
    return copy


def _stored(array, precision):
    """Return an array as the page stores it; ValueError if a number is too large for float16."""
    with np.errstate(over="ignore"):  # refused below
        stored = array.astype(TYPES[precision])
    if not np.isfinite(stored).all():
        raise ValueError(f"a weight is too large for {precision}: choose --precision float32")
    return stored


def _described(layer: Layer, shape: Shape) -> tuple[dict, list[np.ndarray]]:
    """Return a layer as plain data, and its arrays."""
    arrays = layer.params | layer.state
    if isinstance(layer, more.PReLU):
        arrays = {"alpha": np.broadcast_to(arrays["alpha"], shape)}
    described = {
        "type": type(layer).__name__,
        "config": layer.config,
        "from": [*shape],
        "to": [*layer.output_shape(shape)],
        "arrays": [[name, array.size] for name, array in arrays.items()],
    }
    if isinstance(layer, (more.GlobalAvgPool2D, more.GlobalMaxPool2D)):
        described["window"] = _window(Window.of(shape[:2], 1, 0), layer, shape)
    elif isinstance(layer, more.Crop2D):  # what is cut off is padding that is negative
        (above, _), (left, _) = Window.of(1, 1, layer.config["crop"]).padding(*shape[:2])
        described["window"] = {"pad": [-above, -left]}
    elif isinstance(window := getattr(layer, "window", None), Window):
        described["window"] = _window(window, layer, shape)
    return described, list(arrays.values())


def _window(window: Window, layer: Layer, shape: Shape) -> dict:
    """Return a window as plain data; of its padding, what is above and left of the image."""
    (above, _), (left, _) = window.padding(*shape[:2])
    return {
        "kernel": layer.config.get("kernel_size", window.kernel),
        "stride": window.stride,
        "dilation": layer.config.get("dilation", (1, 1)),
        "pad": [above, left],
    }


def _without_modules(source: str) -> str:
    return EXPORT.sub("", IMPORT.sub("", source))


def _as_data(value: dict) -> str:
    """Return JSON that cannot end the script element that it is in."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _hash(source: str) -> str:
    """Return the hash by which a Content-Security-Policy allows an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"

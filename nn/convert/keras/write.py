"""Write a network as Keras's files.

The network is first translated into Keras's layers (`nn.convert.keras.write_layers`), each with its
configuration and arrays. One of three functions then writes them: `legacy`, `archive` or
`weights`.
"""

import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from ...layers.base import Shape
from ...saving.atomic import atomic_write
from ..errors import import_optional
from .layers import WITH_ARRAYS
from .structure import snake_case
from .write_layers import KerasLayer

VERSION = "3.0.0"
"""The version of Keras that the files claim to come from."""

SAVED = "2000-01-01@00:00:00"
"""A constant date, so that the same network gives the same bytes."""


def legacy(layers: list[KerasLayer], input_shape: Shape, path: str | os.PathLike) -> None:
    """Write the HDF5 file that ``load_model`` and ``load_weights`` of Keras 2 and 3 take."""
    config = _sequential(layers, input_shape, "batch_input_shape")

    def fill(file):
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config})
        file.attrs["keras_version"], file.attrs["backend"] = VERSION, "tensorflow"
        weights = file.create_group("model_weights")
        weights.attrs["keras_version"], weights.attrs["backend"] = VERSION, "tensorflow"
        weights.attrs["layer_names"] = [layer.config["name"].encode() for layer in layers]
        for layer in layers:
            name = layer.config["name"]
            group = weights.create_group(name)
            names = [f"{name}/{key}:0" for key in layer.arrays]
            group.attrs["weight_names"] = np.array([text.encode() for text in names], "S")
            for text, array in zip(names, layer.arrays.values(), strict=True):
                group[text] = array

    _write(path, _hdf5(fill))


def weights(layers: list[KerasLayer], path: str | os.PathLike) -> None:
    """Write the HDF5 file that ``load_weights`` of Keras 3 takes."""
    _write(path, _weights(layers))


def archive(layers: list[KerasLayer], input_shape: Shape, path: str | os.PathLike) -> None:
    """Write the zip archive that ``load_model`` of Keras 3 takes."""
    config = _sequential(layers, input_shape, "batch_shape")
    described = {"module": "keras", "class_name": "Sequential", "config": config}
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as members:
        for name, content in (
            ("metadata.json", json.dumps({"keras_version": VERSION, "date_saved": SAVED})),
            ("config.json", json.dumps(described)),
            ("model.weights.h5", _weights(layers)),
        ):
            members.writestr(zipfile.ZipInfo(name), content)
    _write(path, whole.getvalue())


def _sequential(layers: list[KerasLayer], input_shape: Shape, shape_name: str) -> dict[str, Any]:
    """Return the description of the model, including its input."""
    described: list[dict[str, Any]] = [
        {
            "class_name": "InputLayer",
            "config": {shape_name: [None, *input_shape], "dtype": "float32", "name": "input"},
        }
    ]
    described += [{"class_name": layer.kind, "config": layer.config} for layer in layers]
    if shape_name == "batch_shape":  # Keras 3 also stores the module of a class
        described = [{"module": "keras.layers", **layer} for layer in described]
    return {"name": "digits", "layers": described}


def _weights(layers: list[KerasLayer]) -> bytes:
    """Return the weights as Keras 3 stores them: under the names of the classes, counted."""
    counts: Counter[str] = Counter()

    def fill(file):
        for layer in layers:
            if layer.kind not in WITH_ARRAYS:
                continue
            name = snake_case(layer.kind)
            number = f"_{counts[name]}" if counts[name] else ""
            counts[name] += 1
            group = file.create_group(f"layers/{name}{number}/vars")
            for i, array in enumerate(layer.arrays.values()):
                group[str(i)] = array

    return _hdf5(fill)


def _hdf5(fill: Callable) -> bytes:
    """Return the bytes of an HDF5 file with the content that ``fill(file)`` writes."""
    content = io.BytesIO()
    with import_optional("h5py").File(content, "w") as file:
        fill(file)
    return content.getvalue()


def _write(path: str | os.PathLike, content: bytes) -> None:
    with atomic_write(path) as file:
        file.write(content)

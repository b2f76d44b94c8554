"""Write a network as Keras's files.

The network is first translated into Keras's layers, each with its configuration and arrays. One of
three functions then writes them: `legacy`, `archive` or `weights`. Padding that is neither "valid"
nor "same" becomes a ZeroPadding2D in front of the layer, if the layer pads with zeros.
"""

import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...layers.activation import Flatten, ReLU, Softmax
from ...layers.base import Layer
from ...layers.batchnorm import BatchNorm
from ...layers.conv import Conv2D
from ...layers.dense import Dense
from ...layers.dropout import Dropout
from ...layers.pool import AvgPool2D, MaxPool2D
from ...layers.rescaling import Rescaling
from ...layers.window import Window
from ...model import Sequential
from ...saving.atomic import atomic_write
from ..builder import layers_to_write
from ..errors import errors_at, import_optional
from .layers import WITH_ARRAYS

VERSION = "3.0.0"
"""The version of Keras that the files claim to come from."""

SAVED = "2000-01-01@00:00:00"
"""A constant date, so that the same network gives the same bytes."""

Shape = tuple[int, ...]


class KerasLayer(NamedTuple):
    """A layer of Keras: its class, its configuration with a unique ``name``, and its arrays."""

    kind: str
    config: dict[str, Any]
    arrays: dict[str, np.ndarray]


def keras_layers(model: Sequential, input_shape: Shape) -> list[KerasLayer]:
    """Return the network as Keras's layers.

    Raises
    ------
    ValueError
        If Keras has no equivalent of a layer, which the message names.
    """
    layers: list[KerasLayer] = []
    counts: Counter[str] = Counter()
    shape = input_shape
    for i, layer in enumerate(layers_to_write(model, input_shape)):
        with errors_at(f"layer {i} ({type(layer).__name__})"):
            if type(layer) not in TRANSLATORS:
                raise ValueError("Keras has no equivalent of this layer")
            after = layer.output_shape(shape)
            for kind, config, arrays in TRANSLATORS[type(layer)](layer, shape):
                counts[kind] += 1
                name = f"{kind.lower()}_{counts[kind]}"
                arrays = {key: np.asarray(w, np.float32) for key, w in arrays.items()}
                layers.append(KerasLayer(kind, {"name": name, **config}, arrays))
            shape = after
    return layers


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
            name = WITH_ARRAYS[layer.kind]
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


Parts = list[tuple[str, dict[str, Any], dict[str, np.ndarray]]]
"""The layers of Keras that one layer becomes: class, configuration and arrays of each."""


def _padded(window: Window, shape: Shape, zeros: bool) -> tuple[str, Parts]:
    """Return ``padding=`` for a window, and the ZeroPadding2D in front if it needs one.

    ``zeros`` says whether the layer pads with zeros.
    """
    wanted = window.padding(*shape[:2])
    if wanted == ((0, 0), (0, 0)):
        return "valid", []
    if wanted == Window(window.kernel, window.stride, "same").padding(*shape[:2]):
        return "same", []
    if not zeros:
        raise ValueError(f"Keras cannot pad this pooling by {window.pad}, only 'valid' or 'same'")
    return "valid", [("ZeroPadding2D", {"padding": wanted}, {})]


def _conv2d(layer: Conv2D, shape: Shape) -> Parts:
    padding, before = _padded(layer.window, shape, zeros=True)
    config = {
        "filters": layer.config["out_channels"],
        "kernel_size": layer.window.kernel,
        "strides": layer.window.stride,
        "padding": padding,
        "use_bias": layer.config["bias"],
    }
    return [*before, ("Conv2D", config, _kernel(layer))]


def _dense(layer: Layer, _shape: Shape) -> Parts:
    config = {"units": layer.config["out_features"], "use_bias": layer.config["bias"]}
    return [("Dense", config, _kernel(layer))]


def _kernel(layer: Layer) -> dict[str, np.ndarray]:
    names = {"w": "kernel", "b": "bias"}
    return {names[name]: array for name, array in layer.params.items()}


def _max_pool(layer: MaxPool2D, shape: Shape) -> Parts:
    padding, before = _padded(layer.window, shape, zeros=False)
    return [*before, ("MaxPooling2D", _pooling(layer, padding), {})]


def _avg_pool(layer: AvgPool2D, shape: Shape) -> Parts:
    counted = layer.config["count_pad"]
    padding, before = _padded(layer.window, shape, zeros=counted)
    if counted and padding == "same":  # which Keras does not count in the mean
        padding = "valid"
        before = [("ZeroPadding2D", {"padding": layer.window.padding(*shape[:2])}, {})]
    return [*before, ("AveragePooling2D", _pooling(layer, padding), {})]


def _pooling(layer: MaxPool2D | AvgPool2D, padding: str) -> dict[str, Any]:
    window = layer.window
    return {"pool_size": window.kernel, "strides": window.stride, "padding": padding}


def _batchnorm(layer: Layer, _shape: Shape) -> Parts:
    config = {"axis": -1, "momentum": layer.config["momentum"], "epsilon": layer.config["eps"]}
    names = {"gamma": "gamma", "beta": "beta", "mean": "moving_mean", "var": "moving_variance"}
    arrays = layer.params | layer.state
    return [("BatchNormalization", config, {keras: arrays[name] for name, keras in names.items()})]


def _same_arguments(kind: str) -> Callable[[Layer, Shape], Parts]:
    """Return the translator of a layer whose arguments have the same names in Keras."""
    return lambda layer, _shape: [(kind, dict(layer.config), {})]


TRANSLATORS: dict[type, Callable[[Any, Shape], Parts]] = {
    Conv2D: _conv2d,
    Dense: _dense,
    MaxPool2D: _max_pool,
    AvgPool2D: _avg_pool,
    BatchNorm: _batchnorm,
    ReLU: _same_arguments("ReLU"),
    Softmax: _same_arguments("Softmax"),
    Flatten: _same_arguments("Flatten"),
    Dropout: _same_arguments("Dropout"),
    Rescaling: _same_arguments("Rescaling"),
}

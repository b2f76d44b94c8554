"""A model as a file: one ``.npz`` with the architecture as JSON and every array under its name.

``architecture`` is a string, ``{"format": 1, "layers": [{"type": "Conv2D", "in_channels": 1, ...},
...]}``; the parameters and running statistics of layer 3 are the arrays ``3.gamma``, ``3.mean``
and so on. Nothing is pickled, so opening an untrusted file runs no code. The file must hold exactly
the arrays of its architecture.
"""

import json
import textwrap

import numpy as np

from ..layers.base import Layer
from .limits import build, check_numbers
from .npz import MAX_MODEL_BYTES, Place, read_arrays, write_arrays

FORMAT = 1
MAX_LAYERS = 1000
MAX_TEXT = 1 << 20  # characters of the architecture
MAX_WINDOW = 64  # pixels: limit of a window, its stride and its padding
LAYERS = Layer.__module__.rpartition(".")[0]  # the package of all layers


class ModelFileError(ValueError):
    """A model file that cannot be used; the message names it and says what to do, in one line."""


def write_model(path: Place, layers: list[Layer]) -> None:
    """Write ``layers`` to ``path``, whole or not at all.

    Raises
    ------
    ValueError
        If `read_model` would refuse them: there are none, one is not of `nn.layers`, they are too
        large, or hold NaN or infinity.
    """
    if not layers:
        raise ValueError("a network without layers cannot be saved")
    if len(layers) > MAX_LAYERS:
        raise ValueError(f"{path}: {len(layers)} layers; at most {MAX_LAYERS} can be read back")
    layer_types = _layer_types()
    for i, layer in enumerate(layers):
        try:
            if layer_types.get(type(layer).__name__) is not type(layer):
                raise ValueError(f"{type(layer).__name__} is not a layer of {LAYERS}")
            _check_window(layer)
            for name, array in (layer.params | layer.state).items():
                check_numbers(f"{i}.{name}", array)
        except ValueError as error:
            raise ValueError(f"{path}: layer {i} could not be read back: {error}") from None
    described = [{"type": type(layer).__name__, **layer.config} for layer in layers]
    arrays = {"architecture": np.array(json.dumps({"format": FORMAT, "layers": described}))} | {
        f"{i}.{name}": array
        for i, layer in enumerate(layers)
        for name, array in (layer.params | layer.state).items()
    }
    write_arrays(path, arrays, MAX_MODEL_BYTES)


def read_model(path: Place) -> list[Layer]:
    """Read the layers that `write_model` wrote.

    Raises
    ------
    ModelFileError
        If the file is missing, or is not a complete and valid model.
    """
    try:
        arrays = read_arrays(path, MAX_MODEL_BYTES)
        layers = _build(_described_layers(arrays.pop("architecture", None)), arrays)
        _fill(layers, arrays)
    except FileNotFoundError:
        raise ModelFileError(f"{path}: no such file; train a model or name another file") from None
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        message = textwrap.shorten(str(error)[:1000], 200)
        raise ModelFileError(
            f"{path}: not a usable model: {message}; save it again or name another file"
        ) from error
    return layers


def _described_layers(architecture):
    """Return the list of layer descriptions that the JSON holds."""
    if architecture is None or architecture.dtype.kind != "U" or architecture.shape != ():
        raise ValueError("it holds no architecture")
    if architecture.nbytes > 4 * MAX_TEXT:
        raise ValueError(f"its architecture takes more than {MAX_TEXT} characters")
    try:
        text = architecture.tobytes().decode("utf-32")
        described = json.loads(text, object_pairs_hook=_without_twins)
        version, layers = described["format"], described["layers"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise ValueError("its architecture is not the JSON of a model") from None
    if version != FORMAT:
        raise ValueError(f"its format is {version!r} and this program reads {FORMAT}")
    if not isinstance(layers, list) or not 0 < len(layers) <= MAX_LAYERS:
        raise ValueError(f"it must have between 1 and {MAX_LAYERS} layers")
    return layers


def _without_twins(pairs):
    """Make a dictionary of JSON's pairs; refuse two values of one name."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name occurs twice")
    return made


def _build(described, arrays):
    """Build the described layers, after checking their sizes against those of the arrays."""
    layers: list[Layer] = []
    layer_types = _layer_types()
    for i, description in enumerate(described):
        try:
            config = dict(description)
            kind = config.pop("type", None)
            if not isinstance(kind, str) or kind not in layer_types:
                raise ValueError(f"there is no such layer as {kind!r}")
            if "rng" in config:
                raise ValueError(f"{kind} takes no 'rng' from a file")
            layer = build(layer_types[kind], config, arrays, f"{i}.")
            _check_window(layer)
            layers.append(layer)
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise ValueError(f"layer {i}: {error}") from None
    return layers


def _layer_types() -> dict[str, type[Layer]]:
    """Return the classes of layers that a file can name: all of `nn.layers`."""
    found: dict[str, type[Layer]] = {}
    waiting = [Layer]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found |= {
            kind.__name__: kind
            for kind in below
            if kind.__module__.startswith(f"{LAYERS}.") and not kind.__name__.startswith("_")
        }
    return found


def _check_window(layer):
    """Refuse a huge window; a pool has no array whose size would show it."""
    for name in ("kernel_size", "size", "stride", "pad"):
        value = layer.config.get(name, 0)
        if not isinstance(value, str) and _largest(value) > MAX_WINDOW:
            raise ValueError(f"{name} must be at most {MAX_WINDOW} pixels, not {value!r}")


def _largest(value):
    """Return the largest of an int, a pair of ints or a pair of pairs."""
    return max(map(_largest, value)) if isinstance(value, tuple) else value


def _fill(layers, arrays):
    """Copy every array into its layer; refuse other arrays, other dtypes and NaN or infinity."""
    for i, layer in enumerate(layers):
        for target in (layer.params, layer.state):
            for name, old in target.items():
                array = arrays.pop(f"{i}.{name}")
                if array.dtype != old.dtype:
                    raise ValueError(f"array {i}.{name} is {array.dtype}, not {old.dtype}")
                check_numbers(f"{i}.{name}", array)
                target[name] = array.copy()
    if arrays:
        raise ValueError(f"no layer has an array {min(arrays)!r}")

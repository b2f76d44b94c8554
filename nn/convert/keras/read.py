"""Read Keras's files: find the description of the layers and their weights.

Both formats describe the layers in JSON. The legacy HDF5 file stores weights under the layers'
names, the newer archive under their classes' names, counted: ``layers/conv2d_1/vars/0``. In both,
the arrays of a layer are identified by their order alone.

`nn.convert.keras.isolated` runs this file as a program.
"""

import io
import os
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ...model import Sequential
from ...saving.npz import MAX_ARCHIVE_BYTES, METHODS
from ..builder import Builder
from ..errors import errors_at, errors_in
from . import hdf5
from .isolated import child_main
from .layers import TRANSLATORS, WITH_ARRAYS, Arrays, Config, absorb_zero_padding

MAX_CONFIG_BYTES = 16 << 20
"""The largest description of a model that is read."""

FindArrays = Callable[[Config, str], Arrays]
"""Takes the configuration of a layer and its class name; returns its arrays in order."""


def read(path: str | os.PathLike) -> Sequential:
    """Read a file of either format, in this process; see `nn.convert.keras.load`."""
    with errors_in(path):
        return (archive if Path(path).suffix.lower() == ".keras" else legacy)(path)


def legacy(path: str | os.PathLike) -> Sequential:
    """Read the HDF5 file of Keras 2, which Keras 3 writes as well."""
    with hdf5.open_file(path) as file:
        if "model_config" not in file.attrs:
            raise ValueError("it holds weights only; save the whole model with model.save")
        described = hdf5.parse_description(hdf5.text(file.attrs["model_config"]))
        weights = hdf5.find(file, "model_weights")

        def find_arrays(config: Config, _class_name: str) -> Arrays:
            group = hdf5.find(weights, config["name"])
            return [hdf5.find_array(group, name) for name in hdf5.text_list(group, "weight_names")]

        return _network(described, find_arrays)


def archive(path: str | os.PathLike) -> Sequential:
    """Read the zip archive of Keras 3: ``config.json`` and ``model.weights.h5``."""
    with zipfile.ZipFile(path) as members:
        described = hdf5.parse_description(_member(members, "config.json", MAX_CONFIG_BYTES))
        weights = io.BytesIO(_member(members, "model.weights.h5", MAX_ARCHIVE_BYTES))
    with hdf5.open_file(weights) as file:
        # Keras 2.12 to 2.15 used another name for this folder.
        root = "layers" if "layers" in file else "_layer_checkpoint_dependencies"
        counts: Counter = Counter()

        def find_arrays(_config: Config, class_name: str) -> Arrays:
            name = WITH_ARRAYS[class_name]
            number = f"_{counts[name]}" if counts[name] else ""
            counts[name] += 1
            group = hdf5.find(file, f"{root}/{name}{number}/vars")
            return [hdf5.find_array(group, str(i)) for i in range(len(group))]

        return _network(described, find_arrays)


def _member(members: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Read one member, of at most ``limit`` bytes, even if the archive understates its size."""
    member = members.getinfo(name)
    if member.compress_type not in METHODS:
        raise ValueError(f"its {name} is compressed in a way that Keras does not use")
    if member.file_size > limit:
        raise ValueError(f"its {name} takes {member.file_size} bytes, more than {limit}")
    with members.open(member) as stream:
        return stream.read(member.file_size)


def _network(described: Config, find_arrays: FindArrays) -> Sequential:
    """Translate all layers of a described model."""
    if described.get("class_name") != "Sequential":
        raise ValueError(
            f"it is a {described.get('class_name')} model; only Sequential is supported"
        )
    config = described["config"]
    layers = config["layers"] if isinstance(config, dict) else config  # a list in Keras 2.1
    build, zeros = Builder(_input_shape(described, layers)), None
    for i, layer in enumerate(layers):
        kind, config = layer["class_name"], layer["config"]
        with errors_at(f"layer {i} ({kind} {config.get('name', '')!r})"):
            if zeros is not None:
                config, zeros = absorb_zero_padding(kind, config, zeros), None
            if kind == "InputLayer":
                continue
            if kind == "ZeroPadding2D":
                zeros = tuple(tuple(side) for side in config["padding"])
                continue
            if kind not in TRANSLATORS:
                raise ValueError(f"unsupported layer; supported are {', '.join(TRANSLATORS)}")
            arrays = find_arrays(config, kind) if kind in WITH_ARRAYS else []
            TRANSLATORS[kind](build, config, arrays)
    if zeros is not None:
        raise ValueError("it ends with a ZeroPadding2D")
    return build.network()


def _input_shape(described: Config, layers: list[Config]) -> tuple[int, ...]:
    """Return the shape of one input; each version of Keras stores it in another place."""
    first, whole = layers[0]["config"], described["config"]
    candidates = [first.get("batch_shape"), first.get("batch_input_shape")]
    if isinstance(whole, dict):
        candidates.append(whole.get("build_input_shape"))
    candidates.append((described.get("build_config") or {}).get("input_shape"))
    for shape in candidates:
        if shape:
            return tuple(shape[1:])
    raise ValueError("its input shape is missing; build the model before you save it")


if __name__ == "__main__":
    sys.exit(child_main(read, *sys.argv[1:]))

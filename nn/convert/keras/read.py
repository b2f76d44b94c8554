"""Read Keras's files: find the description of the layers and their weights.

The formats describe the layers in JSON, and store the arrays of each layer in order:

- HDF5 (``.h5``, of any name; ``.keras`` until TensorFlow 2.12): under the layer's name;
- the zip archive of Keras 2.12 and later: under the names of the layers' classes, counted, such as
  ``layers/conv2d_1/vars/0``. Keras 2.12 and 2.13 count differently, and name the folder
  differently, and until 2.15 Windows' file names got into the paths. So only the order of the
  numbers is used, within a class.

`nn.convert.keras.isolated` runs this file as a program.
"""

import io
import os
import re
import sys
import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO

from guard.budget import budget
from guard.files import open_file

from ...model import Sequential
from ...saving.npz import MAX_ARCHIVE_BYTES, METHODS, check_directory
from ..errors import errors_at, errors_in
from . import hdf5
from .arguments import Arrays, KerasBuilder
from .isolated import child_main
from .layers import TRANSLATORS, WITH_ARRAYS
from .structure import Config, Placed, input_shape, layers_of, snake_case

MAX_CONFIG_BYTES = 16 << 20
"""The largest description of a model that is read."""

MAX_BYTES = MAX_ARCHIVE_BYTES + (64 << 20)
"""Memory for all that is read; the process has a limit of its own, too."""

MAX_ITEMS = 40_000
"""Groups, arrays and layers."""

FOLDERS = ("layers", "_layer_checkpoint_dependencies")
"""Names of the folder of layers in the archive; the second until Keras 2.15."""

GUESSED_SHAPES = ((28, 28, 1), (784,))
"""Input shapes that are tried if the file has none."""

FindArrays = Callable[[Placed], Arrays]
"""Takes a layer and its place; returns its arrays in order."""


def read(path: str | os.PathLike) -> Sequential:
    """Read a file of either format, in this process; see `nn.convert.keras.load`."""
    with errors_in(path), budget(bytes=MAX_BYTES, items=MAX_ITEMS), open_file(path) as file:
        is_zip = file.read(2) == b"PK"
        file.seek(0)
        return (archive if is_zip else legacy)(file)


def legacy(content: BinaryIO) -> Sequential:
    """Read the HDF5 file of Keras 2, which Keras 3 writes as well."""
    with hdf5.open_file(content) as file:
        if "model_config" not in file.attrs:
            raise ValueError(
                "it holds weights only; build the model in Python, then model.load_weights(FILE) "
                "and model.save('model.keras')"
            )
        described = hdf5.parse_description(hdf5.text(file.attrs["model_config"]))
        weights = hdf5.find(file, "model_weights")
        version = hdf5.text(file.attrs.get("keras_version", "2"))

        def find_arrays(layer: Placed) -> Arrays:
            """Return the arrays under the name of the layer, or of the outermost model it is in."""
            group = hdf5.find(weights, layer.path[0][1])
            names = hdf5.text_list(group, "weight_names")
            if len(layer.path) > 1:
                own = [name for name in names if layer.path[-1][1] in name.split("/")[:-1]]
                names = sorted(own, key=_rank)
            return [hdf5.find_array(group, name) for name in names]

        return _network(described, find_arrays, _major(version))


def _rank(name: str) -> int:
    """Return the place of a weight in its layer: what is trained comes first."""
    return "moving_" in name.rpartition("/")[2]


def archive(content: BinaryIO) -> Sequential:
    """Read the zip archive of Keras 2.12 and later: ``config.json`` and ``model.weights.h5``."""
    check_directory(content)
    content.seek(0)
    with zipfile.ZipFile(content) as members:
        described = hdf5.parse_description(_member(members, "config.json", MAX_CONFIG_BYTES))
        metadata = {}
        if "metadata.json" in members.namelist():
            metadata = hdf5.parse_description(_member(members, "metadata.json", MAX_CONFIG_BYTES))
        weights = io.BytesIO(_member(members, "model.weights.h5", MAX_ARCHIVE_BYTES))
    with hdf5.open_file(weights) as file:
        stored = hdf5.datasets(file)

        def find_arrays(layer: Placed) -> Arrays:
            folder = ""
            for kind, _, number in layer.path:
                folder = _numbered(stored, folder, kind, number)
            found = sorted(
                (int(name.rpartition("/")[2]), name)
                for name in stored
                if re.fullmatch(re.escape(folder) + r"vars/\d+", name)
            )
            return [hdf5.check_array(stored[name], name) for _, name in found]

        return _network(described, find_arrays, _major(str(metadata.get("keras_version", "3"))))


def _numbered(stored: dict[str, Any], folder: str, kind: str, number: int) -> str:
    """Return the folder of the layer that is ``number`` among those of its class with arrays."""
    pattern = f"{re.escape(folder)}({'|'.join(FOLDERS)})/{snake_case(kind)}(?:_([0-9]+))?/.+"
    found = {
        (int(match[2] or 0), f"{folder}{match[1]}/{name[len(folder) :].split('/')[1]}/")
        for name in stored
        if (match := re.fullmatch(pattern, name))
    }
    return sorted(found)[number][1] if number < len(found) else "none/"


def _major(version: str) -> int:
    """Return the major version of Keras: 2, or 3 and later."""
    return 2 if version.startswith(("1", "2")) else 3


def _member(members: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Read one member, of at most ``limit`` bytes, even if the archive understates its size."""
    member = members.getinfo(name)
    if member.compress_type not in METHODS:
        raise ValueError(f"its {name} is compressed in a way that Keras does not use")
    if member.file_size > limit:
        raise ValueError(f"its {name} takes {member.file_size} bytes, more than {limit}")
    with members.open(member) as stream:
        return stream.read(member.file_size)


def _network(described: Config, find_arrays: FindArrays, keras: int) -> Sequential:
    """Translate all layers of a described model; where it leaves out its input shape, guess it."""
    layers = layers_of(described, WITH_ARRAYS)
    shape = input_shape(described, layers)
    if shape is not None:
        return _translate(layers, shape, find_arrays, keras)
    refused = []
    for guess in GUESSED_SHAPES:
        try:
            return _translate(layers, guess, find_arrays, keras)
        except ValueError as error:
            refused.append(error)
    raise ValueError(f"its input shape is missing, and it is not (28, 28, 1): {refused[0]}")


def _translate(layers, shape, find_arrays, keras):
    build = KerasBuilder(shape, keras)
    for layer in layers:
        kind, config = layer.kind, layer.config
        if kind == "InputLayer":
            continue
        with errors_at(f"layer {layer.number} ({kind} {layer.path[-1][1]!r})"):
            if kind not in TRANSLATORS:
                raise ValueError(f"unsupported layer; supported are {', '.join(TRANSLATORS)}")
            has_arrays = kind in WITH_ARRAYS and config.get("mean") is None
            arrays = find_arrays(layer) if has_arrays else []
            TRANSLATORS[kind](build, config, arrays)
    return build.network()


if __name__ == "__main__":
    sys.exit(child_main(read, *sys.argv[1:]))

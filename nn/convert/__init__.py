"""Read and write models of other systems.

- `keras`: Keras 2 and 3, ``.h5`` and ``.keras``; needs h5py;
- `onnx`: ONNX, ``.onnx``; needs onnx;
- `builder`: checks each layer read from a file and appends it to a network; shared by both;
- `command`: ``python -m nn.convert.keras`` and ``python -m nn.convert.onnx``;
- `errors`: one-line errors that name the file and the layer.

h5py and onnx are imported only when such a file is read or written. docs/models.md lists the
supported layers.
"""

import os
from importlib import import_module
from pathlib import Path

from ..model import Sequential
from .errors import ConversionError

READERS = {".h5": "keras", ".hdf5": "keras", ".keras": "keras", ".onnx": "onnx"}
"""The package that reads each suffix; `Sequential.load` reads all others."""

__all__ = ["ConversionError", "load"]


def load(path: str | os.PathLike) -> Sequential:
    """Read a network from a file whose suffix tells the format.

    Parameters
    ----------
    path : path-like
        ``.h5``, ``.hdf5`` or ``.keras`` of Keras, ``.onnx``, or what `Sequential.save` wrote, under
        any other suffix or none.

    Raises
    ------
    ModelFileError
        If the file is not a complete and valid model, or has an unsupported layer.
    """
    reader = READERS.get(Path(path).suffix.lower())
    if reader is None:
        return Sequential.load(path)
    return import_module(f".{reader}", __name__).load(path)

"""Models of other systems, in and out: Keras (`nn.convert.keras`) and ONNX (`nn.convert.onnx`).

The libraries that read their files, h5py and onnx, are imported when such a file is at hand.
"""

import os
from importlib import import_module
from pathlib import Path

from ..model import Sequential
from .errors import ConversionError

READERS = {".h5": "keras", ".hdf5": "keras", ".keras": "keras", ".onnx": "onnx"}

__all__ = ["ConversionError", "load"]


def load(path: str | os.PathLike) -> Sequential:
    """Read a network from a file of any system, told by its ending; without one of them, our own.

    Parameters
    ----------
    path : path
        ``.h5``, ``.hdf5`` or ``.keras`` of Keras, ``.onnx``, or what `Sequential.save` wrote.

    Raises
    ------
    ModelFileError
        If the file is no whole and sound model, or holds a layer that is not known here.
    """
    reader = READERS.get(Path(path).suffix.lower())
    if reader is None:
        return Sequential.load(path)
    return import_module(f".{reader}", __name__).load(path)

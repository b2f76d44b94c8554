"""Read and write models of other systems.

- `contents`: tells what a file is by its first bytes;
- `keras`: Keras 2 and 3, HDF5 files and zip archives; needs h5py;
- `onnx`: ONNX; needs onnx;
- `c`: one C file, only written;
- `html`: one web page that reads drawn digits, only written;
- `builder`: checks each layer read from a file and appends it to a network; shared by all readers;
- `digits`: fits a network to drawn digits: the size and number of channels of its images, and the
  unit of its pixels;
- `samples`: ten drawn digits, and how well a network reads them;
- `measured`: what smaller weights cost;
- `command`: ``python -m nn.convert.keras`` and ``python -m nn.convert.onnx``;
- `table`: the table of layers in docs/models.md;
- `errors`: one-line errors that name the file and the layer.

h5py and onnx are imported only when such a file is read or written.
"""

import os
from importlib import import_module

from ..model import Sequential
from .contents import kind_of
from .errors import ConversionError

SUFFIXES = (".npz", ".h5", ".hdf5", ".keras", ".onnx")
"""Usual endings of files that can be read; the content decides, not the name."""

__all__ = ["SUFFIXES", "ConversionError", "load"]


def load(path: str | os.PathLike) -> Sequential:
    """Read a network from a file, whose content tells the format.

    Parameters
    ----------
    path : path-like
        A whole model of Keras 2 or 3, an ONNX file, or what `Sequential.save` wrote.

    Raises
    ------
    ModelFileError
        If the file is not a complete and valid model, or has an unsupported layer.
    """
    kind = kind_of(path)
    if kind == "npz":
        return Sequential.load(path)
    return import_module(f".{kind}", __name__).load(path)

"""Keras models, in and out: ``python -m nn.convert.keras mnist.h5 mnist.npz``, and back.

The endings say what is what. ``.keras`` is the archive of Keras 3, ``.h5`` the HDF5 file of Keras 2
that Keras 3 writes and reads as well; both hold a whole model. ``.weights.h5``, which is written
only, holds the weights alone, for ``model.load_weights``. Keras itself is not needed, and nothing
that a file says is run. Files are read in a process of their own (`nn.convert.keras.isolated`).
"""

import os
from pathlib import Path

from ...model import Sequential
from ..errors import ConversionError, library, naming
from . import write
from .isolated import read_isolated

ENDINGS = ".keras, .h5 or .weights.h5"


def load(path: str | os.PathLike) -> Sequential:
    """Read a Sequential model that Keras 2 or 3 saved as ``.h5`` or ``.keras``.

    A `Rescaling` made for pixels of 0 ... 255 is scaled to those in [0, 1] that networks here take.

    Raises
    ------
    ConversionError
        If it cannot be read, or holds a layer that is not known; the message says which and where.
    """
    library("h5py")  # that it is missing is said at once
    return read_isolated(f"{__package__}.read", path)


def save(
    model: Sequential, path: str | os.PathLike, input_shape: tuple[int, ...] = (28, 28, 1)
) -> None:
    """Write a network as a file that Keras loads, whole or not at all.

    Parameters
    ----------
    model : Sequential
        Written in float32; a softmax is put at its end if it has none.
    path : path
        ``NAME.keras`` or ``NAME.h5`` for ``load_model``, ``NAME.weights.h5`` for ``load_weights``.
    input_shape : tuple of int
        Of one input, without N.

    Raises
    ------
    ConversionError
        If Keras has no layer that does the same, or the name is no Keras file's.
    OSError
        If it cannot be written.
    """
    with naming(path):
        name = Path(path).name.lower()
        if not name.endswith((".keras", ".h5", ".hdf5")):
            raise ConversionError(f"{path}: the name of a Keras file ends with {ENDINGS}")
        layers = write.translated(model, input_shape)
    if name.endswith(".weights.h5"):
        write.weights(layers, path)
    elif name.endswith(".keras"):
        write.archive(layers, input_shape, path)
    else:
        write.legacy(layers, input_shape, path)

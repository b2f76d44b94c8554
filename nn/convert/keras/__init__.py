"""Read and write Keras models: ``python -m nn.convert.keras mnist.h5 mnist.npz``, and back.

- `read`: Keras's files as a network here;
- `structure`: the description of a model as a list of layers;
- `layers`, `activations`, `arguments`: each of Keras's layers as layers here;
- `write_layers`, `write`: a network here as Keras's layers, and as its files;
- `hdf5`: checked reading of untrusted HDF5 files;
- `isolated`: reading in a child process, since a damaged file may hang or crash HDF5.

The suffix of a file that is written tells its format. ``.keras`` is the zip archive of Keras 3,
``.h5`` the HDF5 file of Keras 2, which Keras 3 reads and writes as well; both hold a whole model.
``.weights.h5``, which is only written, holds the weights for ``model.load_weights``. Keras itself
is not needed, and no code in a file is run.
"""

import os
from pathlib import Path

from ...model import Sequential
from ..errors import ConversionError, errors_in, import_optional
from . import write
from .isolated import read_isolated
from .write_layers import keras_layers

SUFFIXES = ".keras, .h5 or .weights.h5"


def load(path: str | os.PathLike) -> Sequential:
    """Read a model that Keras 2 or 3 saved, if its layers are a chain.

    The network takes pixels in [0, 1]: a first `Rescaling` for pixels of 0 to 255 is adjusted.

    Raises
    ------
    ConversionError
        If it cannot be read, or has an unsupported layer, which the message names.
    """
    import_optional("h5py")  # if it is missing, say so before a process is started
    return read_isolated(f"{__package__}.read", path)


def save(
    model: Sequential, path: str | os.PathLike, input_shape: tuple[int, ...] = (28, 28, 1)
) -> None:
    """Write a network as a file that Keras loads, whole or not at all.

    Parameters
    ----------
    model : Sequential
        Written in float32, with a softmax appended if it ends with logits.
    path : path-like
        ``NAME.keras`` or ``NAME.h5`` for ``load_model``, ``NAME.weights.h5`` for ``load_weights``.
    input_shape : tuple of int
        Shape of one input, without N.

    Raises
    ------
    ConversionError
        If Keras has no equivalent of a layer, or the suffix is not one of Keras.
    OSError
        If it cannot be written.
    """
    with errors_in(path):
        name = Path(path).name.lower()
        if not name.endswith((".keras", ".h5", ".hdf5")):
            raise ConversionError(f"{path}: the name of a Keras file ends with {SUFFIXES}")
        layers = keras_layers(model, input_shape)
    if name.endswith(".weights.h5"):
        write.weights(layers, path)
    elif name.endswith(".keras"):
        write.archive(layers, input_shape, path)
    else:
        write.legacy(layers, input_shape, path)

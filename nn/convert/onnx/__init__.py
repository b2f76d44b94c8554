"""ONNX models, in and out: ``python -m nn.convert.onnx weights/mnist.npz mnist.onnx``, and back.

What is written takes images of shape (N, 28, 28, 1) in [0, 1], as networks here do, any number at
once, and gives probabilities. What is read is a chain of layers, of channels first (PyTorch's
order) or last. Nothing that a file says is run, and no other file is opened for it.
"""

import os
from pathlib import Path

from ...model import Sequential
from ...saving.atomic import atomic_write
from ...saving.npz import MAX_ARCHIVE_BYTES
from ..errors import ConversionError, library, naming
from . import read, write


def load(path: str | os.PathLike) -> Sequential:
    """Read a network from an ONNX file.

    Raises
    ------
    ConversionError
        If it cannot be read, or holds an operator that is not known; the message says which and
        where.
    """
    with naming(path):
        if os.path.getsize(path) > MAX_ARCHIVE_BYTES:
            raise ValueError(f"it takes more than {MAX_ARCHIVE_BYTES} bytes")
        proto = library("onnx").load_model_from_string(Path(path).read_bytes())
        return read.network(proto.graph)


def save(
    model: Sequential, path: str | os.PathLike, input_shape: tuple[int, ...] = (28, 28, 1)
) -> None:
    """Write a network as an ONNX file, whole or not at all, checked by ``onnx.checker``.

    Parameters
    ----------
    model : Sequential
        Written in float32; a softmax is put at its end if it has none.
    path : path
    input_shape : tuple of int
        Of one input, without N.

    Raises
    ------
    ConversionError
        If the network does not fit the input shape, or the name is no ONNX file's.
    OSError
        If it cannot be written.
    """
    with naming(path):
        if Path(path).suffix.lower() != ".onnx":
            raise ConversionError(f"{path}: the name of an ONNX file ends with .onnx")
        proto = write.model_proto(model, input_shape)
        library("onnx").checker.check_model(proto, full_check=True)
        content = proto.SerializeToString()
    with atomic_write(path) as file:
        file.write(content)

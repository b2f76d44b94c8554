"""Read and write ONNX: ``python -m nn.convert.onnx weights/mnist.npz mnist.onnx``, and back.

- `scan`: bounds a file before it is parsed;
- `read`: an ONNX graph as a network here;
- `graph`: which nodes the answer depends on, in order;
- `chain`: the layers read so far, and how ONNX's axes lie on ours;
- `operators`, `activations`, `shapes`: each of ONNX's operators as a layer here;
- `constants`: stored arrays, and nodes computed from constants alone;
- `window`: attributes of strides and padding as arguments of layers here;
- `write_layers`, `nodes`, `write`: a network here as ONNX's nodes, and as a graph.

A graph that is read must be a chain of layers, channels first (as PyTorch has them) or last. One
that is written takes images of shape (N, 28, 28, 1) in [0, 1], for any N, and gives probabilities.
No code in a file is run, and no other file is opened than one of arrays beside it.
"""

import os
from pathlib import Path

from guard.budget import budget, charge
from guard.files import read_file

from ...model import Sequential
from ...saving.atomic import atomic_write
from ...saving.npz import MAX_MODEL_BYTES
from ..errors import ConversionError, errors_in, import_optional
from . import read, scan, write

MAX_FILE_BYTES = 2 * MAX_MODEL_BYTES + scan.MAX_DESCRIPTION_BYTES
"""The largest file that is read: a model's arrays in float64, and their description."""

MAX_BYTES = 10 * MAX_MODEL_BYTES
"""Memory for all that is read and computed, whether it is freed meanwhile or not."""

MAX_NODES = 40_000
"""Nodes that are looked at, counted again for each output that is tried."""

SECONDS = 3.0
"""Processor time. A file of 64 MiB takes a fifth."""


def load(path: str | os.PathLike) -> Sequential:
    """Read a network from an ONNX file.

    Raises
    ------
    ConversionError
        If it cannot be read, or has an unsupported operator, which the message names.
    """
    onnx = import_optional("onnx")
    with errors_in(path), budget(bytes=MAX_BYTES, items=MAX_NODES, seconds=SECONDS):
        content = read_file(path, MAX_FILE_BYTES)
        charge(bytes=2 * len(content))  # and what the parser makes of it
        scan.check_size(content)
        proto = onnx.load_model_from_string(content)
        del content
        return read.network(proto.graph, Path(path).parent)


def save(
    model: Sequential, path: str | os.PathLike, input_shape: tuple[int, ...] = (28, 28, 1)
) -> None:
    """Write a network as an ONNX file that ``onnx.checker`` accepts, whole or not at all.

    Parameters
    ----------
    model : Sequential
        Written in float32, with a softmax appended if it ends with logits.
    path : path-like
    input_shape : tuple of int
        Shape of one input, without N.

    Raises
    ------
    ConversionError
        If the network does not take ``input_shape``, or the suffix is not ``.onnx``.
    OSError
        If it cannot be written.
    """
    with errors_in(path):
        if Path(path).suffix.lower() != ".onnx":
            raise ConversionError(f"{path}: the name of an ONNX file ends with .onnx")
        proto = write.model_proto(model, input_shape)
        import_optional("onnx").checker.check_model(proto, full_check=True)
        content = proto.SerializeToString()
    with atomic_write(path) as file:
        file.write(content)

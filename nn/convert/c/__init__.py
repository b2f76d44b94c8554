"""Write a network as one C file: ``python -m nn.convert.c weights/mnist.npz digits.c``.

- `write`: the file: the arrays, a block for each layer, and ``predict``;
- `layers`: the loops of each layer;
- `quantise`: weights as int8, and what that costs.

The file needs no library but the C standard's ``math.h``, allocates nothing and has one function::

    void predict(const float *image, float *probabilities);

It takes H * W * C floats in [0, 1], row by row, and gives the probability of each class. Its two
buffers are static, so only one thread may call it at a time.
"""

import os
from pathlib import Path

from ...model import Sequential
from ...saving.atomic import atomic_write
from ..errors import ConversionError, errors_in
from . import write


def save(
    model: Sequential,
    path: str | os.PathLike,
    input_shape: tuple[int, ...] = (28, 28, 1),
    *,
    int8: bool = False,
) -> None:
    """Write a network as a C file, whole or not at all.

    Parameters
    ----------
    model : Sequential
        Written in float32, with a softmax appended if it ends with logits.
    path : path-like
        Its name ends with ``.c``.
    input_shape : tuple of int
        Shape of one input, without N.
    int8 : bool
        Whether to store the weights of convolutions and dense layers as int8; see `quantise`.

    Raises
    ------
    ConversionError
        If the network does not take ``input_shape``, or the suffix is not ``.c``.
    OSError
        If it cannot be written.
    """
    with errors_in(path):
        if Path(path).suffix.lower() != ".c":
            raise ConversionError(f"{path}: the name of a C file ends with .c")
        source = write.source(model, input_shape, int8, Path(path).name)
    with atomic_write(path) as file:
        file.write(source.encode())

"""The trained network that comes along, the drawings beside it, and loading any other network."""

import os
from pathlib import Path

import numpy as np

from nn import ModelFileError, Sequential, convert
from nn.saving.limits import cost

SHIPPED = Path(__file__).with_name("mnist.npz")
SAMPLES = Path(__file__).parents[1] / "samples"
SHAPE = (28, 28, 1)
"""Of an image, as a network takes it."""

MAX_FLOATS = 1 << 20  # that a network may need at a time for an image: 4 MiB
MAX_WORK = 1 << 31  # multiply-adds and floats that it may need in all: about a second


def load(path: str | os.PathLike | None = None) -> Sequential:
    """Return the shipped network, or read one from a file and check that it reads digits.

    Parameters
    ----------
    path : path, optional
        Any file that `nn.convert.load` reads; its network must turn images of 28x28 into ten
        probabilities. The shipped network, if not given.

    Raises
    ------
    ModelFileError
        If the file is no sound model, or a model for something else.
    """
    path = SHIPPED if path is None else path
    model = convert.load(path)
    paper_and_ink = np.broadcast_to(np.float32([[[0]], [[1]]]), (2, *SHAPE[:2]))
    try:
        floats, work = cost(model.layers, SHAPE)
        if floats > MAX_FLOATS or work > MAX_WORK:
            raise ValueError(f"it takes {floats:,} numbers at a time, and {work:,} steps")
        classes = model.predict_proba(paper_and_ink).shape[1:]
    except (ValueError, FloatingPointError) as error:
        raise ModelFileError(f"{path}: not a network for images of 28x28: {error}") from error
    if classes != (10,):
        raise ModelFileError(f"{path}: not a network for ten digits: it answers {classes}")
    return model

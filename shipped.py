"""The network and the drawings that come along, and what may take that network's place."""

import os
from pathlib import Path

import numpy as np

from nn import ModelFileError, Sequential, convert

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights" / "mnist.npz"
SAMPLES = HERE / "samples"
SHAPE = (28, 28, 1)  # of an image, as a network takes it
MAX_FLOATS = 1 << 20  # that a network may need at a time for an image: 4 MiB
MAX_WORK = 1 << 31  # multiply-adds and floats that it may need in all: about a second


def load_network(path: str | os.PathLike) -> Sequential:
    """Read a network from any file that `nn.convert.load` reads; see that it is one for digits.

    It must turn (28, 28) images into ten probabilities.

    Raises
    ------
    ModelFileError
        If the file is no sound model, or a model for something else.
    """
    model = convert.load(path)
    paper_and_ink = np.broadcast_to(np.float32([[[0]], [[1]]]), (2, *SHAPE[:2]))
    try:
        floats, work = model.demand(SHAPE)
        if floats > MAX_FLOATS or work > MAX_WORK:
            raise ValueError(f"it takes {floats:,} numbers at a time, and {work:,} steps")
        classes = model.predict_proba(paper_and_ink).shape[1:]
    except (ValueError, FloatingPointError) as error:
        raise ModelFileError(f"{path}: not a network for images of 28x28: {error}") from error
    if classes != (10,):
        raise ModelFileError(f"{path}: not a network for ten digits: it answers {classes}")
    return model

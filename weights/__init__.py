"""The shipped network, and loading any network for digits from a file.

``mnist.npz`` is the shipped network. `check` decides whether a network is one for digits.
"""

import logging
import os
from pathlib import Path

import numpy as np

from guard.budget import budget
from nn import ModelFileError, Sequential, convert
from nn.convert.digits import fit
from nn.saving.limits import cost

LOG = logging.getLogger(__name__)
"""Gets a line if a model's images or pixels are not like ours; shown on stderr by default."""

SHIPPED = Path(__file__).with_name("mnist.npz")
SAMPLES = Path(__file__).parents[1] / "samples"
SHAPE = (28, 28, 1)
"""Shape (H, W, C) of an image, the input of a network for digits."""

MAX_FLOATS = 1 << 20
"""Most floats that a layer may need for one image: 4 MiB."""

SECONDS = 3.7
"""Processor time for reading a file and trying out its pixels; the shipped network takes 0.01."""

MAX_WORK = 120_000_000
"""Most work for one image, an eighth of a second; see `nn.saving.limits.cost`. A network of 300
million multiply-adds in large convolutions takes as much."""


def load(path: str | os.PathLike | None = None, pixels: str | None = None) -> Sequential:
    """Load a network for digits.

    A network of other origin gets layers in front that bring our images into its shape and unit;
    what was done is logged in one line, as is a warning if it reads drawn digits no better than
    chance. See `nn.convert.digits`.

    Parameters
    ----------
    path : path-like, optional
        A file in a format that `nn.convert.load` reads. Default: the shipped network.
    pixels : str, optional
        The unit of the pixels that it was trained on, one of `nn.convert.digits.UNITS`. Default:
        the one with which it reads drawn digits best.

    Returns
    -------
    Sequential

    Raises
    ------
    ModelFileError
        If the file cannot be read, is damaged, or its network fails `check`.
    """
    path = SHIPPED if path is None else path
    with budget(seconds=SECONDS):
        return _load(Path(path), pixels)


def _load(path: Path, pixels: str | None) -> Sequential:
    model = convert.load(path)
    lines: list[str | None] = []
    try:
        if pixels is not None or path != SHIPPED:
            try:
                model, *lines = fit(model, pixels)
            except ValueError as error:
                raise ValueError(f"not a network for images of 28x28: {error}") from error
        check(model)
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from error
    for line in filter(None, lines):
        LOG.warning("%s: %s", path, line)
    return model


def check(model: Sequential) -> None:
    """Check that a network maps images of 28x28 pixels to ten finite probabilities.

    Its cost is checked before it is run.

    Raises
    ------
    ValueError
        If it expects another shape, needs more than `MAX_FLOATS` or `MAX_WORK`, overflows, or has
        another number of classes.
    """
    paper_and_ink = np.broadcast_to(np.float32([[[0]], [[1]]]), (2, *SHAPE[:2]))
    try:
        floats, work = cost(model.layers, SHAPE)
        if floats > MAX_FLOATS or work > MAX_WORK:
            raise ValueError(
                f"one image takes {floats:,} floats in a layer, and {work / 1e9:.1f} seconds; the "
                f"limits are {MAX_FLOATS:,} and {MAX_WORK / 1e9:.1f}"
            )
        classes = model.predict_proba(paper_and_ink).shape[1:]
    except (ValueError, FloatingPointError) as error:
        raise ValueError(f"not a network for images of 28x28: {error}") from error
    if classes != (10,):
        raise ValueError(f"not a network for ten digits: its output has shape {classes}, not (10,)")

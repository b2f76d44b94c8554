"""The digits of a run: MNIST, split into training, validation and test set."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from data import mnist
from data.errors import DataError
from data.synthetic import handwriting
from guard.terminal import one_line

VALIDATION = 5_000
"""Largest number of training images that are held out for validation."""

LEAST = 6
"""Smallest number of training images: a sixth of them, up to `VALIDATION`, is held out."""

SPLIT_SEED = 0
"""Fixed, so that every run holds out the same images, whatever its own seed."""

QUICK = 10_000
"""Number of training images of a quick run."""

SYNTHETIC = 12_000
"""Number of synthetic training digits if there is no MNIST."""

Labelled = tuple[np.ndarray, np.ndarray]
"""Images, uint8 (N, 28, 28), and their labels, int (N,)."""


class Digits(NamedTuple):
    """Images and labels to train, validate and test with."""

    train: Labelled
    validation: Labelled
    test: Labelled


def load(directory: Path | None, quick: bool = False) -> Digits:
    """Load MNIST, or synthetic digits if it cannot be found.

    Parameters
    ----------
    directory : Path, optional
        Folder of the four MNIST files; see `data.mnist.load`.
    quick : bool
        Train on the first `QUICK` images only.

    Raises
    ------
    data.errors.DataError
        If a file is damaged, or holds fewer than `LEAST` training images.
    """
    try:
        images, labels = mnist.load("train", directory)
        test = mnist.load("test", directory)
    except mnist.NoDataError as error:
        print(one_line(error))  # it may quote a server
        print(f"Training on {SYNTHETIC:,} synthetic digits instead: expect a lower accuracy.")
        images, labels = handwriting.batch(SYNTHETIC, np.random.default_rng((SPLIT_SEED, 1)))
        test = handwriting.batch(SYNTHETIC // 6, np.random.default_rng((SPLIT_SEED, 2)))
    if len(labels) < LEAST:
        raise DataError(
            f"{len(labels)} training images are too few: at least {LEAST} are needed, of which one "
            "is held out for validation"
        )
    validation, train = held_out(len(labels))
    if quick:
        train = train[:QUICK]
    return Digits(
        train=(images[train], labels[train]),
        validation=(images[validation], labels[validation]),
        test=test,
    )


def held_out(images: int) -> tuple[np.ndarray, np.ndarray]:
    """Split the training images at random into those held out for validation and the rest.

    Parameters
    ----------
    images : int
        Number of training images.

    Returns
    -------
    validation, train : ndarray of int
        Indices of the images.
    """
    order = np.random.default_rng(SPLIT_SEED).permutation(images)
    count = min(VALIDATION, images // 6)
    return order[:count], order[count:]

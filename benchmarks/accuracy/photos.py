"""Pictures with known answers, and the accuracy on them by kind."""

import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from data import folders
from nn import Sequential

from .photos_ink import digits
from .photos_scenes import SCENES


def pictures(
    kind: str, n: int, images: np.ndarray, labels: np.ndarray
) -> Iterator[tuple[int, Image.Image]]:
    """Yield n pictures of a kind with their labels; always the same ones.

    Parameters
    ----------
    kind : str
        One of `SCENES`.
    n : int
    images : ndarray, uint8, (N, 28, 28)
        Half of the digits are chosen from these, half are synthetic handwriting.
    labels : ndarray, int, (N,)
    """
    rng = np.random.default_rng([0, *kind.encode()])
    for digit in islice(digits(rng, images, labels), n):
        yield digit.label, SCENES[kind](digit, rng)


def accuracy(
    model: Sequential, kind: str, n: int, images: np.ndarray, labels: np.ndarray
) -> tuple[int, int]:
    """Return how many of n pictures of a kind are read right, and how many hold no digit.

    Each picture is saved to a file and read as `recognise.py` reads it. See `pictures`.
    """
    found, truth = [], []
    with tempfile.TemporaryDirectory() as folder:
        for label, picture in pictures(kind, n, images, labels):
            path = Path(folder, "picture.jpg" if picture.format == "JPEG" else "picture.png")
            picture.save(path, **({"quality": "keep"} if picture.format == "JPEG" else {}))
            digit = folders.prepare(str(path))[1]
            if not isinstance(digit, Exception):
                found.append(digit)
                truth.append(label)
    right = (model.predict_proba(np.stack(found)).argmax(axis=1) == truth).sum() if found else 0
    return int(right), n - len(found)

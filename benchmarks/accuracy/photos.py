"""Pictures with known answers, and the accuracy on them by kind."""

import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from data import folders
from nn import Sequential

from .photos_camera import CAMERA
from .photos_files import FILES
from .photos_ink import digits
from .photos_lines import LINES
from .photos_screen import SCREEN

SCENES = SCREEN | LINES | CAMERA | FILES
"""Scenes by the name of their kind; see `photos_kinds`."""


def pictures(
    kind: str, n: int, images: np.ndarray, labels: np.ndarray, seed: int = 0
) -> Iterator[tuple[int, Image.Image]]:
    """Yield n pictures of a kind with their labels; the same ones for the same seed.

    Parameters
    ----------
    kind : str
        One of `SCENES`.
    n : int
    images : ndarray, uint8, (N, 28, 28)
        Half of the digits are chosen from these, half are synthetic handwriting.
    labels : ndarray, int, (N,)
    seed : int
    """
    rng = np.random.default_rng([seed, *kind.encode()])
    for digit in islice(digits(rng, images, labels), n):
        yield digit.label, SCENES[kind](digit, rng)


def accuracy(
    model: Sequential,
    kind: str,
    n: int,
    images: np.ndarray,
    labels: np.ndarray,
    seed: int = 0,
) -> tuple[int, int]:
    """Return how many of n pictures of a kind are read right, and how many hold no digit.

    Each picture is saved to a file and read as `recognise.py` reads it. See `pictures`.
    """
    found, truth = [], []
    with tempfile.TemporaryDirectory() as folder:
        for label, picture in pictures(kind, n, images, labels, seed):
            digit = folders.prepare(str(_saved(picture, folder)))[1]
            if not isinstance(digit, Exception):
                found.append(digit)
                truth.append(label)
    right = (model.predict_proba(np.stack(found)).argmax(axis=1) == truth).sum() if found else 0
    return int(right), n - len(found)


def _saved(picture, folder):
    """Save a picture in the format that it came from, else as PNG; return the file."""
    kind = picture.format or "PNG"
    path = Path(folder, f"picture.{kind.lower()}")
    keep = {"quality": "keep", "exif": picture.getexif()} if kind == "JPEG" else {}
    picture.save(path, format=kind, **keep)
    return path

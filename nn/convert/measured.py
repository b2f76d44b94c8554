"""What smaller weights cost: the digits that are read right, before and after."""

from pathlib import Path

import numpy as np

from ..model import Sequential
from ..saving.npz import read_arrays
from .errors import ConversionError
from .samples import samples, shifted

DIGITS_HELP = (
    "an .npz of images, uint8 (N, 28, 28), and labels, (N,), to measure the cost with (default: "
    "ten drawn digits, moved about by a pixel)"
)
"""What the commands say of their option ``--digits``."""


def digits(path: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels to measure with, of a file or of ten drawn digits.

    Raises
    ------
    ConversionError
        If the file does not have both.
    """
    if path is None:
        images = np.concatenate(list(shifted()))
        _, labels = samples()
        return images, np.tile(labels, len(images) // len(labels))
    arrays = read_arrays(path)
    if not {"images", "labels"} <= arrays.keys():
        raise ConversionError(f"{path}: it must have the arrays images and labels")
    return arrays["images"], arrays["labels"]


def cost(
    kind: str, model: Sequential, stored: Sequential, images: np.ndarray, labels: np.ndarray
) -> str:
    """Return a line that says how a network with smaller weights reads images.

    Parameters
    ----------
    kind : str
        Type of the weights, as "int8".
    model, stored : Sequential
        With float32 weights, and with those that a file stores.
    images : ndarray
        As `Sequential.predict_proba` takes them.
    labels : ndarray of int, shape (N,)
    """
    exact, rounded = (each.predict_proba(images) for each in (model, stored))
    right = [int((proba.argmax(axis=1) == labels).sum()) for proba in (exact, rounded)]
    return (
        f"{kind} weights: {right[1]} of {len(labels)} digits right, {right[0]} with float32; "
        f"a probability changes by up to {np.abs(exact - rounded).max():.4f}"
    )

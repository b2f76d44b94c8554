"""Scans of digits in the formats of other data sets, made from MNIST's images."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from data.canvas import from_image
from nn import Sequential
from nn.training.trainer import evaluate

THRESHOLD = 110
"""Grey level, 0 to 255, above which a pixel of a scan in two tones is ink."""

PAPERS = {"light on dark": 0, "dark on light": 255}


def greys(digit: np.ndarray, side: int = 16) -> np.ndarray:
    """Return a digit scaled to fit a square, and centred in it.

    Parameters
    ----------
    digit : ndarray, uint8, (H, W)
        Paper is 0, ink is 255.
    side : int
        Side of the square, and longer side of the digit in it, pixels.

    Returns
    -------
    ndarray, uint8, (side, side)
    """
    inside = _without_margins(digit)
    height, width = (max(1, round(size * side / max(inside.shape))) for size in inside.shape)
    top, left = (side - height) // 2, (side - width) // 2
    scan = np.zeros((side, side), np.uint8)
    scan[top : top + height, left : left + width] = _resized(inside, height, width)
    return scan


def stretched(digit: np.ndarray, side: int = 16) -> np.ndarray:
    """Return a digit stretched to fill a square, whatever its aspect ratio; see `greys`."""
    return _resized(_without_margins(digit), side, side)


def two_tones(digit: np.ndarray) -> np.ndarray:
    """Return a digit of 32x32 pixels that are 0 or 255; see `greys`."""
    return np.where(greys(digit, 32) > THRESHOLD, 255, 0).astype(np.uint8)


def _without_margins(digit):
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(image, height, width):
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "16x16 greys": greys,
    "16x16 greys, stretched to fill them": stretched,
    "32x32 in two tones": two_tones,
}


def accuracies(
    model: Sequential, digits: np.ndarray, labels: np.ndarray
) -> dict[str, dict[str, float]]:
    """Measure the accuracy on scans, read as `recognise.py` reads pictures.

    Parameters
    ----------
    model : Sequential
    digits : ndarray, uint8, (N, 28, 28)
    labels : ndarray, int, (N,)

    Returns
    -------
    dict
        Accuracy in [0, 1] for each of `KINDS` and each of `PAPERS`.
    """
    figures = {}
    for kind, scan in KINDS.items():
        scans = np.stack([scan(digit) for digit in digits])
        figures[kind] = {
            paper: evaluate(model, _read(scans ^ np.uint8(tone)), labels)[1]
            for paper, tone in PAPERS.items()
        }
    return figures


def _read(scans):
    return np.stack([from_image(Image.fromarray(scan)) for scan in scans])

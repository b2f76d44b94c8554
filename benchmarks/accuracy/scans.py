"""Scans of digits in the formats of other data sets, made from MNIST's images."""

from collections.abc import Callable, Iterable

import numpy as np
from PIL import Image, ImageFilter

from data.canvas import from_image
from nn import Sequential
from nn.training.trainer import evaluate

THRESHOLD = 110
"""Grey level, 0 to 255, above which a pixel of a scan in two tones is ink."""

THICKER = 1
"""Thick lines are this many pixels of MNIST wider; a digit without margins touches its frame."""

FINE = 4
"""A digit is this many times as large while its lines are thickened."""

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


def tight(digit: np.ndarray) -> np.ndarray:
    """Return a digit of its height and width, with its lines thickened to touch the frame.

    Parameters
    ----------
    digit : ndarray, uint8, (H, W)

    Returns
    -------
    ndarray, uint8, (H', W')
        `FINE` times as large as the digit without its margins.
    """
    inside = _without_margins(digit)
    large = Image.fromarray(_resized(inside, *(FINE * size for size in inside.shape)))
    return np.asarray(large.filter(ImageFilter.MaxFilter(FINE * THICKER // 2 * 2 + 1)))


def tight_stretched(digit: np.ndarray) -> np.ndarray:
    """Return a thickened digit that touches its frame, stretched to a square; see `greys`."""
    return _resized(tight(digit), 16, 16)


def tight_two_tones(digit: np.ndarray) -> np.ndarray:
    """Return a thickened digit that touches its frame, 32 pixels along its longer side, 0 or 255.

    See `tight`.
    """
    thick = tight(digit)
    height, width = (max(1, round(size * 32 / max(thick.shape))) for size in thick.shape)
    return np.where(_resized(thick, height, width) > THRESHOLD, 255, 0).astype(np.uint8)


def _without_margins(digit):
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(image, height, width):
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "16x16 greys": greys,
    "16x16 greys, stretched to fill them": stretched,
    "32x32 in two tones": two_tones,
    "16x16 greys, stretched, thick lines touch the frame": tight_stretched,
    "32 in two tones, thick lines touch the frame": tight_two_tones,
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
        scans = [scan(digit) for digit in digits]
        figures[kind] = {
            paper: evaluate(model, read(scans, tone), labels)[1] for paper, tone in PAPERS.items()
        }
    return figures


def read(scans: Iterable[np.ndarray], tone: int = 0) -> np.ndarray:
    """Read scans as `recognise.py` reads pictures.

    Parameters
    ----------
    scans : iterable of ndarray, uint8, (H, W)
    tone : int
        255 to read them dark on light, 0 as they are.

    Returns
    -------
    ndarray, float32, (N, 28, 28)
    """
    return np.stack([from_image(Image.fromarray(scan ^ np.uint8(tone))) for scan in scans])

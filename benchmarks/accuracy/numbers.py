"""Numbers with known answers: digits of one writer side by side, as strokes and as pictures.

A number is placed digit by digit. Lengths are relative to `TALL`, the height of a digit. The gap
between two digits is that between their bounding boxes; digits that do not touch keep `APART`
between their lines, so that they do not touch in the picture either, where lines are `PEN` wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from data.canvas import SIZE

from .unipen import Strokes

TALL = 100.0
"""Height of a digit of average size, pixels."""

PEN = 8.0
"""Width of a line in a picture, pixels."""

APART = 12.0
"""Distance between the centre lines of digits that do not touch, at least, pixels."""

GAPS = {"wide": (0.25, 0.6), "normal": (0.08, 0.25), "close": (-0.1, 0.08)}
"""Gaps between bounding boxes, of `TALL`; below 0 the boxes overlap."""

TOUCHING = "touching"
TOUCH = (0.0, 7.0)
"""Distance between the centre lines of digits that touch, pixels."""

DEEPEST = 0.25
"""Of `TALL`: boxes of digits that touch overlap by no more."""

SIZES = (0.85, 1.15)
BASE_LINE = 0.06
"""Of `TALL`: the base line varies by this much, up and down."""

FINE = 3
"""Strokes are drawn this many times larger, and shrunk."""


@dataclass(frozen=True)
class Number:
    """A number and its ink.

    Attributes
    ----------
    text : str
        Digits, a leading minus sign and a decimal point.
    strokes : list of ndarray, each (P, 2)
        Points (x, y), y down, in pixels; the digits are about `TALL` high.
    """

    text: str
    strokes: Strokes

    def on_canvas(self) -> Strokes:
        """Return the strokes scaled to fit the window's canvas, in whole pixels."""
        points = np.concatenate(self.strokes)
        low, extent = points.min(axis=0), np.ptp(points, axis=0).max()
        scale = 0.9 * SIZE / extent
        shift = (SIZE - scale * np.ptp(points, axis=0)) / 2
        return [np.rint((stroke - low) * scale + shift) for stroke in self.strokes]

    def ink(self, pen: float = PEN) -> np.ndarray:
        """Return the ink of the number with a margin around it, float32 (H, W) in [0, 1]."""
        return drawn(self.strokes, pen)


def drawn(strokes: Strokes, pen: float, margin: float = 0.4 * TALL) -> np.ndarray:
    """Draw strokes with a round pen; return the ink, float32 (H, W) in [0, 1]."""
    points = np.concatenate(strokes)
    low = points.min(axis=0) - margin
    size = np.ceil(np.ptp(points, axis=0) + 2 * margin).astype(int)
    sheet = Image.new("L", tuple((FINE * size).tolist()))
    draw, r = ImageDraw.Draw(sheet), FINE * pen / 2
    for stroke in strokes:
        fine = (stroke - low) * FINE
        draw.line([*map(tuple, fine.tolist())], fill=255, width=round(2 * r))
        for x, y in fine:
            draw.ellipse([x - r, y - r, x + r, y + r], fill=255)
    return np.asarray(sheet.resize(size.tolist(), Image.Resampling.BOX), np.float32) / 255


def written(
    digits: Sequence[tuple[int, Strokes]], rng: np.random.Generator, spacing: str
) -> Number:
    """Write digits beside one another.

    Parameters
    ----------
    digits : sequence of (label, strokes)
    rng : numpy.random.Generator
    spacing : str
        One of `GAPS`, or `TOUCHING`.
    """
    placed: list[Strokes] = []
    for _, strokes in digits:
        strokes = upright(strokes, rng)
        if placed:
            strokes = _beside(placed[-1], strokes, rng, spacing)
        placed.append(strokes)
    text = "".join(str(label) for label, _ in digits)
    return Number(text, [stroke for strokes in placed for stroke in strokes])


def upright(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Return a digit about `TALL` high whose foot is near the base line y = 0, from x = 0 on."""
    points = np.concatenate(strokes)
    (left, _), (_, foot) = points.min(axis=0), points.max(axis=0)
    width, height = np.ptp(points, axis=0)
    scale = TALL * rng.uniform(*SIZES) / max(height, 0.7 * width, 1)
    lift = TALL * rng.uniform(-BASE_LINE, BASE_LINE)
    return [(stroke - (left, foot)) * scale + (0, lift) for stroke in strokes]


def _beside(before, strokes, rng, spacing):
    """Move a digit to the right of the one before."""
    shift = distance(dense(before), dense(strokes), rng, spacing)
    return [stroke + np.array([shift, 0]) for stroke in strokes]


def distance(
    a: np.ndarray, b: np.ndarray, rng: np.random.Generator, spacing: str, thick: float = 0.0
) -> float:
    """Return how far to the right ink b is moved to stand beside ink a, pixels.

    Parameters
    ----------
    a, b : ndarray, (P, 2)
        Points (x, y), dense.
    rng : numpy.random.Generator
    spacing : str
        One of `GAPS`, or `TOUCHING`.
    thick : float
        Width of the lines if the points are their ink, 0 if they are their centre lines.
    """
    right, left = a[:, 0].max(), b[:, 0].min()
    free = clearance(a, b)
    if spacing == TOUCHING:
        return max(rng.uniform(*TOUCH) - thick - free, right - left - DEEPEST * TALL)
    gap = TALL * rng.uniform(*GAPS[spacing])
    return max(right - left + gap, APART - thick - free)


def clearance(a: np.ndarray, b: np.ndarray, reach: float = 6.0) -> float:
    """Return how far ink b may move left until it meets ink a, pixels; below 0 it has met it.

    Parameters
    ----------
    a, b : ndarray, (P, 2)
        Points (x, y), dense.
    reach : float
        Rows as near as this meet each other.
    """
    rows = np.arange(min(a[:, 1].min(), b[:, 1].min()), max(a[:, 1].max(), b[:, 1].max()), 2.0)
    near_a = np.abs(a[:, 1] - rows[:, None]) < reach
    near_b = np.abs(b[:, 1] - rows[:, None]) < reach
    right = np.where(near_a, a[:, 0], -np.inf).max(axis=1)
    left = np.where(near_b, b[:, 0], np.inf).min(axis=1)
    return float((left - right).min())


def dense(strokes: Strokes, step: float = 2.0) -> np.ndarray:
    """Return points along strokes, at most ``step`` pixels apart, (P, 2)."""
    points = []
    for stroke in strokes:
        for start, end in zip(stroke, [*stroke[1:], stroke[-1]], strict=True):
            n = 1 + int(np.hypot(*(end - start)) / step)
            points.append(start + (end - start) * (np.arange(n) / n)[:, None])
    return np.concatenate(points)

"""Variations of a drawing: its strokes as the same hand might draw them again.

Strokes are bent, not pixels: lines keep their width, and NumPy is enough.
"""

from collections.abc import Sequence

import numpy as np

# Standard deviations; lengths are in halves of the drawing's longer side.
ROTATION = 4.0  # degrees
SHEAR = 0.06
STRETCH = 0.06  # of the logarithm of width over height
BEND = 0.035  # of each coefficient of a smooth displacement
APART = 0.02  # displacement of a whole stroke


def variations(
    strokes: Sequence[Sequence], count: int, rng: np.random.Generator
) -> list[list[np.ndarray]]:
    """Return ``count`` drawings: the given one, and variations of it.

    Parameters
    ----------
    strokes : sequence of array_like, each (P, 2)
        Points (x, y) of each stroke, in pixels.
    count : int
    rng : numpy.random.Generator

    Returns
    -------
    list of list of ndarray, each (P, 2)
    """
    given = [np.asarray(stroke, np.float64) for stroke in strokes]
    points = np.concatenate(given)
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, max((high - low).max() / 2, 1.0)
    at_origin = [(stroke - middle) / half for stroke in given]
    return [given] + [
        [stroke * half + middle for stroke in _vary(at_origin, rng)] for _ in range(count - 1)
    ]


def _vary(strokes, rng):
    """Return strokes, which lie in [-1, 1], bent at random."""
    angle = np.radians(ROTATION) * rng.standard_normal()
    wider = np.exp(STRETCH * rng.standard_normal())
    cos, sin = np.cos(angle), np.sin(angle)
    slanted = np.array([[wider, SHEAR * rng.standard_normal()], [0, 1 / wider]])
    matrix = np.array([[cos, -sin], [sin, cos]]) @ slanted
    bend = BEND * rng.standard_normal((6, 2))
    varied = []
    for stroke in strokes:
        x, y = stroke.T
        waves = [x * x, x * y, y * y, np.sin(3 * x), np.sin(3 * y), np.cos(3 * (x + y))]
        moved = stroke @ matrix.T + np.stack(waves, axis=1) @ bend
        varied.append(moved + APART * rng.standard_normal(2))
    return varied

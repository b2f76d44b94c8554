"""Deform pen strokes at random, as other hands might have written them.

A network is chosen by writers whose mistakes were looked at, so it reads them better than new ones.
Their deformed strokes are harder: which digits fail in them is close to which fail in the strokes
of writers that nobody looked at. They are only read, never trained on.
"""

import numpy as np

from data.canvas import SIZE

# Standard deviations; each number is clipped at `FARTHEST` of them.
WIDER = 0.22  # of the logarithm of the horizontal stretch
SLANT = 0.22  # of the tangent of the angle
ROTATION = 8.0  # degrees
PULL = 0.045  # of a knot's displacement, of the longer side
FARTHEST = 2.0

KNOTS = 4  # along each side


def deform(strokes: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Stretch, slant and turn a digit, and displace its points smoothly.

    Parameters
    ----------
    strokes : list of ndarray, each (P, 2)
        Points (x, y), y down.
    rng : numpy.random.Generator

    Returns
    -------
    list of ndarray, each (P, 2)
        In pixels of the canvas, the middle of the digit in its middle.
    """
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    points = (points - (low + high) / 2) / max((high - low).max(), 1)
    wider, slant, turn = rng.standard_normal(3).clip(-FARTHEST, FARTHEST)
    points = points + _between(PULL * rng.standard_normal((KNOTS, KNOTS, 2)), points + 0.5)
    points[:, 0] = (points[:, 0] - SLANT * slant * points[:, 1]) * np.exp(WIDER * wider)
    angle = np.radians(ROTATION * turn)
    turned = points @ [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    return np.split((turned + 1) * SIZE / 2, ends)


def _between(knots, points):
    """Interpolate the displacements of knots over the unit square bilinearly at points (P, 2)."""
    at = (points * (KNOTS - 1)).clip(0, KNOTS - 1.001)
    i = at.astype(int)
    share = at - i
    total = np.zeros_like(points)
    for a in (0, 1):
        for b in (0, 1):
            weight = np.abs(1 - a - share[:, :1]) * np.abs(1 - b - share[:, 1:])
            total += weight * knots[i[:, 0] + a, i[:, 1] + b]
    return total

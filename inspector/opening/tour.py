"""The drawing that the tour follows, docs/tour.md: a 4 that could be a 9."""

import numpy as np

from data.canvas import from_strokes
from nn import Sequential

DIGIT = 4
DOUBT = 0.8  # probability of the 4 to aim for: a drawing in some doubt shows more
CHOICES = 41  # drawings from a 4 to a 9


def between(share: float) -> list[np.ndarray]:
    """Return the strokes of a digit between 4 (``share`` 0) and 9 (1): (P, 2) canvas pixels."""
    t = np.linspace(0, 1, 40)[:, None]
    corners = np.array([[95, 65], [85, 168], [205, 165]], float)
    hook = np.where(t < 0.45, corners[0] + (corners[1] - corners[0]) * t / 0.45,
                    corners[1] + (corners[2] - corners[1]) * (t - 0.45) / 0.55)  # fmt: skip
    angle = np.radians(-40 - 300 * t)
    loop = np.hstack([140 + 55 * np.cos(angle), 115 + 52 * np.sin(angle)])
    stem = np.array([192, 62]) + t * np.array([-8, 190])
    return [(1 - share) * hook + share * loop, stem]


def four(model: Sequential) -> list[np.ndarray]:
    """Return the strokes of a 4 whose probability is as close to `DOUBT` as possible."""
    drawings = [between(share) for share in np.linspace(0, 1, CHOICES)]
    sure = model.predict_proba(np.stack([from_strokes(strokes) for strokes in drawings]))[:, DIGIT]
    sure[sure < 0.5] = np.inf  # read as another digit
    return drawings[int(np.abs(sure - DOUBT).argmin())]

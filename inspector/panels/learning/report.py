"""What one step of learning changed, as plain data."""

from dataclasses import dataclass
from functools import cache

import numpy as np

import weights
from data import canvas
from data.errors import DataError

MOST = 12  # weights listed in a report


@dataclass(frozen=True)
class Weight:
    """A weight before and after a step."""

    layer: int
    name: str
    at: tuple[int, ...]
    before: float
    after: float


@dataclass(frozen=True)
class Report:
    """What one step of learning changed.

    Attributes
    ----------
    number : int
        How many steps were taken, with this one.
    lr, label : float, int
    losses : pair of float
        Before and after.
    promised : float
        The change of the loss if its slope were constant: -lr times the gradient's squared norm.
    probabilities : pair of ndarray, (10,)
        Of the drawing, before and after.
    weights : tuple of Weight
        Those that changed most.
    samples : ndarray, (N, 2)
        Probability of the right digit of each of `sample_digits`, before and after.
    sample_answers : ndarray of int, (N, 2)
    """

    number: int
    lr: float
    label: int
    losses: tuple[float, float]
    promised: float
    probabilities: tuple[np.ndarray, np.ndarray]
    weights: tuple[Weight, ...]
    samples: np.ndarray
    sample_answers: np.ndarray


def most_changed(old: dict[str, np.ndarray], new: dict[str, np.ndarray]) -> tuple[Weight, ...]:
    """Return the `MOST` parameters that changed most, the largest change first."""
    found = []
    for key, before in old.items():
        change = np.abs(new[key] - before).ravel()
        largest = np.argpartition(change, -min(MOST, change.size))[-MOST:]
        layer, _, name = key.partition(".")
        for flat in largest[change[largest] > 0]:
            at = tuple(map(int, np.unravel_index(flat, before.shape)))
            found.append(Weight(int(layer), name, at, float(before[at]), float(new[key][at])))
    found.sort(key=lambda weight: -abs(weight.after - weight.before))
    return tuple(found[:MOST])


def sample_digits() -> list[tuple[int, np.ndarray]]:
    """Return the pictures of ``samples/`` that are named by their digit: (digit, (28, 28))."""
    found = ((digit, sample_digit(digit)) for digit in range(10))
    return [(digit, image) for digit, image in found if image is not None]


@cache
def sample_digit(digit: int) -> np.ndarray | None:
    """Return the picture of ``samples/`` that is named by a digit; None if it was removed."""
    try:
        with canvas.open_image(weights.SAMPLES / f"{digit}.png") as picture:
            return canvas.from_image(picture)
    except (DataError, OSError):
        return None

"""Ten drawn digits, and how well a network reads them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from guard.budget import BudgetError, charge

from ..model import Sequential
from ..saving.npz import read_arrays

SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1))
"""Rows and columns by which the digits are moved."""

TEMPERATURES = 2.0 ** np.arange(-1, 8)
TEMPERATURE_PRICE = 0.1
"""What each doubling of the temperature beyond 1 costs; see `score`."""


@cache
def samples() -> tuple[np.ndarray, np.ndarray]:
    """Return the ten drawn digits, uint8 (10, 28, 28), and their labels: those of ``samples/``."""
    arrays = read_arrays(Path(__file__).with_name("samples.npz"))
    return arrays["images"], arrays["labels"]


def shifted() -> Iterator[np.ndarray]:
    """Yield the ten drawn digits at each of `SHIFTS`."""
    images, _ = samples()
    for shift in SHIFTS:
        yield np.roll(images, shift, axis=(1, 2))


class Reading(NamedTuple):
    """How well a network reads the digits: its score, see `score`, and the share that is right."""

    score: float
    share: float


def score(model: Sequential) -> Reading:
    """Return how plausible it is that a network was trained on what it is given.

    The score is the mean logarithm of the right digit's probability, at the temperature T by which
    the logits fit best, minus a price for T. (Pixels in a larger unit make larger logits, and all
    probabilities 1; only the price tells a network for [0, 1] from one for 0..255 then.)
    """
    _, labels = samples()
    logs = []
    try:
        for images in shifted():
            charge(items=1)
            proba = model.predict_proba(images).astype(np.float64)
            logs.append(np.log(np.maximum(proba, 1e-37)))
    except BudgetError:
        raise
    except (FloatingPointError, ValueError):
        return Reading(-np.inf, 0.0)
    z = np.concatenate(logs)
    truth = np.tile(labels, len(SHIFTS))
    share = float((z.argmax(axis=1) == truth).mean())
    best = -np.inf
    for T in TEMPERATURES:
        log_sum = np.log(np.exp(z / T).sum(axis=1))
        likelihood = (z[np.arange(len(z)), truth] / T - log_sum).mean()
        best = max(best, float(likelihood - TEMPERATURE_PRICE * max(np.log2(T), 0)))
    return Reading(best, share)

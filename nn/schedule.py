"""Learning-rate schedules: functions that map the number of a step, from 0, to its rate."""

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """Return a schedule that stays at ``lr``."""
    return lambda step: lr


def cosine(lr: float, steps: int, *, final: float = 0.0) -> Schedule:
    """Return a schedule that falls along half a cosine.

    Parameters
    ----------
    lr, final : float
        The first and the last rate.
    steps : int
        Number of steps of the run; later ones stay at the last rate.

    References
    ----------
    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017, equation 5.
    """

    def rate(step: int) -> float:
        progress = min(step / max(steps - 1, 1), 1.0)
        return final + (lr - final) * (1 + math.cos(math.pi * progress)) / 2

    return rate


def one_cycle(lr: float, steps: int, *, warm_up: float = 0.25, start: float = 0.04) -> Schedule:
    """Return a schedule that rises to ``lr`` and falls to zero, all within ``steps``.

    Parameters
    ----------
    lr : float
        The highest rate.
    steps : int
        Number of steps of the run.
    warm_up : float
        The share of the steps in which the rate rises, linearly.
    start : float
        The first rate, as a share of ``lr``.

    References
    ----------
    Smith and Topin, "Super-Convergence", 2018, section 3 (with a cosine for the fall).
    """
    rising = round(steps * warm_up)
    fall = cosine(lr, steps - rising)

    def rate(step: int) -> float:
        if step < rising:
            return lr * (start + (1 - start) * step / rising)
        return fall(step - rising)

    return rate

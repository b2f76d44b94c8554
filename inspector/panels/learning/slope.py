"""The slope of one number, measured while the window rests."""

import math
import tkinter as tk
from collections.abc import Callable

from inspector.idle import IdleWork
from inspector.panels.learning.rows import Spot
from inspector.threads import one_thread
from nn.explain.backward import BackwardPass, measured_slope

REST = 150  # milliseconds without a change before a slope is measured
WAITING = "measured slope: as soon as the pen rests"
SMALL = 1e-12  # below it the measurement has no digits
DIGITS = 10


class SlopeMeter:
    """Measures in idle time: a slope takes up to fifteen passes.

    Parameters
    ----------
    widget : tk.Misc
        The measurement stops when it is destroyed.
    """

    def __init__(self, widget: tk.Misc) -> None:
        self._work = IdleWork(widget)

    @property
    def busy(self) -> bool:
        """Whether a slope is still to be measured."""
        return self._work.busy

    def start(self, passed: BackwardPass, spot: Spot, show: Callable[[float | None], None]) -> None:
        """Measure the slope for a number of a pass, and call ``show`` with it."""

        def work():
            with one_thread():
                slope = measured_slope(passed, spot.layer, spot.at, spot.name)
            yield slope

        self._work.start(work(), show, REST)  # type: ignore[arg-type]

    def stop(self) -> None:
        """Measure nothing."""
        self._work.stop()


def compared(exact: float, measured: float | None) -> str:
    """Return a gradient and its measured slope as text, with the number of digits that agree."""
    if measured is None:
        return (
            "measured: no slope here. Nudged, this number\n"
            "changes a ReLU or the winner of a max-pool."
        )
    largest = max(abs(exact), abs(measured))
    error = abs(exact - measured) / largest if largest > SMALL else 0.0
    agree = DIGITS if not error else min(DIGITS, max(0, math.floor(-math.log10(error))))
    return (
        f"backward       {exact:+.10g}\n"
        f"measured slope {measured:+.10g}\n"
        f"nudged up and down in float64: {agree} digits agree"
    )

"""Long computations in small steps between the window's events, so that drawing stays smooth."""

import tkinter as tk
from collections.abc import Callable, Iterator

PAUSE = 1  # milliseconds between two steps; events are handled first


class IdleWork:
    """Runs a generator, one step at a time, while the window is idle.

    Only one generator runs at a time: starting another one drops it.

    Parameters
    ----------
    widget : tk.Misc
        The work stops when this widget is destroyed.
    """

    def __init__(self, widget: tk.Misc) -> None:
        self._widget = widget
        self._scheduled: str | None = None  # Tk's identifier of the next step
        widget.bind("<Destroy>", lambda event: event.widget is widget and self.stop(), add=True)

    def start(self, work: Iterator, show: Callable[[object], None], delay: int = PAUSE) -> None:
        """Run ``work`` after ``delay`` milliseconds and call ``show`` with each of its results."""
        self.stop()
        self._scheduled = self._widget.after(delay, self._step, work, show)

    def stop(self) -> None:
        """Drop the current work, if any."""
        if self._scheduled is not None:
            self._widget.after_cancel(self._scheduled)
            self._scheduled = None

    @property
    def busy(self) -> bool:
        """Whether the work is unfinished."""
        return self._scheduled is not None

    def _step(self, work, show):
        self._scheduled = None
        for result in work:
            self._scheduled = self._widget.after(PAUSE, self._step, work, show)
            show(result)
            return

"""Calls that wait for the window's events, and long computations in small steps between them."""

import tkinter as tk
from collections.abc import Callable, Iterator
from typing import Any

PAUSE = 1  # milliseconds between two steps; events are handled first


class Later:
    """One call in the future; it is dropped with its widget, and when another one is asked for.

    Tk itself would make the call after the widget is gone, and report an error.

    Parameters
    ----------
    widget : tk.Misc
    """

    def __init__(self, widget: tk.Misc) -> None:
        self._widget = widget
        self._identifier: str | None = None  # Tk's, of the call
        widget.bind("<Destroy>", lambda event: event.widget is widget and self.stop(), add=True)

    def start(self, delay: int, call: Callable[..., None], *arguments: Any) -> None:
        """Make a call after ``delay`` milliseconds."""
        self.stop()
        self._identifier = self._widget.after(delay, self._make, call, arguments)

    def stop(self) -> None:
        """Drop the call, if one waits."""
        if self._identifier is not None:
            self._widget.after_cancel(self._identifier)
            self._identifier = None

    @property
    def waits(self) -> bool:
        """Whether the call is still to be made."""
        return self._identifier is not None

    def _make(self, call, arguments):
        self._identifier = None
        call(*arguments)


class IdleWork:
    """Runs a generator, one step at a time, while the window is idle.

    Only one generator runs at a time: starting another one drops it.

    Parameters
    ----------
    widget : tk.Misc
        The work stops when this widget is destroyed.
    """

    def __init__(self, widget: tk.Misc) -> None:
        self._next_step = Later(widget)

    def start(self, work: Iterator, show: Callable[[object], None], delay: int = PAUSE) -> None:
        """Run ``work`` after ``delay`` milliseconds and call ``show`` with each of its results."""
        self._next_step.start(delay, self._step, work, show)

    def stop(self) -> None:
        """Drop the current work, if any."""
        self._next_step.stop()

    @property
    def busy(self) -> bool:
        """Whether the work is unfinished."""
        return self._next_step.waits

    def _step(self, work, show):
        for result in work:
            self._next_step.start(PAUSE, self._step, work, show)
            show(result)
            return

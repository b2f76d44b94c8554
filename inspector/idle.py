"""Long work in small slices, between the events of the window, so that the pen never waits."""

import tkinter as tk
from collections.abc import Callable, Iterator

PAUSE = 1  # milliseconds between slices, in which events come first


class IdleWork:
    """Runs one generator at a time, a step per slice; a new one takes the place of the old.

    Parameters
    ----------
    widget : tk.Misc
        The work ends with it.
    """

    def __init__(self, widget: tk.Misc) -> None:
        self._widget = widget
        self._pending: str | None = None
        widget.bind("<Destroy>", lambda event: event.widget is widget and self.stop(), add=True)

    def start(self, work: Iterator, show: Callable[[object], None], delay: int = PAUSE) -> None:
        """Run ``work``, handing each result to ``show``, after ``delay`` milliseconds."""
        self.stop()
        self._pending = self._widget.after(delay, self._step, work, show)

    def stop(self) -> None:
        """Drop the work that is going on, if any."""
        if self._pending is not None:
            self._widget.after_cancel(self._pending)
            self._pending = None

    @property
    def busy(self) -> bool:
        """Whether work is going on."""
        return self._pending is not None

    def _step(self, work, show):
        self._pending = None
        for result in work:
            self._pending = self._widget.after(PAUSE, self._step, work, show)
            show(result)
            return

"""The wheel of a mouse, on every system."""

import tkinter as tk
from collections.abc import Callable


def bind_wheel(widget: tk.Misc, turn: Callable[[int], object], modifier: str = "") -> None:
    """Call a function when the wheel is turned over a widget: with -1 upwards, with 1 downwards.

    X11 reports a turn as button 4 or 5; Windows, macOS and Tk 9 report it as such.

    Parameters
    ----------
    widget : tk.Misc
    turn : callable
    modifier : str
        A key that is held meanwhile, as Tk names it: ``Control``.
    """
    held = f"{modifier}-" if modifier else ""
    widget.bind(f"<{held}Button-4>", lambda event: turn(-1))
    widget.bind(f"<{held}Button-5>", lambda event: turn(1))
    widget.bind(f"<{held}MouseWheel>", lambda event: turn(-1 if event.delta > 0 else 1))

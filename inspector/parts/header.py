"""The upper part of the window, always in view: the drawing, the input and the answer."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from inspector.parts.input import InputView
from inspector.parts.probabilities import ProbabilityBars
from inspector.theme.palette import pixels

HEIGHT, WIDTH = 0.2, 0.146  # largest side of a picture, as a share of the window


class Header(ttk.Frame):
    """The pictures and the bars; both shrink with the window.

    Parameters
    ----------
    parent : tk.Misc
    canvas_size, pen_radius : int
    on_hover, on_select : callable
        See `InputView`.

    Attributes
    ----------
    input : InputView
    bars : ProbabilityBars
    """

    def __init__(
        self,
        parent: tk.Misc,
        canvas_size: int,
        pen_radius: int,
        on_hover: Callable[[str], None],
        on_select: Callable[[int], None],
    ) -> None:
        super().__init__(parent)
        self.input = InputView(self, canvas_size, pen_radius, on_hover, on_select)
        self.input.pack(side="left")
        self.bars = ProbabilityBars(self)
        self.bars.pack(side="left", padx=pixels(self, 12), anchor="n")

    def fit(self, width: int, height: int) -> None:
        """Fit the pictures and bars into a window of a size in pixels."""
        side = round(min(HEIGHT * height, WIDTH * width))
        self.input.resize(side)
        self.update_idletasks()
        room = width - self.input.winfo_reqwidth() - pixels(self, 40)
        self.bars.resize(room, self.input.strokes.winfo_reqheight() - pixels(self, 8))

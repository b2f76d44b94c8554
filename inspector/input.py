"""What the network sees: the drawing, and beside it the 28x28 that is made of it, enlarged."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

import numpy as np
from PIL import Image, ImageDraw, ImageTk

from inspector.palette import Palette, pixels

ZOOM = 6  # of the 28x28; the drawing is made as large


class InputView(ttk.Frame):
    """Two pictures side by side.

    Parameters
    ----------
    parent : tk.Misc
    paper : int
        Side of the canvas that is drawn on, in pixels.
    pen : int
        Radius of its pen.
    on_hover : callable
        Is given the text for the pixel under the pointer.
    """

    def __init__(
        self, parent: tk.Misc, paper: int, pen: int, on_hover: Callable[[str], None]
    ) -> None:
        super().__init__(parent)
        self._paper, self._pen, self._on_hover = paper, pen, on_hover
        self._zoom = pixels(self, ZOOM)
        self._digit = np.zeros((28, 28), np.float32)
        side = 28 * self._zoom
        self._photos = []
        for column, title in enumerate(("your drawing", "what the network sees")):
            photo = ImageTk.PhotoImage("RGB", (side, side), master=self)
            label = ttk.Label(self, image=photo)
            label.grid(row=0, column=column, padx=pixels(self, 4))
            ttk.Label(self, text=title).grid(row=1, column=column)
            self._photos.append(photo)
        label.bind("<Motion>", self._hover)
        label.bind("<Leave>", lambda event: on_hover(""))

    def show(self, strokes: Sequence, digit: np.ndarray, palette: Palette) -> None:
        """Draw the strokes (lists of x, y) and the digit (28, 28) made of them."""
        self._digit = digit
        side, scale = 28 * self._zoom, 28 * self._zoom / self._paper
        picture = Image.new("RGB", (side, side), palette.paper)
        pen, radius = ImageDraw.Draw(picture), self._pen * scale
        # In so small a picture many points of a long drawing fall together: each place once.
        for x, y in {(round(x * scale), round(y * scale)) for stroke in strokes for x, y in stroke}:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette.text)
        self._photos[0].paste(picture)
        seen = palette.ink(digit).resize((side, side), Image.Resampling.NEAREST)
        self._photos[1].paste(seen)

    def _hover(self, event):
        row, column = event.y // self._zoom, event.x // self._zoom
        if 0 <= row < 28 and 0 <= column < 28:
            self._on_hover(f"input, row {row}, column {column}: {self._digit[row, column]:.4f}")

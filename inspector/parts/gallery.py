"""A row of pictures of digits, each with a number below it."""

import tkinter as tk
from tkinter import ttk

import numpy as np
from PIL import Image, ImageDraw, ImageTk

from inspector.theme.palette import Palette, pixels
from inspector.tracing.fields import Field
from nn.explain.rounding import as_text


class Gallery(ttk.Frame):
    """A row of 28x28 pictures, enlarged, each with a number below it.

    Parameters
    ----------
    parent : tk.Misc
    count : int
        Number of pictures.

    Attributes
    ----------
    labels : list of ttk.Label
    """

    def __init__(self, parent: tk.Misc, count: int) -> None:
        super().__init__(parent)
        self._zoom = 0
        self.labels = [ttk.Label(self, compound="top", anchor="center") for _ in range(count)]
        for label in self.labels:
            label.pack(side="left", padx=pixels(self, 3))
        self.resize(pixels(self, 10_000))

    def resize(self, width: int) -> bool:
        """Fit the row into a width, in pixels; return whether the pictures are new, and empty."""
        room = width // len(self.labels) - 2 * pixels(self, 3)
        zoom = max(1, min(pixels(self, 4), room // 28))
        if zoom == self._zoom:
            return False
        self._zoom, self._side = zoom, 28 * zoom
        for label in self.labels:
            label.photo = ImageTk.PhotoImage("RGB", (self._side, self._side), master=self)
            label.configure(image=label.photo)
        return True

    def show(
        self, index: int, ink: np.ndarray, value: float, palette: Palette, patch: Field
    ) -> None:
        """Show ink (28, 28) in [0, 1] and a number as picture `index`; frame a patch of it."""
        self._paste(index, ink, palette, patch)
        self.labels[index]["text"] = as_text(value, 3)

    def clear(self, palette: Palette) -> None:
        """Show blank paper without numbers."""
        for index, label in enumerate(self.labels):
            self._paste(index, np.zeros((28, 28)), palette)
            label["text"] = ""

    def _paste(self, index, ink, palette, patch=None):
        picture = palette.ink(ink).resize((self._side, self._side), Image.Resampling.NEAREST)
        if patch is not None and (patch.height < 28 or patch.width < 28):
            zoom = self._zoom
            top, left = max(patch.row, 0), max(patch.column, 0)
            low, right = (
                min(at + size, 28) for at, size in zip(patch[:2], patch[2:4], strict=True)
            )
            edges = zoom * left, zoom * top, zoom * right - 1, zoom * low - 1
            ImageDraw.Draw(picture).rectangle(edges, outline=palette.mark, width=max(1, zoom // 2))
        self.labels[index].photo.paste(picture)

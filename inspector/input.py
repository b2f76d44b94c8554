"""The strokes as drawn, and the 28x28 input computed from them, both enlarged."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

import numpy as np
from PIL import Image, ImageDraw, ImageTk

from data.segments.symbols import Box
from inspector.palette import Palette, pixels

ZOOM = 6  # enlargement of the 28x28 input; the strokes are scaled to the same size


class InputView(ttk.Frame):
    """Two pictures side by side: the strokes and the network's input.

    Parameters
    ----------
    parent : tk.Misc
    canvas_size : int
        Side of the canvas that the strokes were drawn on, in pixels.
    pen_radius : int
        Radius of the pen, in pixels of that canvas.
    on_hover : callable
        Called with a description of the input's pixel under the pointer, "" without one.
    on_select : callable
        Called with the index of the box on the drawing that was clicked.

    Attributes
    ----------
    strokes, input : ttk.Label
        The two pictures.
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
        self._boxes: list[Box] = []
        self._canvas_size, self._pen_radius, self._on_hover = canvas_size, pen_radius, on_hover
        self._zoom = pixels(self, ZOOM)
        self._drawing = np.zeros((28, 28), np.float32)
        self.strokes = self._picture(0, "your drawing")
        self.input = self._picture(1, "what the network sees")
        self.strokes.bind("<Button-1>", lambda event: self._select(event, on_select))
        self.input.bind("<Motion>", self._describe)
        self.input.bind("<Leave>", lambda event: on_hover(""))

    def _picture(self, column, title):
        side = 28 * self._zoom
        photo = ImageTk.PhotoImage("RGB", (side, side), master=self)
        label = ttk.Label(self, image=photo)
        label.photo = photo
        label.grid(row=0, column=column, padx=pixels(self, 4))
        ttk.Label(self, text=title).grid(row=1, column=column)
        return label

    def show(
        self,
        strokes: Sequence,
        drawing: np.ndarray,
        palette: Palette,
        boxes: Sequence[Box] = (),
        selected: int = 0,
    ) -> None:
        """Show the strokes, lists of (x, y) in pixels, and the input (28, 28) made from them.

        Parameters
        ----------
        strokes : sequence
        drawing : ndarray, float32, (28, 28)
        palette : Palette
        boxes : sequence of Box
            Of the symbols on the drawing, pixels of the canvas; none of them for one digit.
        selected : int
            Index of the box of ``drawing``.
        """
        self._drawing, self._boxes = drawing, list(boxes)
        side = 28 * self._zoom
        scale = side / self._canvas_size
        picture = Image.new("RGB", (side, side), palette.paper)
        pen, radius = ImageDraw.Draw(picture), self._pen_radius * scale
        # Scaled down, many points of a long stroke coincide: each pixel is drawn once.
        for x, y in {(round(x * scale), round(y * scale)) for stroke in strokes for x, y in stroke}:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette.text)
        for index, box in enumerate(boxes):
            left, top, right, low = (scale * length for length in box)
            colour = palette.mark if index == selected else palette.negative
            edges = left - radius, top - radius, right + radius, low + radius
            pen.rectangle(edges, outline=colour, width=2 if index == selected else 1)
        self.strokes.photo.paste(picture)
        enlarged = palette.ink(drawing).resize((side, side), Image.Resampling.NEAREST)
        self.input.photo.paste(enlarged)

    def _select(self, event, on_select):
        """Select the smallest box under the pointer."""
        scale = self._canvas_size / (28 * self._zoom)
        x, y, reach = event.x * scale, event.y * scale, self._pen_radius
        under = [
            ((right - left) * (low - top), index)
            for index, (left, top, right, low) in enumerate(self._boxes)
            if left - reach <= x <= right + reach and top - reach <= y <= low + reach
        ]
        if under:
            on_select(min(under)[1])

    def _describe(self, event):
        row, column = event.y // self._zoom, event.x // self._zoom
        if 0 <= row < 28 and 0 <= column < 28:
            value = self._drawing[row, column]
            self._on_hover(f"input, row {row}, column {column}: {value:.4f}")

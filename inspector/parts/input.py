"""What goes into the network: the drawing, its 28x28 input, and what one number looks at."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

import numpy as np
from PIL import Image, ImageDraw, ImageTk

from data.segments.symbols import Box
from inspector.theme.palette import Palette, levels, pixels
from inspector.theme.style import small_font
from inspector.tracing.fields import Field
from inspector.tracing.looks import Look

ZOOM = 6  # enlargement of the 28x28 input, 1/96 inch; the strokes are scaled to the same size
SMALLEST = 2  # enlargement in a small window
YOUR_DRAWING, SEEN, BEFORE = "your drawing", "what the network sees", "point at a number"
SEEN_SHORT = "the network sees"  # where there is little room


class InputView(ttk.Frame):
    """Three pictures side by side: the strokes, the network's input, and a map.

    The map is that of the layer before a number: pointing at the number frames the patch that it
    was computed from, in the map and in the input.

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
    strokes, input, before : ttk.Label
        The three pictures.
    titles : list of ttk.Label
        Below the pictures.
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
        self._scale, self._origin = 1.0, (0.0, 0.0)  # of the strokes' picture
        self._shown: tuple | None = None  # the arguments of `show`
        self._look: Look | None = None
        self._palette: Palette | None = None
        self.titles: list[ttk.Label] = []
        self.strokes = self._picture(0, YOUR_DRAWING)
        self.input = self._picture(1, SEEN)
        self.before = self._picture(2, BEFORE)
        self.strokes.bind("<Button-1>", lambda event: self._select(event, on_select))
        self.input.bind("<Motion>", self._describe)
        self.input.bind("<Leave>", lambda event: on_hover(""))

    def _picture(self, column, title):
        label = ttk.Label(self)
        label.grid(row=0, column=column, padx=pixels(self, 4))
        self._new_photo(label)
        below = ttk.Label(self, text=title, style="Muted.TLabel", anchor="center", width=1)
        below.grid(row=1, column=column, sticky="ew")
        self.titles.append(below)
        return label

    def _new_photo(self, label):
        side = 28 * self._zoom
        label.photo = ImageTk.PhotoImage("RGB", (side, side), master=self)
        label.configure(image=label.photo)

    def resize(self, side: int) -> None:
        """Make the pictures about ``side`` pixels large."""
        zoom = min(max(side // 28, SMALLEST), pixels(self, ZOOM))
        if zoom == self._zoom:
            return
        self._zoom = zoom
        large = zoom >= pixels(self, 5)
        font = "TkDefaultFont" if large else small_font(self)
        self.titles[1]["text"] = SEEN if large else SEEN_SHORT
        for title in self.titles:
            title.configure(font=font)
        for label in (self.strokes, self.input, self.before):
            self._new_photo(label)
        if self._shown is not None:
            self.show(*self._shown)

    def show(
        self,
        strokes: Sequence | Image.Image,
        drawing: np.ndarray,
        palette: Palette,
        boxes: Sequence[Box] = (),
        selected: int = 0,
        title: str = YOUR_DRAWING,
    ) -> None:
        """Show the strokes, lists of (x, y) in pixels, and the input (28, 28) made from them.

        Parameters
        ----------
        strokes : sequence, or Image
            A picture that was opened; ``boxes`` are then in its pixels.
        drawing : ndarray, float32, (28, 28)
        palette : Palette
        boxes : sequence of Box
            Of the symbols on the drawing, pixels of the canvas; none of them for one digit.
        selected : int
            Index of the box of ``drawing``.
        title : str
            Below the strokes.
        """
        self._shown = strokes, drawing, palette, boxes, selected, title
        self._drawing, self._boxes, self._palette = drawing, list(boxes), palette
        opened = isinstance(strokes, Image.Image)
        picture = self._fit_in(strokes) if opened else self._draw_strokes(strokes)
        self._draw_boxes(picture, selected)
        self.strokes.photo.paste(picture)
        self.titles[0]["text"] = title
        self.mark(self._look)

    def _fit_in(self, picture):
        """Return a picture as large as there is room for, in the middle of a square."""
        side = 28 * self._zoom
        self._scale = side / max(picture.size)
        width, height = (max(1, round(self._scale * length)) for length in picture.size)
        corner = (side - width) // 2, (side - height) // 2
        self._origin = corner[0] / self._scale, corner[1] / self._scale
        kind = Image.Resampling.NEAREST if self._scale > 1 else Image.Resampling.BILINEAR
        whole = Image.new("RGB", (side, side), self._palette.paper)
        whole.paste(picture.convert("RGB").resize((width, height), kind), corner)
        return whole

    def _draw_strokes(self, strokes):
        palette, side = self._palette, 28 * self._zoom
        scale = self._scale = side / self._canvas_size
        self._origin = 0, 0
        picture = Image.new("RGB", (side, side), palette.paper)
        pen, radius = ImageDraw.Draw(picture), self._pen_radius * scale
        # Scaled down, many points of a long stroke coincide: each pixel is drawn once.
        for x, y in {(round(x * scale), round(y * scale)) for stroke in strokes for x, y in stroke}:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette.text)
        return picture

    def _draw_boxes(self, picture, selected):
        """Draw the boxes of the digits, that of the selected one in another colour."""
        pen, palette, scale = ImageDraw.Draw(picture), self._palette, self._scale
        x, y = self._origin
        margin = self._pen_radius * 28 * self._zoom / self._canvas_size
        for index, (left, top, right, low) in enumerate(self._boxes):
            colour = palette.mark if index == selected else palette.negative
            edges = (
                scale * (left + x) - margin, scale * (top + y) - margin,
                scale * (right + x) + margin, scale * (low + y) + margin,
            )  # fmt: skip
            pen.rectangle(edges, outline=colour, width=2 if index == selected else 1)

    def mark(self, look: Look | None) -> None:
        """Frame what a number looks at in the input, and show the map before it; None: nothing."""
        self._look = look
        if self._palette is None:
            return
        palette, side = self._palette, 28 * self._zoom
        enlarged = palette.ink(self._drawing).resize((side, side), Image.Resampling.NEAREST)
        if look is not None:
            self._frame(enlarged, look.in_input, (28, 28))
        self.input.photo.paste(enlarged)
        if look is None:
            self.before.photo.paste(Image.new("RGB", (side, side), palette.paper))
            self.titles[2]["text"] = BEFORE
            return
        colours = palette.numbers[levels(look.map, look.limit)]
        enlarged = Image.fromarray(colours).resize((side, side), Image.Resampling.NEAREST)
        self._frame(enlarged, look.patch, look.map.shape)
        self.before.photo.paste(enlarged)
        self.titles[2]["text"] = look.title

    def _frame(self, picture: Image.Image, field: Field, shape: tuple[int, int]) -> None:
        """Frame a field of a map of H x W that fills a picture; clipped to the picture."""
        side = 28 * self._zoom
        down, across = side / shape[0], side / shape[1]
        edges = (
            max(round(field.column * across), 0), max(round(field.row * down), 0),
            min(round((field.column + field.width) * across), side) - 1,
            min(round((field.row + field.height) * down), side) - 1,
        )  # fmt: skip
        if edges[0] <= edges[2] and edges[1] <= edges[3]:
            width = pixels(self, 2)
            ImageDraw.Draw(picture).rectangle(edges, outline=self._palette.mark, width=width)

    def _select(self, event, on_select):
        """Select the smallest box under the pointer."""
        reach = self._pen_radius * 28 * self._zoom / self._canvas_size / self._scale
        x, y = (
            at / self._scale - start
            for at, start in zip((event.x, event.y), self._origin, strict=True)
        )
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

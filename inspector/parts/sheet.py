"""A scrolled canvas that text, grids of numbers and tables are written on, from top to bottom."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import font, ttk

import numpy as np

from inspector.parts.wheel import bind_wheel
from inspector.theme.palette import Palette, brightness, hex_colour, levels, pixels

TableRow = tuple[str, str, str]  # name, product, number


class Sheet(ttk.Frame):
    """Text, grids and tables, one below the other; grids stand side by side where they fit.

    Parameters
    ----------
    parent : tk.Misc

    Attributes
    ----------
    canvas : tk.Canvas
    on_resize : callable
        Called when the width has changed: words are to be wrapped anew.
    """

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self._lines: list[str] = []
        self.on_resize: Callable[[], None] = lambda: None
        self._width = 0
        self.canvas = tk.Canvas(self, highlightthickness=0, width=1, height=1)
        scrollbar = ttk.Scrollbar(self, command=self.canvas.yview)
        self.canvas.configure(yscrollcommand=scrollbar.set)
        scrollbar.pack(side="right", fill="y")
        self.canvas.pack(side="left", fill="both", expand=True)
        bind_wheel(self.canvas, lambda step: self.canvas.yview_scroll(2 * step, "units"))
        self.canvas.bind("<Configure>", self._resize)
        self._fixed = font.nametofont("TkFixedFont", root=self)
        self._normal = font.nametofont("TkDefaultFont", root=self)
        self._small = self._fixed.copy()
        self._small.configure(size=8)
        self._margin = pixels(self, 8)

    @property
    def text(self) -> str:
        """The text, line by line, without the numbers in the grids."""
        return "\n".join(self._lines)

    def clear(self, palette: Palette) -> None:
        """Start again with an empty sheet."""
        self._palette, self._lines = palette, []
        self._x = self._y = self._bottom = self._margin
        self.canvas.delete("all")
        self.canvas.configure(background=hex_colour(palette.background))

    def fit(self) -> None:
        """Let the canvas scroll over all that was written."""
        width = max(self.canvas.winfo_width(), (self.canvas.bbox("all") or (0, 0, 1, 1))[2])
        self.canvas.configure(scrollregion=(0, 0, width, self._y))

    def write(self, text: str, style: str | font.Font = "TkDefaultFont") -> None:
        """Write one or more lines; those of words are wrapped, those of numbers are not."""
        room = max(self.canvas.winfo_width() - 2 * self._margin, pixels(self, 100))
        wrapped = 0 if style is self._fixed else room
        item = self.canvas.create_text(
            self._margin, self._y, text=text, anchor="nw", width=wrapped,
            fill=hex_colour(self._palette.text), font=style,
        )  # fmt: skip
        self._y = self.canvas.bbox(item)[3] + pixels(self, 2)
        self._lines.append(text)

    def space(self) -> None:
        """Leave a margin below the last line."""
        self._y += self._margin

    def table(self, rows: Sequence[TableRow]) -> None:
        """Write rows in columns, with aligned decimal points and a line above a last "out"."""
        if not rows:
            return
        longest = max(len(number.partition(".")[2]) for _, _, number in rows)
        rows = [(a, b, c + " " * (longest - len(c.partition(".")[2]))) for a, b, c in rows]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
        if len(rows) > 1 and rows[-1][0] == "out":
            lines.insert(-1, "-" * len(lines[0]))
        self.write("\n".join(lines), self._fixed)

    def number_grid(
        self,
        title: str,
        values: np.ndarray,
        texts: np.ndarray,
        framed: tuple[int, int] | None = None,
        corner: tuple[int, int] | None = None,
        padding: np.ndarray | None = None,
    ) -> None:
        """Draw a grid of numbers to the right of the last one, or below if it does not fit.

        Parameters
        ----------
        title : str
        values : ndarray, (KH, KW)
            Give the colours of the cells.
        texts : ndarray of str, (KH, KW)
        framed : (row, column), optional
            A cell to frame.
        corner : (row, column), optional
            Names of the first row and column; the others count on. Default: no names.
        padding : ndarray of bool, (KH, KW), optional
            Cells outside the map, which are shown without a colour.
        """
        space = pixels(self, 4)
        longest = max(texts.ravel(), key=len)  # of a font of fixed width
        cell = self._small.measure(longest) + 2 * space
        height = self._small.metrics("linespace") + space
        KH, KW = values.shape
        names = 0 if corner is None else self._small.measure("-00") + space
        needed = max(names + KW * cell, self._normal.measure(title)) + 2 * self._margin
        if self._x > self._margin and self._x + needed > self.canvas.winfo_width():
            self.end_grids()
        x, y, colour = self._x, self._y, hex_colour(self._palette.text)
        self.canvas.create_text(x, y, text=title, anchor="nw", fill=colour, font=self._normal)
        self._lines.append(title)
        y += self._normal.metrics("linespace") + space
        if corner is not None:
            self._name_cells(x, y, (cell, height), corner, (KH, KW))
            x, y = x + names, y + height
        edge = hex_colour(self._palette.background)
        colours = self._palette.numbers[levels(values, np.nanmax(np.abs(values), initial=0))]
        for (i, j), text in np.ndenumerate(texts):
            box = x + j * cell, y + i * height, x + (j + 1) * cell, y + (i + 1) * height
            inside = padding is None or not padding[i, j]
            fill = colours[i, j] if inside else self._palette.background
            self._cell(box, text, fill, edge, space)
        if framed is not None:
            left, top = x + framed[1] * cell, y + framed[0] * height
            mark, width = hex_colour(self._palette.mark), pixels(self, 2)
            box = left, top, left + cell, top + height
            self.canvas.create_rectangle(*box, outline=mark, width=width)
        self._x += needed
        self._bottom = max(self._bottom, y + KH * height)

    def _name_cells(self, x, y, cell, corner, shape):
        """Write the numbers of a grid's columns above it, and of its rows to its left."""
        width, height = cell
        names = self._small.measure("-00") + pixels(self, 4)
        colour = hex_colour(self._palette.muted)
        places = [(x + names + (j + 0.5) * width, y + height / 2, corner[1] + j)
                  for j in range(shape[1])]  # fmt: skip
        places += [(x + names / 2, y + (i + 1.5) * height, corner[0] + i) for i in range(shape[0])]
        for at_x, at_y, number in places:
            self.canvas.create_text(
                at_x, at_y, text=str(number), fill=colour, font=self._small, tags="name"
            )

    def end_grids(self) -> None:
        """Continue below the grids, at the left margin."""
        self._x, self._y = self._margin, self._bottom + self._margin

    def _cell(self, box, text, fill, edge, space):
        _, y0, x1, y1 = box
        colour = "black" if brightness(fill) > 140 else "white"
        self.canvas.create_rectangle(*box, fill=hex_colour(fill), outline=edge)
        self.canvas.create_text(
            x1 - space, (y0 + y1) // 2, text=text, anchor="e",
            fill=colour, font=self._small, tags="cell",
        )  # fmt: skip

    def _resize(self, event):
        if event.width != self._width:
            self._width = event.width
            self.on_resize()

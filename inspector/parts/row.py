"""The row of digits found in the drawing: click one to look inside it."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from PIL import Image, ImageTk

from data.segments.symbols import Reading
from inspector.theme.palette import Palette, hex_colour, pixels

ZOOM = 1.5  # enlargement of a digit's 28x28 input, 1/96 inch
GAP = 16  # between two digits, 1/96 inch
LINE = 16  # height of the text below a digit, 1/96 inch
HINT = "Click a digit to look inside it."


class RowView(ttk.Frame):
    """A picture of each digit, with what was read below it; the selected one is framed.

    Parameters
    ----------
    parent : tk.Misc
    on_select : callable
        Called with the index of a digit that was clicked.

    Attributes
    ----------
    canvas : tk.Canvas
        The pictures; a click selects a digit.
    answer : ttk.Label
        The whole number.
    """

    def __init__(self, parent: tk.Misc, on_select: Callable[[int], None]) -> None:
        super().__init__(parent)
        self._side, self._gap = pixels(self, 28 * ZOOM), pixels(self, GAP)
        self._digits: list[int] = []  # index of each digit among the symbols
        self._on_select = on_select
        self.answer = ttk.Label(self, text="")
        self.answer.pack(anchor="w")
        height = self._side + self._gap + pixels(self, LINE)
        self.canvas = tk.Canvas(self, width=1, height=height, highlightthickness=0)
        self.canvas.pack(anchor="w", fill="x", expand=True)
        self.canvas.bind("<Button-1>", self._click)

    def show(self, reading: Reading, selected: int, palette: Palette) -> None:
        """Show the symbols of a reading; ``selected`` is the index of one."""
        canvas, side, pitch = self.canvas, self._side, self._side + self._gap
        canvas.delete("all")
        canvas.configure(background=hex_colour(palette.background))
        symbols = reading.symbols
        self._digits = [i for i, symbol in enumerate(symbols) if symbol.image is not None]
        self.answer["text"] = f"{reading.text}    {HINT}"
        self._photos = []  # Tk shows a picture only while Python holds it
        for place, index in enumerate(self._digits):
            symbol, left = symbols[index], self._gap // 2 + place * pitch
            picture = palette.ink(symbol.image).resize((side, side), Image.Resampling.NEAREST)
            self._photos.append(ImageTk.PhotoImage(picture, master=self))
            canvas.create_image(left, self._gap // 2, image=self._photos[-1], anchor="nw")
            text = f"{symbol.text}, {int(100 * symbol.probability)}%"
            canvas.create_text(
                left + side // 2, self._gap // 2 + side + 2, text=text, anchor="n",
                fill=hex_colour(palette.text),
            )  # fmt: skip
            if index == selected:
                top = self._gap // 2
                box = left - 1, top - 1, left + side, top + side
                canvas.create_rectangle(*box, outline=hex_colour(palette.mark), width=2)
        canvas.configure(width=max(1, self._gap + len(self._digits) * pitch))

    def _click(self, event):
        place = event.x // (self._side + self._gap)
        if 0 <= place < len(self._digits):
            self._on_select(self._digits[place])

"""A bar per digit, and the margin between the two most probable digits."""

import tkinter as tk
from tkinter import ttk

import numpy as np

from inspector.palette import Palette, hex_colour, pixels

NOTHING_DRAWN = "Draw a digit in the other window."
LINE = 15  # height of a bar's line, 1/96 inch
FULL = 200  # length of a bar for probability 1, 1/96 inch


def describe_margin(probabilities: np.ndarray) -> str:
    """Return the two most probable digits and the margin between them, as one line of text."""
    second, first = np.argsort(probabilities, kind="stable")[-2:]
    margin = 100 * (float(probabilities[first]) - float(probabilities[second]))
    return f"{first} or {second}: {first} leads by {margin:.1f} points of 100"


class ProbabilityBars(ttk.Frame):
    """A horizontal bar per digit, that of the most probable one in another colour.

    Attributes
    ----------
    canvas : tk.Canvas
        The bars are its rectangles, digit by digit.
    margin : ttk.Label
        What `describe_margin` says, below the bars.
    """

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        line = pixels(self, LINE)
        self._line, self._full = line, pixels(self, FULL)
        self.canvas = tk.Canvas(
            self, width=self._full + 7 * line, height=10 * line, highlightthickness=0
        )
        self.canvas.pack(anchor="w")
        self.margin = ttk.Label(self, text=NOTHING_DRAWN)
        self.margin.pack(anchor="w", pady=pixels(self, 4))
        self._bars, self._percentages = [], []
        for digit in range(10):
            y = digit * line
            self.canvas.create_text(line, y + line // 2, text=str(digit), anchor="e", tags="text")
            self._bars.append(self.canvas.create_rectangle(0, 0, 0, 0, width=0))
            self._percentages.append(
                self.canvas.create_text(0, 0, text="", anchor="w", tags="text")
            )

    def show(self, probabilities: np.ndarray | None, palette: Palette) -> None:
        """Show probabilities (10,), or None for an empty canvas."""
        canvas, line = self.canvas, self._line
        canvas.configure(background=hex_colour(palette.background))
        canvas.itemconfigure("text", fill=hex_colour(palette.text))
        if probabilities is None:
            self.margin["text"] = NOTHING_DRAWN
            shares = np.zeros(10)
        else:
            self.margin["text"] = describe_margin(probabilities)
            shares = np.nan_to_num(probabilities)
        first = shares.argmax()
        for digit, share in enumerate(shares.tolist()):
            x0, y0 = line + line // 3, digit * line
            x1 = x0 + round(share * self._full)
            colour = hex_colour(palette.positive if digit == first else palette.negative)
            canvas.coords(self._bars[digit], x0, y0 + 2, x1, y0 + line - 2)
            canvas.itemconfigure(self._bars[digit], fill=colour)
            canvas.coords(self._percentages[digit], x1 + line // 3, y0 + line // 2)
            text = "" if probabilities is None else f"{100 * share:.2f} %"
            canvas.itemconfigure(self._percentages[digit], text=text)

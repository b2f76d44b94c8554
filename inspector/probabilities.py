"""Ten bars of probability, and how far the first is ahead of the second."""

import tkinter as tk
from tkinter import ttk

import numpy as np

from inspector.palette import Palette, hex_colour, pixels

NOTHING_DRAWN = "Draw a digit in the other window."


def verdict(probabilities: np.ndarray) -> str:
    """Return the two likeliest digits and the margin between them: "4 or 9: ..."."""
    second, first = np.argsort(probabilities, kind="stable")[-2:]
    margin = 100 * (float(probabilities[first]) - float(probabilities[second]))
    return f"{first} or {second}: {first} leads by {margin:.1f} points of 100"


class ProbabilityBars(ttk.Frame):
    """Horizontal bars for the ten digits, the likeliest in colour, and the verdict below.

    Attributes
    ----------
    verdict : ttk.Label
    """

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        line = pixels(self, 15)
        self._line, self._width = line, pixels(self, 200)
        self._canvas = tk.Canvas(
            self, width=self._width + 7 * line, height=10 * line, highlightthickness=0
        )
        self._canvas.pack(anchor="w")
        self.verdict = ttk.Label(self, text=NOTHING_DRAWN)
        self.verdict.pack(anchor="w", pady=pixels(self, 4))
        self._bars, self._texts = [], []
        for digit in range(10):
            y = digit * line
            self._canvas.create_text(line, y + line // 2, text=str(digit), anchor="e", tags="text")
            self._bars.append(self._canvas.create_rectangle(0, 0, 0, 0, width=0))
            self._texts.append(self._canvas.create_text(0, 0, text="", anchor="w", tags="text"))

    def show(self, probabilities: np.ndarray | None, palette: Palette) -> None:
        """Draw the probabilities of the ten digits; None stands for an empty canvas."""
        canvas, line = self._canvas, self._line
        canvas.configure(background=hex_colour(palette.background))
        canvas.itemconfigure("text", fill=hex_colour(palette.text))
        self.verdict["text"] = NOTHING_DRAWN if probabilities is None else verdict(probabilities)
        shares = np.zeros(10) if probabilities is None else np.nan_to_num(probabilities)
        first = shares.argmax()
        for digit, share in enumerate(shares.tolist()):
            x0, y0 = line + line // 3, digit * line
            x1 = x0 + round(share * self._width)
            colour = hex_colour(palette.positive if digit == first else palette.negative)
            canvas.coords(self._bars[digit], x0, y0 + 2, x1, y0 + line - 2)
            canvas.itemconfigure(self._bars[digit], fill=colour)
            canvas.coords(self._texts[digit], x1 + line // 3, y0 + line // 2)
            text = "" if probabilities is None else f"{100 * share:.2f} %"
            canvas.itemconfigure(self._texts[digit], text=text)

    @property
    def lengths(self) -> list[float]:
        """The lengths of the bars, in pixels, digit by digit."""
        boxes = (self._canvas.coords(bar) for bar in self._bars)
        return [x1 - x0 for x0, _, x1, _ in boxes]

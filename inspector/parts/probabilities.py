"""A bar per digit, and the margin between the two most probable digits."""

import tkinter as tk
from tkinter import font, ttk

import numpy as np

from inspector.theme.palette import Palette, hex_colour, pixels

NOTHING_DRAWN = "Draw a digit in the other window."
LINE = 15  # height of a bar's line, 1/96 inch
FULL = 200  # length of a bar for probability 1, 1/96 inch, where there is room

TONES = ((0.999, "certain"), (0.95, "almost certain"), (0.7, "probably"), (0.0, "in doubt"))
"""Words for the certainty of an answer, each with the least probability that it is used for."""


def percent(share: float) -> str:
    """Return a probability in per cent; what is not quite 0 or 100 % does not read so."""
    if share == 0 or share == 1:
        return f"{share:.0%}".replace("%", " %")
    if share < 5e-5:
        return "< 0.01 %"
    if share > 1 - 5e-5:
        return "> 99.99 %"
    return f"{100 * share:.2f} %"


def describe_answer(probabilities: np.ndarray) -> str:
    """Return the answer, how certain it is, and the digit it could be instead, in one line."""
    second, first = np.argsort(probabilities, kind="stable")[-2:]
    sure, other = float(probabilities[first]), float(probabilities[second])
    if not np.isfinite(sure):
        return "no answer: the network's numbers overflow"
    tone = next(name for least, name in TONES if sure >= least)
    text = f"{first}, {tone}: {percent(sure)}"
    return text if sure >= TONES[0][0] else f"{text}; or {second}: {percent(other)}"


class ProbabilityBars(ttk.Frame):
    """A horizontal bar per digit, that of the most probable one in another colour.

    Attributes
    ----------
    canvas : tk.Canvas
        The bars are its rectangles, digit by digit.
    answer : ttk.Label
        What `describe_answer` says, below the bars.
    """

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        background = hex_colour(Palette.of(self).background)
        self.canvas = tk.Canvas(self, width=1, height=1, highlightthickness=0, bg=background)
        self.canvas.pack(anchor="w")
        self.answer = ttk.Label(self, text=NOTHING_DRAWN, style="Heading.TLabel")
        self.answer.pack(anchor="w", pady=pixels(self, 3))
        self._font = font.nametofont("TkHeadingFont", root=self)
        canvas = self.canvas
        self._names, self._bars, self._percentages = (
            [make(0, 0, *more) for _ in range(10)]
            for make, more in (
                (canvas.create_text, ()), (canvas.create_rectangle, (0, 0)),
                (canvas.create_text, ()),
            )
        )  # fmt: skip
        for digit, item in enumerate(self._names):
            canvas.itemconfigure(item, text=str(digit), anchor="e", tags="text")
            canvas.itemconfigure(self._bars[digit], width=0)
            canvas.itemconfigure(self._percentages[digit], anchor="w", tags="text")
        self._probabilities: np.ndarray | None = None
        self._palette: Palette | None = None
        self.resize(pixels(self, FULL) + 7 * pixels(self, LINE), 10 * pixels(self, LINE))

    def resize(self, width: int, height: int) -> None:
        """Fit the bars into a size in pixels: below each other or, if it is low, in two columns."""
        line, least = pixels(self, LINE), pixels(self, LINE - 2)
        self._columns = 1 if height >= 10 * least else 2
        self._line = min(line, max(least, height * self._columns // 10))
        self._width, self._column_width = width, width // self._columns
        room = self._column_width - 7 * line
        self._full = min(pixels(self, FULL), max(room, line))
        self.canvas.configure(width=width, height=10 * self._line // self._columns)
        if self._palette is not None:
            self.show(self._probabilities, self._palette)

    def show(self, probabilities: np.ndarray | None, palette: Palette) -> None:
        """Show probabilities (10,), or None for an empty canvas."""
        self._probabilities, self._palette = probabilities, palette
        canvas, line = self.canvas, self._line
        canvas.configure(background=hex_colour(palette.background))
        text = NOTHING_DRAWN if probabilities is None else describe_answer(probabilities)
        if self._font.measure(text) > self._width:  # leave out what it could be instead
            text = text.partition(";")[0]
        self.answer["text"] = text
        shares = np.zeros(10) if probabilities is None else np.nan_to_num(probabilities)
        first = int(shares.argmax())
        for digit, share in enumerate(shares.tolist()):
            column, row = divmod(digit, 10 // self._columns)
            x0, y0 = column * self._column_width + line + line // 3, row * line
            x1 = x0 + round(share * self._full)
            leads = digit == first and probabilities is not None
            colour = hex_colour(palette.positive if leads else palette.negative)
            canvas.coords(self._names[digit], x0 - line // 3, y0 + line // 2)
            canvas.coords(self._bars[digit], x0, y0 + 2, x1, y0 + line - 2)
            canvas.itemconfigure(self._bars[digit], fill=colour)
            canvas.coords(self._percentages[digit], x1 + line // 3, y0 + line // 2)
            said = "" if probabilities is None else percent(share)
            text = hex_colour(palette.text if leads or share >= 0.01 else palette.muted)
            canvas.itemconfigure(self._percentages[digit], text=said, fill=text)
            canvas.itemconfigure(self._names[digit], fill=text)

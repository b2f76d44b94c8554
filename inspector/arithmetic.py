"""One number, spelled out: grids of patch, kernel and products, and the sum, digit by digit."""

import math
import tkinter as tk
from collections.abc import Callable
from tkinter import font, ttk

import numpy as np

from inspector.maps import Place
from inspector.network import Network
from inspector.palette import Palette, brightness, hex_colour, levels, pixels
from nn import Conv2D, Dense, ReLU
from nn.explain import breakdown
from nn.explain.rounding import Term, round_to

LARGEST = "the largest"


def steps(
    network: Network, maps: list[np.ndarray], place: Place
) -> list[tuple[int, breakdown.Breakdown]]:
    """Return the layers that a number is shown with, and each one's spelling.

    A ReLU comes with the sum before it, and a sum with the ReLU that follows. The input needs none.

    Raises
    ------
    ValueError
        If the numbers are too large to be written out.
    """
    layer, *at = place
    if layer < 0:
        return []
    shown = [layer]
    kinds = [type(each) for each in network.layers] + [None]
    if kinds[layer] is ReLU and kinds[max(layer - 1, 0)] in (Conv2D, Dense):
        shown.insert(0, layer - 1)
    elif kinds[layer] in (Conv2D, Dense) and kinds[layer + 1] is ReLU:
        shown.append(layer + 1)
    at = tuple(at) if maps[layer + 1].ndim == 3 else tuple(at[-1:])
    return [(i, breakdown.break_down(network.layers[i], maps[i], maps[i + 1], at)) for i in shown]


def sum_lines(
    spelling: breakdown.Breakdown, names: Callable[[Term], str] = lambda term: term.name
) -> list[tuple[str, str, str]]:
    """Return a sum as lines of (name, product, number), the total below; [] without a sum."""
    if spelling.total is None:
        return []
    terms = spelling.total.terms
    lines = [(names(term), _product(term, spelling), f"{term.shown:+}") for term in terms]
    if spelling.kind != "Softmax":
        return [*lines, ("out", "", f"{spelling.shown:+}")]
    k = spelling.at[0]
    quotient = f"{terms[k].shown} / {spelling.total.shown}"
    return [
        *lines,
        ("sum", "", f"{spelling.total.shown:+}"),
        (f"out[{k}]", quotient, f"{spelling.shown:+}"),
    ]


def _product(term, spelling):
    if spelling.kind == "Softmax":
        *logits, (_, largest) = spelling.notes
        return f"exp({logits[term.index][1]} - {largest})"
    if term.factors is None:
        return ""
    a, b = (round_to(factor, spelling.decimals) for factor in term.factors)
    return f"{a} x {b}"


class ArithmeticView(ttk.Frame):
    """Draws the arithmetic behind one number.

    Parameters
    ----------
    parent : tk.Misc
    on_channel : callable
        Called when a person chooses the input channel of the grids.

    Attributes
    ----------
    text : str
        All that is written, line by line, but the numbers in the grids.
    window : tuple or None
        (layer, corner, size, input channel) of the patch shown, if there is one.
    """

    def __init__(self, parent: tk.Misc, on_channel: Callable[[], None]) -> None:
        super().__init__(parent)
        self.text = ""
        self.window = None
        bar = ttk.Frame(self)
        ttk.Label(bar, text="Grids for input channel").pack(side="left")
        self.channel = ttk.Combobox(bar, width=11, state="readonly", values=[LARGEST])
        self.channel.set(LARGEST)
        self.channel.bind("<<ComboboxSelected>>", lambda event: on_channel())
        self.channel.pack(side="left", padx=4)
        bar.pack(fill="x", pady=2)
        self.canvas = tk.Canvas(self, highlightthickness=0, width=1, height=1)
        scrollbar = ttk.Scrollbar(self, command=self.canvas.yview)
        self.canvas.configure(yscrollcommand=scrollbar.set)
        scrollbar.pack(side="right", fill="y")
        self.canvas.pack(side="left", fill="both", expand=True)
        for wheel, step in (("<Button-4>", -2), ("<Button-5>", 2)):
            self.canvas.bind(wheel, lambda event, s=step: self.canvas.yview_scroll(s, "units"))
        self.canvas.bind("<MouseWheel>", self._wheel)
        self._fixed = font.nametofont("TkFixedFont", root=self)
        self._normal = font.nametofont("TkDefaultFont", root=self)
        self._small = self._fixed.copy()
        self._small.configure(size=8)

    def show(
        self, network: Network, maps: list[np.ndarray], place: Place | None, palette: Palette
    ) -> None:
        """Spell out the number at a place, or say how to pick one."""
        self._palette, self._lines, self.window = palette, [], None
        self._margin = pixels(self, 8)
        self._x = self._y = self._bottom = self._margin
        self.canvas.delete("all")
        self.canvas.configure(background=hex_colour(palette.background))
        if place is None:
            self._write("Click any number on the left, or move to it with the arrow keys:")
            self._write("here is how the network computed it.")
        else:
            try:
                self._spell(network, maps, place)
            except ArithmeticError:  # a weight, not the result, is beyond what can be written out
                self._write("A number here is too large to be spelled out.")
        width = max(self.canvas.winfo_width(), (self.canvas.bbox("all") or (0, 0, 1, 1))[2])
        self.canvas.configure(scrollregion=(0, 0, width, self._y))
        self.text = "\n".join(self._lines)

    def _spell(self, network, maps, place):
        if place[0] < 0:
            _, row, column, channel = place
            self._write(
                f"A pixel of the input: {maps[0][row, column, channel]:.5f}, ink from 0 to 1."
            )
            return
        try:
            spelled = steps(network, maps, place)
        except ValueError as error:
            self._write(str(error))
            return
        for layer, spelling in spelled:
            at = ", ".join(map(str, spelling.at))
            self._write(f"{network.title(layer)} at ({at})", "TkHeadingFont")
            self._write(spelling.rule)
            if spelling.patch is not None:
                self._grids(layer, spelling)
            rows = (
                [] if spelling.kind == "Softmax" else [(a, "", f"{b:+}") for a, b in spelling.notes]
            )
            if spelling.total is None:
                rows.append(("out", "", f"{spelling.shown:+}"))
            shape = network.input_shape(layer)
            rows += sum_lines(spelling, lambda term, s=shape, k=spelling.kind: _from(term, s, k))
            self._table(rows)
            self._y += self._margin

    def _grids(self, layer, spelling):
        """Draw what the window sees, and with a kernel all three grids."""
        KH, KW, C = spelling.patch.shape
        pooled = spelling.kind != "Conv2D"  # a pool treats each channel by itself
        largest = 0 if pooled else spelling.total.terms[0].index or 0
        self.channel.configure(values=[LARGEST, *map(str, range(C))])
        c = largest if self.channel.get() == LARGEST else min(int(self.channel.get()), C - 1)
        self.window = layer, spelling.corner, (KH, KW), spelling.at[-1] if pooled else c
        patch = spelling.patch[..., c]
        seen = _texts(patch, spelling.decimals)
        if spelling.kernel is None:
            self._grid("the candidates, the winner framed", patch, seen, spelling.winner)
        else:
            kernel, products = spelling.kernel[..., c], spelling.products(c)
            self._grid("patch" if C == 1 else f"patch, channel {c}", patch, seen)
            self._grid("x kernel", kernel, _texts(kernel, spelling.decimals))
            values = np.array([term.value for term in products.terms])
            texts = np.array([str(term.shown) for term in products.terms], object)
            title = f"= products, together {products.shown:+}"
            self._grid(title, values.reshape(KH, KW), texts.reshape(KH, KW))
        self._below()

    def _grid(self, title, values, texts, marked=None):
        """Draw a grid of numbers beside the last one, or below where there is no room."""
        padding = pixels(self, 4)
        cell = max(map(self._small.measure, texts.ravel())) + 2 * padding
        height = self._small.metrics("linespace") + padding
        KH, KW = values.shape
        needed = max(KW * cell, self._normal.measure(title)) + 2 * self._margin
        if self._x > self._margin and self._x + needed > self.canvas.winfo_width():
            self._below()
        x, y, colour = self._x, self._y, hex_colour(self._palette.text)
        self.canvas.create_text(x, y, text=title, anchor="nw", fill=colour, font=self._normal)
        self._lines.append(title)
        y += self._normal.metrics("linespace") + padding
        places = levels(values, np.nanmax(np.abs(values), initial=0))
        for (i, j), text in np.ndenumerate(texts):
            box = x + j * cell, y + i * height, x + (j + 1) * cell, y + (i + 1) * height
            self._cell(box, text, self._palette.numbers[places[i, j]])
        if marked is not None:
            left, top = x + marked[1] * cell, y + marked[0] * height
            self.canvas.create_rectangle(
                left, top, left + cell, top + height,
                outline=hex_colour(self._palette.mark), width=pixels(self, 2),
            )  # fmt: skip
        self._x += needed
        self._bottom = max(self._bottom, y + KH * height)

    def _cell(self, box, text, fill):
        _, y0, x1, y1 = box
        ink = "black" if brightness(fill) > 140 else "white"
        edge = hex_colour(self._palette.background)
        self.canvas.create_rectangle(*box, fill=hex_colour(fill), outline=edge)
        self.canvas.create_text(
            x1 - pixels(self, 4), (y0 + y1) // 2, text=text, anchor="e", fill=ink, font=self._small
        )

    def _below(self):
        """Go on below the grids drawn so far."""
        self._x, self._y = self._margin, self._bottom + self._margin

    def _table(self, rows):
        """Write rows of (name, product, number) in columns, the numbers' points aligned."""
        if not rows:
            return
        longest = max(len(row[2].partition(".")[2]) for row in rows)
        rows = [(a, b, c + " " * (longest - len(c.partition(".")[2]))) for a, b, c in rows]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
        if len(rows) > 1 and rows[-1][0] == "out":
            lines.insert(-1, "-" * len(lines[0]))
        self._write("\n".join(lines), self._fixed)

    def _write(self, text, style="TkDefaultFont"):
        colour = hex_colour(self._palette.text)
        item = self.canvas.create_text(
            self._margin, self._y, text=text, anchor="nw", fill=colour, font=style
        )
        self._y = self.canvas.bbox(item)[3] + pixels(self, 2)
        self._lines.append(text)

    def _wheel(self, event):
        self.canvas.yview_scroll(-2 if event.delta > 0 else 2, "units")


def _texts(values, decimals):
    """Numbers as text; what a pool's window sees of the padding is no number."""
    texts = [
        "padding" if math.isnan(v) else str(round_to(v, decimals)) for v in values.ravel().tolist()
    ]
    return np.array(texts, object).reshape(values.shape)


def _from(term, shape, kind):
    """Say where a dense layer's input comes from, if that was a place in a map."""
    if kind != "Dense" or term.index is None or len(shape) != 3:
        return term.name
    row, column, channel = np.unravel_index(term.index, shape)
    return f"channel {channel}, row {row}, column {column}"

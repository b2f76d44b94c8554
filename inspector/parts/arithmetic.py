"""One number of a layer's output, written out: patch, kernel and products, and the sum."""

import math
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np

from inspector.network import Network
from inspector.parts.maps import Place
from inspector.parts.sheet import Sheet, TableRow
from inspector.theme.palette import Palette
from nn import Conv2D, Dense, ReLU
from nn.explain.breakdown import Breakdown, break_down
from nn.explain.rounding import Term, round_to

LARGEST = "the largest"  # the input channel whose term in the sum is largest


def breakdowns(
    network: Network, maps: list[np.ndarray], place: Place
) -> list[tuple[int, Breakdown]]:
    """Return the layers shown for a number, each with the breakdown of its output.

    A convolution or dense layer is shown together with the ReLU after it. The input has no layer.

    Parameters
    ----------
    network : Network
    maps : list of ndarray
        As `Network.maps` returns them.
    place : Place

    Raises
    ------
    ValueError
        If a number is infinite, NaN or too large to be written out.
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
    return [(i, break_down(network.layers[i], maps[i], maps[i + 1], at)) for i in shown]


def sum_rows(
    breakdown: Breakdown, name_of: Callable[[Term], str] = lambda term: term.name
) -> list[TableRow]:
    """Return the rows of a sum, its total last; an empty list if the number is not a sum."""
    if breakdown.total is None:
        return []
    terms = breakdown.total.terms
    rows = [(name_of(term), _product(term, breakdown), f"{term.shown:+}") for term in terms]
    if breakdown.kind != "Softmax":
        return [*rows, ("out", "", f"{breakdown.shown:+}")]
    k = breakdown.at[0]
    quotient = f"{terms[k].shown} / {breakdown.total.shown}"
    return [
        *rows,
        ("sum", "", f"{breakdown.total.shown:+}"),
        (f"out[{k}]", quotient, f"{breakdown.shown:+}"),
    ]


class ArithmeticView(ttk.Frame):
    """Shows the arithmetic behind one number.

    Parameters
    ----------
    parent : tk.Misc
    on_change : callable
        Called to have the arithmetic shown again: the user chose another input channel for the
        grids, or the width has changed.

    Attributes
    ----------
    channel : ttk.Combobox
        The input channel of the grids.
    sheet : Sheet
    patch : tuple or None
        (layer, corner, size, input channel) of the patch shown, as `LayerMaps.frame_patch` takes
        it; None if no patch is shown.
    """

    def __init__(self, parent: tk.Misc, on_change: Callable[[], None]) -> None:
        super().__init__(parent)
        self.patch = None
        bar = ttk.Frame(self)
        ttk.Label(bar, text="Grids for input channel").pack(side="left")
        self.channel = ttk.Combobox(bar, width=11, state="readonly", values=[LARGEST])
        self.channel.set(LARGEST)
        self.channel.bind("<<ComboboxSelected>>", lambda event: on_change())
        self.channel.pack(side="left", padx=4)
        bar.pack(fill="x", pady=2)
        self.sheet = Sheet(self)
        self.sheet.on_resize = on_change
        self.sheet.pack(fill="both", expand=True)

    @property
    def text(self) -> str:
        """The text shown, line by line, without the numbers in the grids."""
        return self.sheet.text

    def show(
        self, network: Network, maps: list[np.ndarray], place: Place | None, palette: Palette
    ) -> None:
        """Show the arithmetic of the number at a place, or how to select a number."""
        self.patch = None
        self.sheet.clear(palette)
        if place is None:
            self.sheet.write("Click any number on the left, or move to it with the arrow keys:")
            self.sheet.write("here is how the network computed it.")
        elif place[0] < 0:
            pixel = maps[0][place[1:]]
            self.sheet.write(f"A pixel of the input: {pixel:.5f}, ink from 0 to 1.")
        else:
            try:
                self._write_out(network, maps, place)
            except ArithmeticError:  # a weight is too large, although the result is not
                self.sheet.write("A number here is too large to be written out.")
        self.sheet.fit()

    def _write_out(self, network, maps, place):
        try:
            parts = breakdowns(network, maps, place)
        except ValueError as error:
            self.sheet.write(str(error))
            return
        for layer, breakdown in parts:
            self._write_layer(network, layer, breakdown)

    def _write_layer(self, network, layer, breakdown):
        self.sheet.write(f"{network.title(layer)}, {_where(network, layer, breakdown.at)}",
                         "TkHeadingFont")  # fmt: skip
        self.sheet.write(breakdown.rule)
        if breakdown.patch is not None:
            self._draw_grids(layer, breakdown, network.shape(layer))
        rows = []
        if breakdown.kind != "Softmax":  # its notes are part of its terms
            rows += [(name, "", f"{number:+}") for name, number in breakdown.notes]
        if breakdown.total is None:
            rows.append(("out", "", f"{breakdown.shown:+}"))
        shape = network.input_shape(layer)
        rows += sum_rows(breakdown, lambda term: _name(term, shape, breakdown.kind))
        self.sheet.table(rows)
        self.sheet.space()

    def _draw_grids(self, layer, breakdown, shape):
        """Draw the patch, its rows and columns named; with a kernel, also it and the products."""
        KH, KW, C = breakdown.patch.shape
        largest = breakdown.total.terms[0].index or 0 if breakdown.total else 0
        self.channel.configure(values=[LARGEST, *map(str, range(C))])
        c = largest if self.channel.get() == LARGEST else min(int(self.channel.get()), C - 1)
        self.patch = layer, breakdown.corner, (KH, KW), breakdown.first_channel + c
        patch = breakdown.patch[..., c]
        corner, padding = breakdown.corner, outside(breakdown.corner, (KH, KW), shape)
        texts = texts_of(patch, breakdown.decimals, padding)
        grid = self.sheet.number_grid
        if breakdown.kernel is None:
            grid("the window, its maximum framed", patch, texts, breakdown.winner, corner, padding)
        else:
            title = "patch" if C == 1 else f"patch, channel {breakdown.first_channel + c}"
            grid(title, patch, texts, None, corner, padding)
            kernel = breakdown.kernel[..., c]
            grid("x kernel", kernel, texts_of(kernel, breakdown.decimals))
            products = breakdown.products(c)
            values = np.array([term.value for term in products.terms]).reshape(KH, KW)
            texts = np.array([str(term.shown) for term in products.terms], object)
            grid(f"= products, sum {products.shown:+}", values, texts.reshape(KH, KW))
        self.sheet.end_grids()


def _product(term, breakdown):
    """Return how a term was computed, as text."""
    if breakdown.kind == "Softmax":
        *logits, (_, largest) = breakdown.notes
        return f"exp({logits[term.index][1]} - {largest})"
    if term.factors is None:
        return ""
    a, b = (round_to(factor, breakdown.decimals) for factor in term.factors)
    return f"{a} x {b}"


def _where(network, layer, at):
    """Return the place of a number in its layer, in words."""
    named = f"{network.unit(layer)} {at[-1]}"
    return f"{named}, row {at[0]}, column {at[1]}" if len(at) == 3 else named


def outside(corner: tuple[int, int], size: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
    """Return which cells of a patch lie outside its map, bool (KH, KW).

    Parameters
    ----------
    corner : (row, column)
        Of the patch in the map; negative in the padding.
    size : (KH, KW)
    shape : tuple of int
        Of the map: (H, W, ...).
    """
    rows, columns = (first + np.arange(n) for first, n in zip(corner, size, strict=True))
    outside = [(at < 0) | (at >= most) for at, most in zip((rows, columns), shape, strict=False)]
    return outside[0][:, None] | outside[1]


def texts_of(values: np.ndarray, decimals: int, padding: np.ndarray | None = None) -> np.ndarray:
    """Return numbers as text; NaN, the padding of a max-pool, and other padding as "padding"."""
    texts = [
        "padding" if math.isnan(v) else str(round_to(v, decimals)) for v in values.ravel().tolist()
    ]
    found = np.array(texts, object).reshape(values.shape)
    return found if padding is None else np.where(padding, "padding", found)


def _name(term, shape, kind):
    """Return a term's name; an input of a dense layer is named by its position in the maps."""
    if kind != "Dense" or term.index is None or len(shape) != 3:
        return term.name
    row, column, channel = np.unravel_index(term.index, shape)
    return f"channel {channel}, row {row}, column {column}"

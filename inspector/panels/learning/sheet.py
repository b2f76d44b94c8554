"""The arithmetic behind one number of a pass: a value as it was computed, or its gradient."""

import math
import textwrap
import tkinter as tk
from collections.abc import Callable
from tkinter import font, ttk

import numpy as np

from inspector.network import Network
from inspector.panels.learning.layout import GRADIENTS
from inspector.panels.learning.rows import Spot, name_of
from inspector.panels.learning.terms import built_up, power_for, power_of, scaled_rows
from inspector.parts.arithmetic import outside, sum_rows, texts_of
from inspector.parts.sheet import Sheet
from inspector.theme.palette import Palette
from nn import BatchNorm, Dropout
from nn.explain.backward import (
    BackwardPass,
    break_down_gradient,
    break_down_loss,
    break_down_parameter,
)
from nn.explain.backward.windows import conv_dw_until
from nn.explain.breakdown import Breakdown, break_down
from nn.layers.base import Layer
from nn.layers.im2col import im2col

HINT = (
    "Say what the drawing is: press 0 to 9, or click a bar above. The gradients on the right are "
    "then those of the loss for that answer.",
    "Click any number: on the left, how it was computed; on the right, its gradient, term by term.",
    "Space plays the pass step by step, forward and back; the arrow keys go through it, End leaves "
    "it.",
    "Return takes a step of learning, Backspace takes it back. A double click switches a channel "
    "or a weight off and on. R brings everything back.",
)
WIDE = 7  # columns of a grid, at most


def gradient_of(passed: BackwardPass, spot: Spot) -> Breakdown:
    """Return the arithmetic behind the gradient of a number; raise ValueError as it does."""
    if spot.name:
        return break_down_parameter(passed, spot.layer, spot.name, spot.at)
    return break_down_gradient(passed, spot.layer + 1, spot.at)


class LearningSheet(ttk.Frame):
    """Writes out one number.

    Parameters
    ----------
    parent : tk.Misc
    on_resize : callable
        Called when the width has changed: the number is to be written out again.

    Attributes
    ----------
    sheet : Sheet
    found : Breakdown or None
        What is shown of a gradient.
    """

    def __init__(self, parent: tk.Misc, on_resize: Callable[[], None]) -> None:
        super().__init__(parent)
        self.found: Breakdown | None = None
        self._grids = True
        self._widths: dict[str, int] = {}  # of a letter, by font
        self.sheet = Sheet(self)
        self.sheet.on_resize = on_resize
        self.sheet.pack(fill="both", expand=True)

    def show(
        self,
        network: Network,
        passed: BackwardPass,
        spot: Spot | None,
        side: int,
        palette: Palette,
        share: float = 1.0,
        slope: str = "",
        stage: str = "",
        stop: int | None = None,
        grids: bool = True,
    ) -> None:
        """Write out a number.

        Parameters
        ----------
        network : Network
            Names the layers.
        passed : BackwardPass
        spot : Spot or None
        side : int
            `VALUES` or `GRADIENTS`: what to write out.
        palette : Palette
        share : float
            How much of the sum is built up; 1 shows all of it.
        slope : str
            What was measured, as text.
        stage : str
            What the player shows, if it shows a stage.
        stop : int, optional
            Write out what this stop, in row-major order, adds to the gradient of a kernel.
        grids : bool
            Whether to draw windows and kernels as grids of numbers below the sum.
        """
        sheet, self.found, self._grids = self.sheet, None, grids
        sheet.clear(palette)
        if stage:
            self._write(stage)
            sheet.space()
        try:
            if spot is None or (not spot.name and spot.layer + 1 >= len(passed.layers)):
                self._write_loss(passed)
            if spot is None:
                for hint in HINT:
                    self._write(hint)
            elif stop is not None:
                self._write_stop(passed, spot, stop, share)
            elif side == GRADIENTS:
                self._write_gradient(network, passed, spot, share, slope)
            else:
                self._write_value(network, passed, spot, share)
        except ValueError as error:
            self._write(str(error))
        except ArithmeticError:  # a weight is too large, although the result is not
            self._write("A number here is too large to be written out.")
        sheet.fit()

    def _write(self, text, style="TkDefaultFont"):
        """Write text in lines that fit the width."""
        if style not in self._widths:
            self._widths[style] = font.nametofont(style, root=self).measure("n")
        line = max(24, (self.sheet.canvas.winfo_width() - 16) // self._widths[style])
        self.sheet.write("\n".join(textwrap.wrap(text, line)), style)

    def _write_loss(self, passed):
        loss = break_down_loss(passed)
        terms = " ".join(f"{term.shown:+}" for term in loss.total.terms)
        self._write(f"loss = -log(p[{passed.label}]) = {loss.shown}", "TkHeadingFont")
        rule = f"= log(sum of exp(x - max)) + max - x[{passed.label}] = {terms}"
        self._write(rule)
        self.sheet.space()

    def _write_gradient(self, network, passed, spot, share, slope):
        self.found = found = gradient_of(passed, spot)
        self._write(f"gradient of {name_of(network, spot)}", "TkHeadingFont")
        computed = spot.layer if spot.name else spot.layer + 1
        whose = network.title(computed) if computed < len(passed.layers) else "the loss"
        self._write(f"computed in the backward pass of {whose}")
        self._write(found.rule)
        rows, unit = scaled_rows(found, share)
        if unit:
            self._write(f"gradients in units of {unit}")
        self.sheet.table(rows)
        if slope:
            self.sheet.write(slope, "TkFixedFont")
        self._draw_grids(found, ("dout", "kernel, turned round"), share)

    def _write_stop(self, passed, spot, stop, share):
        """Write what a stop adds to the gradient of a kernel: its patch times its gradient."""
        layer, (*_, channel, out_channel) = passed.layers[spot.layer], spot.at
        x, dout = passed.values[spot.layer], passed.arriving(spot.layer)
        p, q = divmod(stop, dout.shape[1])
        arriving = float(dout[p, q, out_channel])
        title = f"dw of layer {spot.layer}, input channel {channel}, output channel {out_channel}"
        self._write(title, "TkHeadingFont")
        self._write("dw = sum over all stops of the patch x the gradient that arrives there")
        self.sheet.table([(f"dout at stop {p}, {q}", "", f"{arriving:+.6f}")])
        patch = im2col(x[None, ..., channel, None], layer.window)[0, p, q, ..., 0]
        (above, _), (left, _) = layer.window.padding(*x.shape[:2])
        corner = p * layer.window.stride[0] - above, q * layer.window.stride[1] - left
        padding = outside(corner, patch.shape, x.shape)
        before, after = (
            conv_dw_until(layer, x, dout, count)[..., channel, out_channel]
            for count in (stop, stop + 1)
        )
        whole = layer.grads["w"][..., channel, out_channel]
        power = power_for(float(np.abs(whole).max()))
        if power:
            self._write(f"gradients in units of 1e-{power}")
        scale, adds = 10.0**power, patch * arriving
        done = np.arange(patch.size).reshape(patch.shape) < share * patch.size
        grid = self.sheet.number_grid
        grid("patch", patch, texts_of(patch, 4, padding), None, corner, padding)
        grid("x dout", scale * adds, texts_of(scale * adds, 4))
        so_far = scale * np.where(done, after, before)
        grid("dw so far", so_far, texts_of(so_far, 4))
        self.sheet.end_grids()

    def _draw_grids(self, found, names, share, shape=None):
        """Draw a pool's window; or what a window sees, its weights and the products.

        Of the products as many are shown as the sum has, that is built up. With the ``shape`` of
        the maps that the window moves over, rows, columns and padding are named.
        """
        if not self._grids or found.patch is None or found.patch.shape[1] > WIDE:
            return
        _, _, C = found.patch.shape
        grid = self.sheet.number_grid
        corner = padding = None
        if shape is not None:
            corner, padding = found.corner, outside(found.corner, found.patch.shape[:2], shape)
        if found.kernel is None:
            seen = found.patch[..., 0]
            texts = texts_of(seen, 5, padding)
            grid("the window, its winner framed", seen, texts, found.winner, corner, padding)
        else:
            patch = 10.0 ** power_of(found) * found.patch
            products = patch * found.kernel
            c = int(np.abs(products.sum(axis=(0, 1))).argmax())
            many = f" of channel {c + found.first_channel}, of {C}" if C > 1 else ""
            texts = texts_of(patch[..., c], 4, padding)
            grid(names[0] + many, patch[..., c], texts, None, corner, padding)
            grid(f"x {names[1]}", found.kernel[..., c], texts_of(found.kernel[..., c], 4))
            done = math.floor(share * products[..., c].size)
            texts = texts_of(products[..., c], 4).ravel()
            texts[done:] = ""
            total = float(products[..., c].ravel()[:done].sum())
            title = f"= products, sum {total:+.4f}"
            grid(title, products[..., c], texts.reshape(products.shape[:2]))
        self.sheet.end_grids()

    def _write_value(self, network, passed, spot, share):
        layer, named = spot.layer, name_of(network, spot)
        array = passed.layers[layer].params[spot.name] if spot.name else passed.values[layer + 1]
        value = float(array[spot.at])
        if spot.name:
            self._write(f"{named}: {value:.6f}", "TkHeadingFont")
            self._write("A parameter: training moves it against its gradient, on the right.")
            return
        if layer < 0:
            self._write(f"A pixel of the image: {value:.5f}, ink from 0 to 1.")
            return
        self._write(f"{named}: {value:.6f}", "TkHeadingFont")
        mask = passed.masks.get(layer + 1)
        if mask is not None and not mask[spot.at[-1]]:
            self._write("This channel is switched off: its numbers are 0.")
            return
        each = as_in_pass(network, passed, layer)
        if each is None:
            kept = "kept, and divided by 1 - rate" if value else "dropped, or 0 before"
            self._write(f"In training, each number is dropped at random; this one was {kept}.")
            return
        found = break_down(each, passed.values[layer], passed.values[layer + 1], spot.at)
        self._write(found.rule)
        rows = []
        if found.kind != "Softmax":  # its notes are part of its terms
            rows += [(name, "", f"{number:+f}") for name, number in found.notes]
        if found.total is None:
            rows.append(("out", "", f"{found.shown:+f}"))
        self.sheet.table(rows + built_up(sum_rows(found), share))
        self._draw_grids(found, ("patch", "kernel"), share, passed.values[layer].shape)


def as_in_pass(network: Network, passed: BackwardPass, layer: int) -> Layer | None:
    """Return a layer that does in use what this one did in the pass; None for a Dropout that drops.

    In training, a BatchNorm used the statistics of the image.
    """
    if layer == len(passed.layers):
        return network.layers[layer]
    each = passed.layers[layer]
    if not passed.train:
        return each
    if isinstance(each, BatchNorm):
        twin, x = each.replica(), passed.values[layer]
        axes = tuple(range(x.ndim - 1))
        twin.state["mean"], twin.state["var"] = x.mean(axis=axes), x.var(axis=axes)
        return twin
    return None if isinstance(each, Dropout) else each

"""The weights of a layer as pictures: its kernels, one per output or input channel."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np
from PIL import ImageTk

from inspector.network import Network
from inspector.parts.tiles import Tiling
from inspector.theme.palette import Palette, pixels


def kernels(network: Network, layer: int, channel: int) -> tuple[np.ndarray, bool]:
    """Return a layer's weights as tiles.

    Dense weights are arranged as the feature maps that they are multiplied with.

    Parameters
    ----------
    network : Network
    layer : int
        Index of a convolution or dense layer.
    channel : int
        Output channel; not used if the layer has one input channel.

    Returns
    -------
    tiles : ndarray, (KH, KW, tiles)
        With one input channel, a tile per output channel; otherwise the weights of `channel`, a
        tile per input channel.
    per_output : bool
        Whether the tiles stand for output channels.
    """
    weights = network.layers[layer].params["w"]
    if weights.ndim == 2:
        shape = network.input_shape(layer)
        shape = shape if len(shape) == 3 else (1, 1, *shape)
        weights = weights.reshape(*shape, -1)
    if weights.shape[2] == 1:
        return weights[:, :, 0], True
    return weights[..., channel], False


class KernelView(ttk.Frame):
    """Pictures of a layer's weights below a line that describes them.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the weight under the pointer, "" without one.
    on_channel : callable
        Called with the output channel whose tile is clicked.

    Attributes
    ----------
    about : ttk.Label
        The description.
    picture : ttk.Label
    """

    def __init__(
        self, parent: tk.Misc, on_hover: Callable[[str], None], on_channel: Callable[[int], None]
    ) -> None:
        super().__init__(parent)
        self._on_hover, self._on_channel = on_hover, on_channel
        self._tiling: Tiling | None = None
        margin = pixels(self, 8)
        self.about = ttk.Label(self)
        self.about.pack(anchor="w", padx=margin)
        self.picture = ttk.Label(self)
        self.picture.pack(anchor="w", padx=margin, pady=margin)
        self.picture.bind("<Motion>", self._hover)
        self.picture.bind("<Leave>", lambda event: on_hover(""))
        self.picture.bind("<ButtonPress-1>", self._click)

    def show(
        self,
        network: Network,
        layer: int,
        channel: int,
        palette: Palette,
        width: int,
        small: bool = False,
    ) -> None:
        """Show the kernels that `kernels` returns, at most ``width`` pixels wide."""
        values, per_output = kernels(network, layer, channel)
        title, unit = network.title(layer), network.unit(layer)
        self._unit = unit
        H, W, tiles = values.shape
        if per_output:
            about = f"{title}: {tiles} kernels of {H} x {W}, one for each {unit}; click one"
        else:
            about = f"{title}, {unit} {channel}: its weights for each of {tiles} input channels"
        self.about["text"] = about
        side, gap = (
            (9, 1) if (H, W) == (1, 1) else (50, 8) if tiles <= 64 and not small else (24, 4)
        )
        self._tiling = Tiling.fit(values.shape, width, pixels(self, side), pixels(self, gap))
        self._values, self._per_output = values, per_output
        picture = self._tiling.render(values, np.abs(values).max(initial=0), palette)
        self.picture.photo = ImageTk.PhotoImage(picture, master=self)
        self.picture.configure(image=self.picture.photo)

    def _locate(self, event):
        """Return (row, column, tile) of the weight under the pointer, None without one."""
        return self._tiling.locate(event.x, event.y) if self._tiling else None

    def _hover(self, event):
        at = self._locate(event)
        if at is None:
            self._on_hover("")
            return
        row, column, tile = at
        kind = self._unit if self._per_output else "input channel"
        value = self._values[at]
        self._on_hover(f"weight, {kind} {tile}, row {row}, column {column}: {value:.5f}")

    def _click(self, event):
        at = self._locate(event)
        if at is not None and self._per_output:
            self._on_channel(at[2])

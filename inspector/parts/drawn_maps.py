"""Pictures of all layers' feature maps on a scrolled canvas: a tile for each channel."""

import tkinter as tk

import numpy as np
from PIL import Image, ImageTk

from inspector.network import Network
from inspector.parts.layout import Layout
from inspector.parts.tiles import Tiling, as_maps
from inspector.theme.palette import Palette, hex_colour, pixels
from inspector.theme.style import small_font

SIZES = (1, 1.5, 2, 3, 4, 6)  # enlargements of the maps
MAP, CELL, SPECK = 48, 20, 8  # sides of a map, of a number, and of one among many, 1/96 inch
FEW = 64  # numbers in a layer without maps; more of them are drawn as specks
CAPTION = 11  # height of the name below a tile, 1/96 inch


class DrawnMaps:
    """Draws the maps of a network's layers on a canvas; only those in view are drawn.

    Parameters
    ----------
    canvas : tk.Canvas

    Attributes
    ----------
    layout : Layout
        Where the numbers are.
    maps : list of ndarray, (H, W, C)
        The input and every layer's output.
    heading : int
        Height of a layer's name, in pixels.
    """

    def __init__(self, canvas: tk.Canvas) -> None:
        self.canvas = canvas
        self.maps: list[np.ndarray] = []
        self._network: Network | None = None
        self._palette: Palette | None = None
        self._own_scales = False
        self._margin = pixels(canvas, 6)
        self._clear()

    def _clear(self):
        self._key = None  # what the layout was computed for
        self.layout = Layout(self._margin)
        self._photos: list[ImageTk.PhotoImage] = []
        self._stale: set[int] = set()  # entries of `maps` that are not drawn yet

    def show(
        self, network: Network, outputs: list[np.ndarray], palette: Palette, own_scales: bool
    ) -> None:
        """Take the outputs of a network, as `Network.maps` returns them; see `draw`.

        With ``own_scales`` each channel has its own colour scale.
        """
        self.maps = [as_maps(array) for array in outputs]
        self._network, self._palette, self._own_scales = network, palette, own_scales
        self._stale = set(range(len(outputs)))

    def lay_out(self, size: int) -> bool:
        """Position the layers for the canvas's width; return whether anything moved.

        Parameters
        ----------
        size : int
            Enlargement of the maps, an index into `SIZES`.
        """
        canvas, palette, network = self.canvas, self._palette, self._network
        width = canvas.winfo_width() - pixels(canvas, 16)
        key = width, size, id(network), palette
        if network is None or width < 50 or key == self._key:
            return False
        self._clear()
        self._key = key
        canvas.delete("all")
        canvas.configure(
            background=hex_colour(palette.background),
            highlightbackground=hex_colour(palette.background),
            highlightcolor=hex_colour(palette.border),
        )
        line = int(canvas.tk.call("font", "metrics", "TkDefaultFont", "-linespace"))
        self.heading = line + pixels(canvas, 3)
        y = self._margin
        for entry in range(len(self.maps)):
            y = self._lay_out_layer(entry, y, width, SIZES[size])
        canvas.configure(scrollregion=(0, 0, width, y), yscrollincrement=pixels(canvas, 24))
        self._stale = set(range(len(self.maps)))
        return True

    def _lay_out_layer(self, entry, y, width, enlargement):
        """Add a heading and a picture for the tiles at `y`; return `y` of the next layer."""
        array, gap = self.maps[entry], pixels(self.canvas, 3)
        numbers = array.shape[:2] == (1, 1)
        shape = " x ".join(map(str, [array.size] if numbers else array.shape))
        self.canvas.create_text(
            self._margin, y, anchor="nw", text=f"{self._network.title(entry - 1)}   {shape}",
            font="TkDefaultFont", fill=hex_colour(self._palette.text),
        )  # fmt: skip
        y += self.heading
        side = MAP if not numbers else CELL if array.size <= FEW else SPECK
        caption = 0 if side == SPECK else pixels(self.canvas, CAPTION)
        tiling = Tiling.fit(
            array.shape, width, pixels(self.canvas, side * enlargement),
            gap if side > SPECK else 1, caption,
        )  # fmt: skip
        photo = ImageTk.PhotoImage("RGB", tiling.size, master=self.canvas)
        self.canvas.create_image(self._margin, y, image=photo, anchor="nw")
        self.layout.add(tiling, y)
        self._photos.append(photo)
        if caption and entry:  # the input has one channel
            self._name_tiles(tiling, y)
        return y + tiling.size[1] + pixels(self.canvas, 10)

    def _name_tiles(self, tiling, top):
        """Write the channel, or the digit, below each tile."""
        colour, small = hex_colour(self._palette.muted), small_font(self.canvas)
        for channel in range(tiling.C):
            x, y = tiling.below(channel)
            self.canvas.create_text(
                self._margin + x, top + y, text=str(channel), anchor="n", fill=colour,
                font=small, tags="name",
            )  # fmt: skip

    def draw(self) -> None:
        """Draw the visible layers that are not drawn yet."""
        top = self.canvas.canvasy(0)
        bottom = top + self.canvas.winfo_height()
        for entry in sorted(self._stale):
            if entry >= len(self.layout.tops):
                return  # not laid out yet
            if self.layout.tops[entry] > bottom or self.layout.bottom(entry) < top:
                continue
            self._stale.discard(entry)
            self._photos[entry].paste(self._render(entry))

    def _render(self, entry) -> Image.Image:
        array = self.maps[entry]
        limits = np.abs(array).max(axis=(0, 1))
        if not self._own_scales or array.shape[:2] == (1, 1):
            limits = limits.max()
        tiling = self.layout.tilings[entry]
        dead = self._network.dead_for(array, entry)
        return tiling.render(array, limits, self._palette, dead)

    def frame(
        self, place: tuple[int, int, int, int], size: tuple[int, int], tag: str, width: float
    ) -> None:
        """Frame a patch, clipped to its map; nothing is drawn if it lies in the padding."""
        x0, y0, x1, y1 = self.layout.box(place, *size)
        if x0 < x1 and y0 < y1:
            self.canvas.create_rectangle(
                x0 - 1, y0 - 1, x1, y1, outline=hex_colour(self._palette.mark),
                width=pixels(self.canvas, width), tags=tag,
            )  # fmt: skip

    def scroll_to(self, place: tuple[int, int, int, int]) -> None:
        """Scroll until a number is visible."""
        _, y0, _, y1 = self.layout.box(place)
        top, height = self.canvas.canvasy(0), self.canvas.winfo_height()
        if y0 < top or y1 > top + height:
            self._scroll_top_to((y0 + y1 - height) / 2)

    def reveal(self, layer: int) -> None:
        """Scroll until a layer's name is at the top."""
        self._scroll_top_to(self.layout.tops[layer + 1] - self.heading - self._margin)

    def _scroll_top_to(self, y):
        *_, total = map(float, str(self.canvas["scrollregion"]).split())
        self.canvas.yview_moveto(max(0, y) / total)
        self.draw()

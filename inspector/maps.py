"""The feature maps of all layers on one scrolled canvas, layer by layer.

Only the visible layers are drawn. A click or the arrow keys select one number.
"""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np
from PIL import Image, ImageTk

from inspector.network import Network
from inspector.palette import Palette, hex_colour, pixels
from inspector.tiles import Tiling, as_maps
from nn.explain.rounding import as_text

Place = tuple[int, int, int, int]  # layer (-1: the input), row, column, channel

KEYS = {  # change of layer, row, column and channel
    "Up": (0, -1, 0, 0),
    "Down": (0, 1, 0, 0),
    "Left": (0, 0, -1, 0),
    "Right": (0, 0, 1, 0),
    "Control-Left": (0, 0, 0, -1),
    "Control-Right": (0, 0, 0, 1),
    "Prior": (-1, 0, 0, 0),  # Page Up
    "Next": (1, 0, 0, 0),  # Page Down
}


class LayerMaps(ttk.Frame):
    """The feature maps of all layers of a network, for one drawing.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the number under the pointer, "" without one.
    on_select : callable, optional
        Called with the `Place` of the number that is selected.

    Attributes
    ----------
    canvas : tk.Canvas
    scale_per_channel : bool
        Whether each channel has its own colour scale; otherwise a layer's channels share one.
    selected : Place or None
    """

    def __init__(
        self,
        parent: tk.Misc,
        on_hover: Callable[[str], None],
        on_select: Callable[[Place], None] = lambda place: None,
    ) -> None:
        super().__init__(parent)
        self.scale_per_channel = False
        self.selected: Place | None = None
        self._on_hover, self._on_select = on_hover, on_select
        self._network: Network | None = None
        self._maps: list[np.ndarray] = []
        self._clear_layout()
        self._margin = pixels(self, 6)

        self.canvas = tk.Canvas(self, highlightthickness=pixels(self, 1), takefocus=True, height=1)
        scrollbar = ttk.Scrollbar(self, command=self._scroll)
        self.canvas.configure(yscrollcommand=scrollbar.set)
        scrollbar.pack(side="right", fill="y")
        self.canvas.pack(side="left", fill="both", expand=True)
        self._bind()

    def _bind(self):
        bind = self.canvas.bind
        bind("<Configure>", lambda event: self._lay_out())
        bind("<Motion>", lambda event: self._on_hover(self.describe(self._place_under(event))))
        bind("<Leave>", lambda event: self._on_hover(""))
        bind("<ButtonPress-1>", self._click)
        bind("<MouseWheel>", lambda event: self._wheel(-1 if event.delta > 0 else 1))
        bind("<Button-4>", lambda event: self._wheel(-1))
        bind("<Button-5>", lambda event: self._wheel(1))
        for key, change in KEYS.items():
            bind(f"<{key}>", lambda event, change=change: self._move(*change))

    def show(self, network: Network, maps: list[np.ndarray], palette: Palette) -> None:
        """Show the feature maps of a network, as `Network.maps` returns them."""
        self._maps = [as_maps(array) for array in maps]
        if network is not self._network:
            self._network, self.selected = network, None
            self._clear_layout()
        self._palette = palette
        self._stale = set(range(len(maps)))
        self._lay_out()
        self._draw()

    def select(self, place: Place) -> None:
        """Select a number: frame it and call ``on_select``."""
        self.selected = place
        self._frame_selected()
        self._on_select(place)

    def value(self, place: Place) -> float:
        """Return the number at a place."""
        layer, *at = place
        return float(self._maps[layer + 1][tuple(at)])

    def describe(self, place: Place | None) -> str:
        """Return the layer, channel, position and value of a number in one line."""
        if place is None:
            return ""
        layer, row, column, channel = place
        array = self._maps[layer + 1]
        text = self._network.title(layer)
        if array.shape[:2] == (1, 1):
            text += f", number {channel}"
        else:
            text += f", channel {channel}, row {row}, column {column}"
        text += f": {as_text(self.value(place))}"
        if self._dead(layer + 1)[channel]:
            text += " (dead: the same for this drawing and for all of samples/)"
        elif array.shape[:2] != (1, 1) and not array[..., channel].any():
            text += " (inactive: 0 everywhere for this drawing)"
        return text

    def centre_of(self, place: Place) -> tuple[int, int]:
        """Scroll to a number and return its centre, in pixels of the widget ``canvas``."""
        self._scroll_to(place)
        x0, y0, x1, y1 = self._box(place)
        left, top = int(self.canvas.canvasx(0)), int(self.canvas.canvasy(0))
        return (x0 + x1) // 2 - left, (y0 + y1) // 2 - top

    def frame_patch(
        self, layer: int, corner: tuple[int, int], size: tuple[int, int], channel: int
    ) -> None:
        """Frame a patch of a layer's input.

        Parameters
        ----------
        layer : int
            The layer whose window sees the patch.
        corner, size : (row, column), (height, width)
            The patch; it is clipped to the feature map.
        channel : int
            Input channel.
        """
        self.canvas.delete("patch")
        x0, y0, x1, y1 = self._box((layer - 1, *corner, channel), *size)
        colour = hex_colour(self._palette.mark)
        self.canvas.create_rectangle(x0 - 1, y0 - 1, x1, y1, outline=colour, tags="patch")

    def _dead(self, entry):
        """Return which channels are dead and constant for this drawing as well, bool (C,)."""
        array = self._maps[entry]
        constant = np.ptp(array, axis=(0, 1)) == 0
        return self._network.dead[entry] & constant

    def _clear_layout(self):
        self._layout_key = None  # what the layout was computed for
        self._tilings: list[Tiling] = []
        self._tops: list[int] = []  # y of each layer's tiles
        self._photos: list[ImageTk.PhotoImage] = []
        self._stale: set[int] = set()  # entries of `_maps` that are not drawn yet

    def _lay_out(self):
        """Position the layers' headings and tiles for the width of the canvas."""
        width = self.canvas.winfo_width() - pixels(self, 16)
        key = width, id(self._network), self._palette if self._network else None
        if self._network is None or width < 50 or key == self._layout_key:
            return
        self._clear_layout()
        self._layout_key = key
        canvas, palette = self.canvas, self._palette
        canvas.delete("all")
        canvas.configure(
            background=hex_colour(palette.background),
            highlightbackground=hex_colour(palette.background),
            highlightcolor=hex_colour(palette.text),
        )
        y = self._margin
        for entry in range(len(self._maps)):
            y = self._lay_out_layer(entry, y, width)
        canvas.configure(scrollregion=(0, 0, width, y), yscrollincrement=pixels(self, 24))
        self._stale = set(range(len(self._maps)))
        self._frame_selected()
        self._draw()

    def _lay_out_layer(self, entry, y, width):
        """Add a heading and a picture for the tiles at `y`; return `y` of the next layer."""
        array, gap = self._maps[entry], pixels(self, 3)
        numbers = array.shape[:2] == (1, 1)
        shape = " x ".join(map(str, [array.size] if numbers else array.shape))
        self.canvas.create_text(
            self._margin, y, anchor="nw", text=f"{self._network.title(entry - 1)}   {shape}",
            font="TkDefaultFont", fill=hex_colour(self._palette.text),
        )  # fmt: skip
        y += int(self.tk.call("font", "metrics", "TkDefaultFont", "-linespace")) + gap
        side = 48 if not numbers else 20 if array.size <= 64 else 8
        tiling = Tiling.fit(array.shape, width, pixels(self, side), gap if side > 8 else 1)
        photo = ImageTk.PhotoImage("RGB", tiling.size, master=self.canvas)
        self.canvas.create_image(self._margin, y, image=photo, anchor="nw")
        self._tilings.append(tiling)
        self._tops.append(y)
        self._photos.append(photo)
        return y + tiling.size[1] + pixels(self, 10)

    def _draw(self):
        """Draw the visible layers that are not drawn yet."""
        top = self.canvas.canvasy(0)
        bottom = top + self.canvas.winfo_height()
        for entry in sorted(self._stale):
            if entry >= len(self._tops):
                return  # not laid out yet
            y = self._tops[entry]
            if y > bottom or y + self._tilings[entry].size[1] < top:
                continue
            self._stale.discard(entry)
            self._photos[entry].paste(self._render(entry))

    def _render(self, entry) -> Image.Image:
        array = self._maps[entry]
        limits = np.abs(array).max(axis=(0, 1))
        if not self.scale_per_channel or array.shape[:2] == (1, 1):
            limits = limits.max()
        return self._tilings[entry].render(array, limits, self._palette, self._dead(entry))

    def _scroll(self, *arguments):
        self.canvas.yview(*arguments)
        self._draw()

    def _wheel(self, steps):
        self._scroll("scroll", 2 * steps, "units")

    def _place_under(self, event) -> Place | None:
        """Return the place of the number under the pointer."""
        x = self.canvas.canvasx(event.x) - self._margin
        y = self.canvas.canvasy(event.y)
        for layer, (top, tiling) in enumerate(zip(self._tops, self._tilings, strict=True), -1):
            if top <= y < top + tiling.size[1] and (at := tiling.locate(x, y - top)):
                return layer, *at
        return None

    def _click(self, event):
        self.canvas.focus_set()
        if place := self._place_under(event):
            self.select(place)

    def _move(self, layers, down, right, channels):
        """Move the selection; it stops at the edges."""
        if not self._maps:
            return "break"
        layer, row, column, channel = self.selected or (0, 0, 0, 0)
        layer = min(max(layer + layers, -1), len(self._maps) - 2)
        H, W, C = self._maps[layer + 1].shape
        if (H, W) == (1, 1):  # numbers without a map: the arrows move between channels
            channels, down, right = channels + right + down * self._tilings[layer + 1].columns, 0, 0
        at = (row + down, H), (column + right, W), (channel + channels, C)
        place = (layer, *(min(max(i, 0), size - 1) for i, size in at))
        self._scroll_to(place)
        self.select(place)
        self._on_hover(self.describe(place))
        return "break"

    def _box(self, place, height=1, width=1):
        """Return the pixels (x0, y0, x1, y1) of a patch on the scrolled canvas."""
        layer, row, column, channel = place
        x0, y0, x1, y1 = self._tilings[layer + 1].box(row, column, channel, height, width)
        left, top = self._margin, self._tops[layer + 1]
        return x0 + left, y0 + top, x1 + left, y1 + top

    def _frame_selected(self):
        self.canvas.delete("selected", "patch")
        if self.selected and self._tops:
            x0, y0, x1, y1 = self._box(self.selected)
            colour = hex_colour(self._palette.mark)
            self.canvas.create_rectangle(
                x0 - 1, y0 - 1, x1, y1, outline=colour, width=pixels(self, 2), tags="selected"
            )

    def _scroll_to(self, place):
        """Scroll until a number is visible."""
        _, y0, _, y1 = self._box(place)
        top, height = self.canvas.canvasy(0), self.canvas.winfo_height()
        if y0 < top or y1 > top + height:
            *_, total = map(float, str(self.canvas["scrollregion"]).split())
            self.canvas.yview_moveto(max(0, (y0 + y1 - height) / 2) / total)
            self._draw()

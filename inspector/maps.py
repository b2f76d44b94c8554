"""Every layer of a network as a wall of tiles, one under the other, on one canvas.

Only the walls that can be seen are drawn. The pointer, or the arrow keys, pick one number.
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

ARROWS = {"Up": (-1, 0), "Down": (1, 0), "Left": (0, -1), "Right": (0, 1)}


class LayerMaps(ttk.Frame):
    """The maps of all layers of a network, for one drawing.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Is given the text for the number under the pointer, "" for none.
    on_pick : callable, optional
        Is given the `Place` that was clicked or moved to.

    Attributes
    ----------
    each_its_own : bool
        Whether every tile has a scale of its own; otherwise a layer has one for all of its tiles.
    picked : Place or None
    """

    def __init__(
        self,
        parent: tk.Misc,
        on_hover: Callable[[str], None],
        on_pick: Callable[[Place], None] = lambda place: None,
    ) -> None:
        super().__init__(parent)
        self.each_its_own = False
        self.picked: Place | None = None
        self._on_hover, self._on_pick = on_hover, on_pick
        self._network: Network | None = None
        self._maps: list[np.ndarray] = []
        self._tilings: list[Tiling] = []
        self._tops: list[int] = []
        self._photos: list[ImageTk.PhotoImage] = []
        self._stale: set[int] = set()
        self._laid_out = None

        self.canvas = tk.Canvas(self, highlightthickness=pixels(self, 1), takefocus=True, height=1)
        scrollbar = ttk.Scrollbar(self, command=self._scroll)
        self.canvas.configure(yscrollcommand=scrollbar.set)
        scrollbar.pack(side="right", fill="y")
        self.canvas.pack(side="left", fill="both", expand=True)
        bind = self.canvas.bind
        bind("<Configure>", lambda event: self._lay_out())
        bind("<Motion>", lambda event: self._on_hover(self.describe(self._under(event))))
        bind("<Leave>", lambda event: self._on_hover(""))
        bind("<ButtonPress-1>", self._click)
        bind("<MouseWheel>", lambda event: self._wheel(-1 if event.delta > 0 else 1))
        bind("<Button-4>", lambda event: self._wheel(-1))
        bind("<Button-5>", lambda event: self._wheel(1))
        for key, (down, right) in ARROWS.items():
            bind(f"<{key}>", lambda event, d=down, r=right: self._move(0, d, r, 0))
        bind("<Control-Left>", lambda event: self._move(0, 0, 0, -1))
        bind("<Control-Right>", lambda event: self._move(0, 0, 0, 1))
        bind("<Prior>", lambda event: self._move(-1, 0, 0, 0))
        bind("<Next>", lambda event: self._move(1, 0, 0, 0))

    def show(self, network: Network, maps: list[np.ndarray], palette: Palette) -> None:
        """Draw the maps of a network, as `Network.maps` returns them."""
        self._maps = [as_maps(array) for array in maps]
        if network is not self._network:
            self._network, self._laid_out, self.picked = network, None, None
            self._tilings, self._tops, self._photos = [], [], []
        self._palette = palette
        self._stale = set(range(len(maps)))
        self._lay_out()
        self._draw()

    def pick(self, place: Place) -> None:
        """Pick a number: frame it, and tell."""
        self.picked = place
        self._frame_picked()
        self._on_pick(place)

    def value(self, place: Place) -> float:
        """Return the number at a place."""
        layer, *at = place
        return float(self._maps[layer + 1][tuple(at)])

    def describe(self, place: Place | None) -> str:
        """Return the layer, channel, place and value of a number, in one line."""
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
        if self._crossed(layer + 1)[channel]:
            text += " (dead: the same for this drawing and for all of samples/)"
        elif array.shape[:2] != (1, 1) and not array[..., channel].any():
            text += " (silent: 0 all over this drawing)"
        return text

    def centre_of(self, place: Place) -> tuple[int, int]:
        """Return where on the canvas, scrolled to show it, a number lies, in pixels."""
        self._see(place)
        x0, y0, x1, y1 = self._box(place)
        return (x0 + x1) // 2, (y0 + y1) // 2 - int(self.canvas.canvasy(0))

    def mark_patch(self, layer: int, corner: tuple[int, int], size: tuple[int, int], channel: int):
        """Frame what a window sees in the maps that a layer is given."""
        self.canvas.delete("patch")
        x0, y0, x1, y1 = self._box((layer - 1, *corner, channel), *size)
        colour = hex_colour(self._palette.mark)
        self.canvas.create_rectangle(x0 - 1, y0 - 1, x1, y1, outline=colour, tags="patch")

    def _crossed(self, entry):
        """Which tiles are dead: silent whatever is drawn, and now as well."""
        array = self._maps[entry]
        same_now = np.ptp(array, axis=(0, 1)) == 0
        return self._network.dead[entry] & same_now

    def _lay_out(self):
        """Put headings and walls in their places for the canvas's width."""
        width = self.canvas.winfo_width() - pixels(self, 16)
        key = width, id(self._network), self._palette if self._network else None
        if self._network is None or width < 50 or key == self._laid_out:
            return
        self._laid_out = key
        canvas, margin, gap = self.canvas, pixels(self, 6), pixels(self, 3)
        palette = self._palette
        canvas.delete("all")
        canvas.configure(
            background=hex_colour(palette.background),
            highlightbackground=hex_colour(palette.background),
            highlightcolor=hex_colour(palette.text),
        )  # fmt: skip
        self._tilings, self._tops, self._photos = [], [], []
        y = margin
        line = int(self.tk.call("font", "metrics", "TkDefaultFont", "-linespace"))
        for entry, array in enumerate(self._maps):
            shape = " x ".join(map(str, array.shape if array.shape[:2] != (1, 1) else [array.size]))
            heading = f"{self._network.title(entry - 1)}   {shape}"
            canvas.create_text(
                margin, y, text=heading, anchor="nw", font="TkDefaultFont",
                fill=hex_colour(palette.text),
            )  # fmt: skip
            y += line + gap
            side = 20 if array.shape[:2] == (1, 1) and array.size <= 64 else 8
            side = 48 if array.shape[:2] != (1, 1) else side
            tiling = Tiling.fit(array.shape, width, pixels(self, side), gap if side > 8 else 1)
            photo = ImageTk.PhotoImage("RGB", tiling.size, master=canvas)
            canvas.create_image(margin, y, image=photo, anchor="nw")
            self._tilings.append(tiling)
            self._tops.append(y)
            self._photos.append(photo)
            y += tiling.size[1] + pixels(self, 10)
        canvas.configure(scrollregion=(0, 0, width, y), yscrollincrement=pixels(self, 24))
        self._stale = set(range(len(self._maps)))
        self._frame_picked()
        self._draw()

    def _draw(self):
        """Draw the stale walls that can be seen."""
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
        if not self.each_its_own or array.shape[:2] == (1, 1):
            limits = limits.max()
        return self._tilings[entry].render(array, limits, self._palette, self._crossed(entry))

    def _scroll(self, *arguments):
        self.canvas.yview(*arguments)
        self._draw()

    def _wheel(self, steps):
        self._scroll("scroll", 2 * steps, "units")

    def _under(self, event) -> Place | None:
        """The number under the pointer."""
        x = self.canvas.canvasx(event.x) - pixels(self, 6)
        y = self.canvas.canvasy(event.y)
        for layer, (top, tiling) in enumerate(zip(self._tops, self._tilings, strict=True), -1):
            if top <= y < top + tiling.size[1] and (at := tiling.locate(x, y - top)):
                return layer, *at
        return None

    def _click(self, event):
        self.canvas.focus_set()
        if place := self._under(event):
            self.pick(place)

    def _move(self, layers, down, right, channels):
        """Go on from the picked number, as far as there is one."""
        if not self._maps:
            return "break"
        layer, row, column, channel = self.picked or (0, 0, 0, 0)
        layer = min(max(layer + layers, -1), len(self._maps) - 2)
        H, W, C = self._maps[layer + 1].shape
        if (H, W) == (1, 1):  # numbers in a row: the arrows go from one to the next
            channels, down, right = channels + right + down * self._tilings[layer + 1].columns, 0, 0
        at = (row + down, H), (column + right, W), (channel + channels, C)
        place = (layer, *(min(max(i, 0), size - 1) for i, size in at))
        self._see(place)
        self.pick(place)
        self._on_hover(self.describe(place))
        return "break"

    def _box(self, place, height=1, width=1):
        layer, row, column, channel = place
        box = self._tilings[layer + 1].box(row, column, channel, height, width)
        offset = pixels(self, 6), self._tops[layer + 1]
        return tuple(value + offset[i % 2] for i, value in enumerate(box))

    def _frame_picked(self):
        self.canvas.delete("picked", "patch")
        if self.picked and self._tops:
            x0, y0, x1, y1 = self._box(self.picked)
            colour = hex_colour(self._palette.mark)
            self.canvas.create_rectangle(
                x0 - 1, y0 - 1, x1, y1, outline=colour, width=pixels(self, 2), tags="picked"
            )

    def _see(self, place):
        """Scroll so that a number can be seen."""
        _, y0, _, y1 = self._box(place)
        top, height = self.canvas.canvasy(0), self.canvas.winfo_height()
        if y0 < top or y1 > top + height:
            *_, total = map(float, str(self.canvas["scrollregion"]).split())
            self.canvas.yview_moveto(max(0, (y0 + y1 - height) / 2) / total)
            self._draw()

"""The feature maps of all layers on one scrolled canvas, layer by layer.

Only the visible layers are drawn. A click or the arrow keys select one number; pointing at one
frames the patch of the layer before that it was computed from. Ctrl+wheel, + and - enlarge maps.
"""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import numpy as np

from inspector.network import Network, describe
from inspector.parts.drawn_maps import SIZES, DrawnMaps
from inspector.parts.layout import Place, moved
from inspector.parts.wheel import bind_wheel
from inspector.theme.palette import Palette, hex_colour, pixels
from inspector.tracing.fields import fields

__all__ = ["LayerMaps", "Place"]

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
ENLARGE = {"plus": 1, "equal": 1, "KP_Add": 1, "minus": -1, "KP_Subtract": -1, "0": 0}


class LayerMaps(ttk.Frame):
    """The feature maps of all layers of a network, for one drawing.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the number under the pointer, "" without one.
    on_select : callable, optional
        Called with the `Place` of the number that is selected.
    on_point : callable, optional
        Called with the `Place` of the number under the pointer, None without one.

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
        on_point: Callable[[Place | None], None] = lambda place: None,
    ) -> None:
        super().__init__(parent)
        self.scale_per_channel = False
        self.selected: Place | None = None
        self._on_hover, self._on_select, self._on_point = on_hover, on_select, on_point
        self._network: Network | None = None
        self._outputs: list[np.ndarray] = []
        self._size = 0  # index into `SIZES`
        background = hex_colour(Palette.of(self).background)
        self.canvas = tk.Canvas(
            self, highlightthickness=pixels(self, 1), highlightbackground=background,
            background=background, takefocus=True, height=1,
        )  # fmt: skip
        scrollbar = ttk.Scrollbar(self, command=self._scroll)
        self.canvas.configure(yscrollcommand=scrollbar.set)
        scrollbar.pack(side="right", fill="y")
        self.canvas.pack(side="left", fill="both", expand=True)
        self._drawn = DrawnMaps(self.canvas)
        self._bind()

    def _bind(self):
        bind = self.canvas.bind
        bind("<Configure>", lambda event: self._lay_out())
        bind("<Motion>", lambda event: self._point(self._place_under(event)))
        bind("<Leave>", lambda event: self._point(None))
        bind("<ButtonPress-1>", self._click)
        bind_wheel(self.canvas, self._wheel)
        bind_wheel(self.canvas, lambda step: self.enlarge(-step), "Control")
        for key, step in ENLARGE.items():
            bind(f"<Control-{key}>" if step == 0 else f"<{key}>",
                 lambda event, step=step: self.enlarge(step))  # fmt: skip
        for key, change in KEYS.items():
            bind(f"<{key}>", lambda event, change=change: self._move(change))

    def show(self, network: Network, maps: list[np.ndarray], palette: Palette) -> None:
        """Show the feature maps of a network, as `Network.maps` returns them."""
        if network is not self._network:
            self._network, self.selected = network, None
        self._outputs = maps
        self._drawn.show(network, maps, palette, self.scale_per_channel)
        self._lay_out()

    def _lay_out(self):
        if self._drawn.lay_out(self._size):
            self._frame_selected()
        self._drawn.draw()

    def select(self, place: Place) -> None:
        """Select a number: frame it and call ``on_select``."""
        self.selected = place
        self._frame_selected()
        self._on_select(place)

    def enlarge(self, step: int) -> None:
        """Make the maps larger (``step`` 1), smaller (-1) or as large as at first (0)."""
        size = min(max(self._size + step, 0), len(SIZES) - 1) if step else 0
        if size != self._size:
            self._size = size
            self._lay_out()
            if self.selected:
                self._drawn.scroll_to(self.selected)

    def reveal(self, layer: int) -> None:
        """Scroll until a layer's name is at the top."""
        if self._drawn.layout.tops:
            self._drawn.reveal(layer)

    def describe(self, place: Place | None) -> str:
        """Return the layer, channel, position and value of a number in one line."""
        return "" if place is None else describe(self._network, self._outputs, place)

    def centre_of(self, place: Place) -> tuple[int, int]:
        """Scroll to a number and return its centre, in pixels of the widget ``canvas``."""
        self._drawn.scroll_to(place)
        x0, y0, x1, y1 = self._drawn.layout.box(place)
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
        if self._drawn.layout.tops:
            self._drawn.frame((layer - 1, *corner, channel), size, "patch", 1)

    def _scroll(self, *arguments):
        self.canvas.yview(*arguments)
        self._drawn.draw()

    def _wheel(self, step):
        self._scroll("scroll", 2 * step, "units")

    def _place_under(self, event) -> Place | None:
        """Return the place of the number under the pointer."""
        x, y = self.canvas.canvasx(event.x), self.canvas.canvasy(event.y)
        return self._drawn.layout.locate(x, y)

    def _point(self, place):
        """Describe the number at a place, and frame the patch that it was computed from."""
        self._on_hover(self.describe(place))
        self._on_point(place)
        self.canvas.delete("hover")
        if place is None or place[0] < 0:
            return
        layer, *at = place
        at = tuple(at) if self._outputs[layer + 1].ndim == 3 else (at[-1],)
        patch = fields(self._network, self._outputs, layer + 1, at)[layer]
        every = range(self._drawn.maps[layer].shape[2])
        for channel in every if patch.channel is None else [patch.channel]:
            corner = layer - 1, patch.row, patch.column, channel
            self._drawn.frame(corner, (patch.height, patch.width), "hover", 1)

    def _click(self, event):
        self.canvas.focus_set()
        if place := self._place_under(event):
            self.select(place)

    def _move(self, change):
        """Move the selection; it stops at the edges."""
        if not self._drawn.layout.tops:
            return "break"
        place = self.selected or (0, 0, 0, 0)
        shapes = [array.shape for array in self._drawn.maps]
        layer = min(max(place[0] + change[0], -1), len(shapes) - 2)
        columns = self._drawn.layout.tilings[layer + 1].columns
        place = moved(place, change, shapes, columns)
        self._drawn.scroll_to(place)
        self.select(place)
        self._on_hover(self.describe(place))
        return "break"

    def _frame_selected(self):
        self.canvas.delete("selected", "patch", "hover")
        if self.selected and self._drawn.layout.tops:
            self._drawn.frame(self.selected, (1, 1), "selected", 2)

"""Panel: the feature maps of every layer, and the arithmetic behind the selected number."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from inspector.drawing import Snapshot
from inspector.parts.arithmetic import ArithmeticView
from inspector.parts.flow import Flow
from inspector.parts.maps import LayerMaps, Place
from inspector.theme.palette import pixels
from inspector.theme.style import small_font

LEGEND = "orange: above zero, blue: below, crossed: dead"
MAPS_SHARE = 0.48  # of the panel's width, until the user moves the sash


class LayersPanel(ttk.Frame):
    """Feature maps of all layers on the left, the arithmetic of the selected number on the right.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the number under the pointer, "" without one.
    on_point : callable, optional
        Called with the `Place` of the number under the pointer, None without one: then that of the
        selected number counts.

    Attributes
    ----------
    maps : LayerMaps
    arithmetic : ArithmeticView
    """

    title = "Every layer"

    def __init__(
        self,
        parent: tk.Misc,
        on_hover: Callable[[str], None],
        on_point: Callable[[Place | None], None] = lambda place: None,
    ) -> None:
        super().__init__(parent)
        self._on_point = on_point
        self._snapshot: Snapshot | None = None
        self._scale_per_channel = tk.BooleanVar(self, False)
        self._build_bar()
        panes = ttk.PanedWindow(self, orient="horizontal")
        self.maps = LayerMaps(panes, on_hover, self._select, on_point)
        self.arithmetic = ArithmeticView(panes, self._show_arithmetic)
        panes.add(self.maps, weight=3)
        panes.add(self.arithmetic, weight=2)
        panes.pack(fill="both", expand=True)
        self._panes = panes
        panes.bind("<Configure>", self._place_sash)

    def _build_bar(self):
        bar = Flow(self, pixels(self, 4))
        size = ttk.Frame(bar)
        for text, step in (("-", -1), ("+", 1)):
            ttk.Button(
                size, text=text, width=2, style="Tool.TButton",
                command=lambda step=step: self.maps.enlarge(step),
            ).pack(side="left", padx=(0, 3))  # fmt: skip
        for text, value in (("one scale for a layer", False), ("each channel its own", True)):
            ttk.Radiobutton(
                bar, text=text, value=value,
                variable=self._scale_per_channel, command=self._rescale,
            )  # fmt: skip
        ttk.Label(bar, text=LEGEND, style="Muted.TLabel", font=small_font(self))
        bar.pack(fill="x", pady=2)

    def show(self, snapshot: Snapshot) -> None:
        """Show the feature maps of a drawing."""
        self._snapshot = snapshot
        self.maps.show(snapshot.network, snapshot.maps, snapshot.palette)
        self._show_arithmetic()

    def pause(self) -> None:
        """Do nothing: this panel has no work between two refreshes."""

    def _select(self, place):
        self._show_arithmetic()
        self._on_point(place)

    def _show_arithmetic(self):
        snapshot = self._snapshot
        if snapshot is None:
            return
        self.arithmetic.show(snapshot.network, snapshot.maps, self.maps.selected, snapshot.palette)
        if self.arithmetic.patch:
            self.maps.frame_patch(*self.arithmetic.patch)

    def _rescale(self):
        self.maps.scale_per_channel = self._scale_per_channel.get()
        if self._snapshot:
            self.show(self._snapshot)

    def _place_sash(self, event):
        """Place the sash once; afterwards the user moves it."""
        if event.width > 100:
            self._panes.unbind("<Configure>")
            self._panes.sashpos(0, round(event.width * MAPS_SHARE))

"""Every layer's maps, and beside them one number spelled out."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from inspector.arithmetic import ArithmeticView
from inspector.maps import LayerMaps


class LayersPanel(ttk.Frame):
    """The walls of all layers on the left, the arithmetic of the picked number on the right."""

    title = "Every layer"

    def __init__(self, parent: tk.Misc, on_hover: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._seen = None
        self._own = tk.BooleanVar(self, False)
        bar = ttk.Frame(self)
        ttk.Label(bar, text="Colours:").pack(side="left")
        for text, own in (("one scale for a layer", False), ("each channel its own", True)):
            button = ttk.Radiobutton(
                bar, text=text, value=own, variable=self._own, command=self._rescale
            )
            button.pack(side="left", padx=6)
        ttk.Label(bar, text="orange: above zero   blue: below   crossed out: dead").pack(
            side="right", padx=6
        )
        bar.pack(fill="x", pady=2)
        panes = ttk.PanedWindow(self, orient="horizontal")
        self.walls = LayerMaps(panes, on_hover, lambda place: self._spell())
        self.number = ArithmeticView(panes, self._spell)
        panes.add(self.walls, weight=3)
        panes.add(self.number, weight=2)
        panes.pack(fill="both", expand=True)
        self._panes = panes
        panes.bind("<Configure>", self._place_sash)

    def show(self, seen) -> None:
        """Draw what `seen`, a `inspector.drawing.Snapshot`, holds."""
        self._seen = seen
        self.walls.show(seen.network, seen.maps, seen.palette)
        self._spell()

    def pause(self) -> None:
        """Do nothing: no work goes on between two drawings."""

    def _spell(self):
        if self._seen is None:
            return
        seen = self._seen
        self.number.show(seen.network, seen.maps, self.walls.picked, seen.palette)
        if self.number.window:
            self.walls.mark_patch(*self.number.window)

    def _rescale(self):
        self.walls.each_its_own = self._own.get()
        if self._seen:
            self.show(self._seen)

    def _place_sash(self, event):
        """Give the walls the left half, once; then it is the person's."""
        if event.width > 100:
            self._panes.unbind("<Configure>")
            self._panes.sashpos(0, round(event.width * 0.48))

"""Panel: the whole network side by side, from the drawing to the answer, and one number's path."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from inspector.drawing import Snapshot
from inspector.panels.overview.columns import Columns
from inspector.parts.layout import Place
from inspector.tracing.path import Path, most_probable, trace

HINT = (
    "Lit: the path of the answer, always through the largest share. Click any number to light its "
    "own, or a layer's name to open all its maps."
)
BLANK = "Nothing is drawn yet: the numbers are those of blank paper."
ARRIVES = "Lit: the path of {name}, back to the pixels{onward}. Escape: the answer's path again."
STOPS = ", but not on to the answer: no later layer passes it on"


class OverviewPanel(ttk.Frame):
    """A column per stage of the network, with the channels that matter to the chosen number.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the number under the pointer, "" without one.
    on_point : callable
        Called with the `Place` of the number under the pointer, None without one.
    on_open : callable
        Called with the index of a layer (-1: the input) whose maps are to be opened.
    on_select : callable
        Called with the `Place` of a number that was clicked.

    Attributes
    ----------
    columns : Columns
    chosen : Place or None
        The number whose path is lit; None: the answer.
    path : Path or None
        The path that is lit; it is empty while nothing is drawn or chosen.
    hint : ttk.Label
    """

    title = "Overview"

    def __init__(
        self,
        parent: tk.Misc,
        on_hover: Callable[[str], None],
        on_point: Callable[[Place | None], None],
        on_open: Callable[[int], None],
        on_select: Callable[[Place], None],
    ) -> None:
        super().__init__(parent)
        self.chosen: Place | None = None
        self.path: Path | None = None
        self._snapshot: Snapshot | None = None
        self._on_hover, self._on_point, self._on_select = on_hover, on_point, on_select
        self.hint = ttk.Label(self, text=HINT, style="Muted.TLabel", anchor="w", width=1)
        self.hint.pack(side="bottom", fill="x", padx=6, pady=2)
        self.columns = Columns(self, self._hover, self._click, on_open)
        self.columns.pack(fill="both", expand=True)
        self.columns.canvas.bind("<Escape>", lambda event: self._release())
        self.hint.bind("<Configure>", lambda event: self._wrap(event.width))

    def _wrap(self, width):
        self.hint.configure(wraplength=width)

    def show(self, snapshot: Snapshot) -> None:
        """Show what the network computes for a drawing."""
        if self._snapshot is not None and snapshot.network is not self._snapshot.network:
            self.chosen = None
        self._snapshot = snapshot
        self.path = self._trace(snapshot)
        self.columns.show(snapshot, self.path)
        self.hint["text"] = self._say()

    def _trace(self, snapshot):
        """Return the path of the chosen number or else of the answer, if something is drawn."""
        maps = snapshot.maps
        if self.chosen is not None:
            entry = self.chosen[0] + 1
            at = self.chosen[1:] if maps[entry].ndim == 3 else self.chosen[3:]
            return trace(snapshot.network, maps, entry, at)
        if snapshot.blank:
            return Path([None] * len(maps), [None] * len(maps))
        return trace(snapshot.network, maps, *most_probable(maps))

    def choose(self, place: Place | None) -> None:
        """Light the path of a number; None: that of the answer."""
        self.chosen = place
        if self._snapshot is not None:
            self.show(self._snapshot)

    def pause(self) -> None:
        """Do nothing: this panel has no work between two refreshes."""

    def _say(self):
        blank = self._snapshot.blank
        if self.chosen is None:
            return BLANK if blank else HINT
        layer, row, column, channel = self.chosen
        network = self._snapshot.network
        name = f"{network.title(layer)}, {network.unit(layer)} {channel}"
        if self._snapshot.maps[layer + 1].ndim == 3:
            name += f", row {row}, column {column}"
        onward = " and on to the answer" if self.path.at[-1] is not None else STOPS
        lit = ARRIVES.format(name=name, onward=onward)
        return f"{BLANK} {lit}" if blank else lit

    def _release(self):
        """Light the path of the answer again."""
        self.choose(None)
        self._on_point(None)

    def _hover(self, place):
        self._on_point(place)
        self._on_hover("" if place is None else self.columns.describe(place))

    def _click(self, place):
        self.columns.canvas.focus_set()
        self.choose(place)
        self._on_select(place)

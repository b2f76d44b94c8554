"""The window that shows what the network computes, while the pen moves.

F2 in the first window opens it; ``python gui.py --inspect`` opens it at the start. A change of the
strokes schedules one refresh, which shows the newest strokes. Refreshes are limited to `FRAMES`
per second: on a slow machine frames are dropped, strokes are not.
"""

import time
import tkinter as tk
from tkinter import ttk

from data.canvas import from_strokes
from data.segments import strokes as segments
from data.segments.symbols import Line, Reading, Symbol
from inspector import style
from inspector.compare import ComparePanel
from inspector.drawing import Snapshot
from inspector.filters import FiltersPanel
from inspector.header import Header
from inspector.layers import LayersPanel
from inspector.layout import Place
from inspector.looks import look
from inspector.network import Network
from inspector.overview import OverviewPanel
from inspector.palette import Palette, pixels
from inspector.row import RowView
from inspector.why import WhyPanel

FRAMES = 30  # refreshes per second, at most


class Inspector(tk.Toplevel):
    """Shows what the network of the first window computes for its drawing.

    Parameters
    ----------
    app : gui.App
        The first window. This window is one of its ``observers`` until it is closed.
    canvas_size : int
        Side of the app's canvas, in pixels.
    pen_radius : int
        Radius of the app's pen, in pixels.

    Attributes
    ----------
    network : Network
        The network of the first window.
    refreshes : int
        Number of refreshes so far.
    reading : Reading
        The digits found in the drawing.
    selected : int
        Index of the symbol that the panels show.
    row : RowView
        The digits, if there are several.
    input : InputView
    bars : ProbabilityBars
    overview, layers, why, filters, compare : ttk.Frame
        The panels; ``panels`` has them in this order.
    notebook : ttk.Notebook
        Holds the panels.
    status : ttk.Label
        Describes the number under the pointer.
    """

    def __init__(self, app: tk.Tk, canvas_size: int, pen_radius: int) -> None:
        super().__init__(app)
        self.title("Digits: the inside of the network")
        self.refreshes = 0
        self.reading = Reading()
        self.selected = 0
        self._app = app
        self._snapshot: Snapshot | None = None
        self._pointed: Place | None = None  # the number under the pointer
        self._scheduled: str | None = None  # Tk's identifier of the next refresh
        self._refreshed_at = 0.0
        style.apply(self)
        self.network = Network(app.model, "the current network")
        self._palette = Palette.of(self)
        self._build(canvas_size, pen_radius)
        self.bind("<Control-w>", lambda event: self.destroy())
        self.bind("<Control-o>", lambda event: self._open_network())
        self.bind("<Control-d>", lambda event: style.toggle(self))
        self.bind("<F2>", lambda event: self._app.lift())
        self.bind("<<ThemeChanged>>", lambda event: self._read_theme())
        self.bind("<Destroy>", lambda event: event.widget is self and self._disconnect())
        app.observers.append(self.schedule_refresh)
        self.schedule_refresh()

    def _build(self, canvas_size, pen_radius):
        margin = pixels(self, 6)
        body = ttk.Frame(self)
        body.pack(fill="both", expand=True)
        self.status = ttk.Label(body, text="", anchor="w", font="TkFixedFont")
        self.status.pack(side="bottom", fill="x", padx=margin, pady=margin // 2)
        self.header = Header(body, canvas_size, pen_radius, self._show_status, self.select)
        self.header.pack(fill="x", padx=margin, pady=(margin, 0))
        self.input, self.bars = self.header.input, self.header.bars
        body.bind("<Configure>", lambda event: self.header.fit(event.width, event.height))
        self.row = RowView(body, self.select)
        self.notebook = ttk.Notebook(body)
        self.notebook.enable_traversal()  # Control-Tab, and Alt with the underlined letter
        self.layers = LayersPanel(self.notebook, self._show_status, self._point)
        self.why = WhyPanel(self.notebook, self._show_status)
        self.filters = FiltersPanel(self.notebook, self._show_status)
        self.compare = ComparePanel(self.notebook, self._show_status)
        self.overview = OverviewPanel(
            self.notebook, self._show_status, self._point, self.open_layer, self._select_number
        )
        self.panels = self.overview, self.layers, self.why, self.filters, self.compare
        for panel in self.panels:
            self.notebook.add(panel, text=panel.title, underline=0)
        self.notebook.pack(fill="both", expand=True, padx=margin)
        self.notebook.bind("<<NotebookTabChanged>>", lambda event: self._change_panel())
        self.geometry(f"{pixels(self, 1180)}x{pixels(self, 860)}")
        self.minsize(pixels(self, 640), pixels(self, 480))

    def schedule_refresh(self) -> None:
        """Refresh the window soon, unless a refresh is scheduled already."""
        if self._scheduled is None:
            elapsed = time.monotonic() - self._refreshed_at
            delay = max(1, round(1000 * (1 / FRAMES - elapsed)))
            self._scheduled = self.after(delay, self._refresh)

    @property
    def busy(self) -> bool:
        """Whether a refresh is scheduled: the window does not show the newest strokes yet."""
        return self._scheduled is not None

    @property
    def panel(self) -> ttk.Frame:
        """The visible panel."""
        return self.panels[self.notebook.index("current")]

    def _refresh(self):
        self._scheduled = None
        self._refreshed_at = time.monotonic()
        strokes = self._app.strokes
        self.reading = self._read(strokes)
        symbols = self.reading.symbols
        several = len(symbols) > 1
        self.selected = _nearest_digit(symbols, self.selected)
        drawing = symbols[self.selected].image if several else from_strokes(strokes)
        snapshot = Snapshot(drawing, not strokes, self.network, self._palette)
        boxes = [symbol.box for symbol in symbols] if several else []
        self.input.show(strokes, snapshot.drawing, snapshot.palette, boxes, self.selected)
        self.bars.show(snapshot.probabilities, snapshot.palette)
        self._show_row(several)
        self.panel.show(snapshot)
        self._snapshot = snapshot
        self._point(self._pointed)
        self.refreshes += 1

    def select(self, index: int) -> None:
        """Look inside the symbol of this index; nothing happens at a sign."""
        if self.reading.symbols[index].image is not None:
            self.selected = index
            self.schedule_refresh()

    def open_layer(self, layer: int) -> None:
        """Open all maps of a layer (-1: the input)."""
        self.notebook.select(self.layers)
        self.update_idletasks()
        if self._snapshot is not None:
            self.layers.show(self._snapshot)
        self.layers.maps.reveal(layer)

    def _select_number(self, place):
        """Write out a number that was chosen in the overview, once its layer is opened."""
        if self._snapshot is not None:
            self.layers.show(self._snapshot)
            self.layers.maps.select(place)

    def _read(self, strokes):
        """Return the digits of the drawing; one without probabilities if the network overflows."""
        try:
            return segments.find(strokes, self._app.model.predict_proba)
        except FloatingPointError:
            return Reading([Line([Symbol("", (0, 0, 0, 0), from_strokes(strokes))])])

    def _show_row(self, several):
        """Show the row of digits above the panels, if there are several."""
        if several:
            self.row.show(self.reading, self.selected, self._palette)
            self.row.pack(fill="x", padx=pixels(self, 6), before=self.notebook)
        else:
            self.row.pack_forget()

    def _change_panel(self):
        """Pause the hidden panels and bring the visible one up to date."""
        for panel in self.panels:
            if panel is not self.panel:
                panel.pause()
        self.schedule_refresh()

    def _point(self, place):
        """Show what a number looks at: the one under the pointer or, without one, the selected."""
        self._pointed = place
        if self._snapshot is not None:
            shown = place or self.layers.maps.selected
            self.input.mark(look(self.network, self._snapshot.maps, shown))

    def _show_status(self, text):
        self.status["text"] = text

    def _open_network(self):
        self.notebook.select(self.compare)
        self.compare.choose()

    def _read_theme(self):
        self._palette = Palette.of(self)
        self.schedule_refresh()

    def _disconnect(self):
        self._app.observers.remove(self.schedule_refresh)
        if self._scheduled is not None:
            self.after_cancel(self._scheduled)


def _nearest_digit(symbols, index):
    """Return the index of the digit that is nearest to an index; 0 without digits."""
    digits = [i for i, symbol in enumerate(symbols) if symbol.image is not None]
    return min(digits, key=lambda i: abs(i - index), default=0)

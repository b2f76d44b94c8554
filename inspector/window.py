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
from inspector.drawing import Snapshot
from inspector.idle import Later
from inspector.network import Network
from inspector.opening.menu import OpenMenu
from inspector.opening.pictures import Opened
from inspector.panels.compare import ComparePanel
from inspector.panels.filters import FiltersPanel
from inspector.panels.layers import LayersPanel
from inspector.panels.learning.panel import LearningPanel
from inspector.panels.overview.panel import OverviewPanel
from inspector.panels.why import WhyPanel
from inspector.parts.header import Header
from inspector.parts.input import YOUR_DRAWING
from inspector.parts.layout import Place
from inspector.parts.row import RowView
from inspector.teaching.window import TeachButton
from inspector.theme import style
from inspector.theme.palette import Palette, pixels
from inspector.threads import one_thread
from inspector.tracing.looks import look

FRAMES = 30  # refreshes per second, at most
ERROR_STAYS = 5.0  # seconds
KEYS = {"Two networks": "n"}
"""Letter that selects a panel with Alt, where it is not the title's first one: T teaches."""


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
    opened : Opened or None
        The picture shown in place of the strokes.
    selected : int
        Index of the symbol that the panels show.
    row : RowView
        The digits, if there are several.
    input : InputView
    bars : ProbabilityBars
    overview, layers, learning, why, filters, compare : ttk.Frame
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
        self._next_refresh = Later(self)
        self._refreshed_at = 0.0
        style.apply(self)
        self.network = Network(app.model, "the current network")
        self._palette = Palette.of(self)
        self.opened: Opened | None = None
        self._error_ends = 0.0
        self._build(canvas_size, pen_radius)
        self.bind("<Control-w>", lambda event: self.destroy())
        self.bind("<Control-d>", lambda event: style.toggle(self))
        self.bind("<F2>", lambda event: self._app.lift())
        self.bind("<<ThemeChanged>>", lambda event: self._read_theme())
        self.bind("<Destroy>", lambda event: event.widget is self and self._disconnect(), add=True)
        app.observers.append(self._strokes_changed)
        self.schedule_refresh()

    def _build(self, canvas_size, pen_radius):
        margin = pixels(self, 6)
        body = ttk.Frame(self)
        body.pack(fill="both", expand=True)
        self._build_bar(body, margin)
        self.header = Header(body, canvas_size, pen_radius, self._show_status, self.select)
        self.header.pack(fill="x", padx=margin, pady=(margin, 0))
        self.input, self.bars = self.header.input, self.header.bars
        body.bind("<Configure>", lambda event: self.header.fit(event.width, event.height))
        self.row = RowView(body, self.select)
        self.notebook = ttk.Notebook(body)
        self.notebook.enable_traversal()  # Control-Tab, and Alt with the underlined letter
        self.layers = LayersPanel(self.notebook, self._show_status, self._point)
        self.learning = LearningPanel(self.notebook, self._show_status, self.schedule_refresh)
        self.bars.canvas.bind("<Button-1>", self.learning.name_at)
        self.why = WhyPanel(self.notebook, self._show_status)
        self.filters = FiltersPanel(self.notebook, self._show_status)
        self.compare = ComparePanel(self.notebook, self._show_status)
        self.overview = OverviewPanel(
            self.notebook, self._show_status, self._point, self.open_layer, self._select_number
        )
        panels = self.overview, self.layers, self.learning, self.why, self.filters, self.compare
        self.panels = panels
        for panel in self.panels:
            underlined = panel.title.index(KEYS.get(panel.title, panel.title[0]))
            self.notebook.add(panel, text=panel.title, underline=underlined)
        self.notebook.pack(fill="both", expand=True, padx=margin)
        self.notebook.bind("<<NotebookTabChanged>>", lambda event: self._change_panel())
        self.open_menu.colour(self._palette)
        screen = self.winfo_screenwidth(), self.winfo_screenheight()
        size = (min(pixels(self, n), most) for n, most in zip((1180, 860), screen, strict=True))
        self.geometry("x".join(map(str, size)))
        self.minsize(pixels(self, 640), pixels(self, 480))

    def _build_bar(self, body, margin):
        """Build the bar at the bottom: what is under the pointer, and two buttons."""
        bar = ttk.Frame(body)
        bar.pack(side="bottom", fill="x", padx=margin, pady=margin // 2)
        theme = ttk.Button(bar, text="Light or dark", style="Tool.TButton",
                           command=lambda: style.toggle(self))  # fmt: skip
        theme.pack(side="right")
        TeachButton(bar, self, self._app).pack(side="right")
        self.open_menu = OpenMenu(
            bar, self._app, self.show_opened, self._show_error, self._open_network
        )
        self.open_menu.pack(side="right", padx=margin)
        self.status = ttk.Label(bar, text="", anchor="w", font="TkFixedFont", width=1)
        self.status.pack(side="left", fill="x", expand=True)

    def show_opened(self, opened: Opened) -> None:
        """Show a picture in place of the strokes, until they change."""
        self.opened = opened
        self.selected = 0
        self._show_status("")
        self.schedule_refresh()

    def _strokes_changed(self):
        self.opened = None
        self.schedule_refresh()

    def schedule_refresh(self) -> None:
        """Refresh the window soon, unless a refresh is scheduled already."""
        if not self._next_refresh.waits:
            elapsed = time.monotonic() - self._refreshed_at
            delay = max(1, round(1000 * (1 / FRAMES - elapsed)))
            self._next_refresh.start(delay, self._refresh)

    @property
    def busy(self) -> bool:
        """Whether a refresh is scheduled: the window does not show the newest strokes yet."""
        return self._next_refresh.waits

    @property
    def panel(self) -> ttk.Frame:
        """The visible panel."""
        return self.panels[self.notebook.index("current")]

    def _refresh(self):
        with one_thread():
            self._show_newest()

    def _show_newest(self):
        self._refreshed_at = time.monotonic()
        opened = self.opened
        strokes = opened.picture if opened else self._app.strokes
        self.reading = opened.reading if opened else self._read(strokes)
        symbols = self.reading.symbols
        several = len(symbols) > 1
        self.selected = _nearest_digit(symbols, self.selected)
        read = symbols[self.selected].image if several or opened else from_strokes(strokes)
        snapshot = Snapshot(read, not (opened or strokes), self.network, self._palette)
        boxes = [symbol.box for symbol in symbols] if several else []
        title = opened.name if opened else YOUR_DRAWING
        self.input.show(strokes, read, self._palette, boxes, self.selected, title)
        self._show_row(several)
        self.panel.show(snapshot)
        # The Learning panel's copy of the network may have learned.
        shown = self.learning if self.panel is self.learning else snapshot
        self.bars.show(shown.probabilities, snapshot.palette)
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
        """Pause the hidden panels and bring the visible one up to date.

        What the pointer was at in the panel before is forgotten.
        """
        self._pointed = None
        self._show_status("")
        for panel in self.panels:
            if panel is not self.panel:
                panel.pause()
        self.schedule_refresh()

    def _point(self, place):
        """Show what a number looks at: the one under the pointer or else that of the panel."""
        self._pointed = place
        if self._snapshot is not None:
            selected = {self.overview: self.overview.chosen, self.layers: self.layers.maps.selected}
            shown = place or selected.get(self.panel)
            self.input.mark(look(self.network, self._snapshot.maps, shown))

    def _show_status(self, text):
        """Describe what is under the pointer; an error stays for a while."""
        if time.monotonic() >= self._error_ends:
            self.status.configure(text=text, style="TLabel")

    def _show_error(self, text):
        self.status.configure(text=text, style="Error.TLabel")
        self._error_ends = time.monotonic() + ERROR_STAYS

    def _open_network(self):
        self.notebook.select(self.compare)
        self.compare.choose()

    def _read_theme(self):
        self._palette = Palette.of(self)
        self.open_menu.colour(self._palette)
        self.schedule_refresh()

    def _disconnect(self):
        self._app.observers.remove(self._strokes_changed)


def _nearest_digit(symbols, index):
    """Return the index of the digit that is nearest to an index; 0 without digits."""
    digits = [i for i, symbol in enumerate(symbols) if symbol.image is not None]
    return min(digits, key=lambda i: abs(i - index), default=0)

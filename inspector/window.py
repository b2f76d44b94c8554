"""The second window: the drawing travels through the network before your eyes.

F2 in the first window opens it (``python gui.py --inspect`` starts with it). It follows the pen:
at most `FRAMES` times a second it takes the newest strokes and shows what the network makes of
them. Whatever the machine can do, strokes are never waited for and never lost; frames are.
"""

import time
import tkinter as tk
from tkinter import ttk

from data.canvas import from_strokes
from inspector.compare import ComparePanel
from inspector.drawing import Snapshot
from inspector.filters import FiltersPanel
from inspector.input import InputView
from inspector.layers import LayersPanel
from inspector.network import Network
from inspector.palette import Palette, pixels
from inspector.probabilities import ProbabilityBars
from inspector.why import WhyPanel

FRAMES = 30  # a second


class Inspector(tk.Toplevel):
    """Shows the inside of the network that the first window reads with.

    Parameters
    ----------
    app : gui.App
        Its strokes are followed, through its ``observers``, until this window is closed.
    paper, pen : int
        Side of the canvas and radius of the pen, in pixels.

    Attributes
    ----------
    refreshes : int
        How often the drawing was shown.
    """

    def __init__(self, app: tk.Tk, paper: int, pen: int) -> None:
        super().__init__(app)
        self.title("Digits: the inside of the network")
        self.refreshes = 0
        self._app = app
        self._pending: str | None = None
        self._shown_at = 0.0
        self.network = Network(app.model, "the network in use")
        self._palette = Palette.of(self)
        self._build(paper, pen)
        self.bind("<Control-w>", lambda event: self.destroy())
        self.bind("<Control-o>", lambda event: self._open())
        self.bind("<F2>", lambda event: self._app.lift())
        self.bind("<<ThemeChanged>>", lambda event: self._rethemed())
        self.bind("<Destroy>", lambda event: event.widget is self and self._leave())
        app.observers.append(self.changed)
        self.changed()

    def _build(self, paper, pen):
        margin = pixels(self, 6)
        body = ttk.Frame(self)
        body.pack(fill="both", expand=True)
        self.hint = ttk.Label(body, text="", anchor="w", font="TkFixedFont")
        self.hint.pack(side="bottom", fill="x", padx=margin, pady=margin // 2)
        top = ttk.Frame(body)
        top.pack(fill="x", padx=margin, pady=margin)
        self.sight = InputView(top, paper, pen, self._hover)
        self.sight.pack(side="left")
        self.bars = ProbabilityBars(top)
        self.bars.pack(side="left", padx=4 * margin, anchor="n")
        self.book = ttk.Notebook(body)
        self.book.enable_traversal()  # Control-Tab, and Alt with the underlined letter
        self.layers = LayersPanel(self.book, self._hover)
        self.why = WhyPanel(self.book, self._hover)
        self.filters = FiltersPanel(self.book, self._hover)
        self.compare = ComparePanel(self.book, self._hover)
        self.panels = self.layers, self.why, self.filters, self.compare
        for panel in self.panels:
            self.book.add(panel, text=panel.title, underline=0)
        self.book.pack(fill="both", expand=True, padx=margin)
        self.book.bind("<<NotebookTabChanged>>", lambda event: self._turned())
        self.geometry(f"{pixels(self, 1180)}x{pixels(self, 860)}")
        self.minsize(pixels(self, 640), pixels(self, 480))

    def changed(self) -> None:
        """See to it that the newest strokes are shown soon; called whenever they change."""
        if self._pending is None:
            rested = time.monotonic() - self._shown_at
            wait = max(1, round(1000 * (1 / FRAMES - rested)))
            self._pending = self.after(wait, self._refresh)

    @property
    def panel(self) -> ttk.Frame:
        """The panel that can be seen."""
        return self.panels[self.book.index("current")]

    def _refresh(self):
        self._pending = None
        self._shown_at = time.monotonic()
        strokes = self._app.strokes
        seen = Snapshot(from_strokes(strokes), not strokes, self.network, self._palette)
        self.sight.show(strokes, seen.drawing, seen.palette)
        self.bars.show(seen.probabilities, seen.palette)
        self.panel.show(seen)
        self.refreshes += 1

    def _turned(self):
        """Another panel is to be seen: it is not up to date, and the others rest."""
        for panel in self.panels:
            if panel is not self.panel:
                panel.pause()
        self.changed()

    def _hover(self, text):
        self.hint["text"] = text

    def _open(self):
        self.book.select(self.compare)
        self.compare.choose()

    def _rethemed(self):
        self._palette = Palette.of(self)
        self.changed()

    def _leave(self):
        self._app.observers.remove(self.changed)
        if self._pending is not None:
            self.after_cancel(self._pending)

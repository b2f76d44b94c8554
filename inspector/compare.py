"""Panel: two networks read the same drawing: the window's, and one from a file."""

import threading
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog, ttk

import weights
from guard.terminal import one_line
from inspector.drawing import Snapshot
from inspector.maps import LayerMaps
from inspector.network import Network
from inspector.palette import pixels
from inspector.probabilities import ProbabilityBars
from nn import Sequential, convert

READING_MS = 50
"""Between two looks whether a file has been read, in milliseconds."""


class Reading(threading.Thread):
    """A thread that reads a network.

    Parameters
    ----------
    path : str

    Attributes
    ----------
    model : Sequential or None
        The network; None if it cannot be read.
    error : str
        Why it cannot be read, one line; "" if it can.
    """

    def __init__(self, path: str) -> None:
        super().__init__(daemon=True)
        self.path = path
        self.model: Sequential | None = None
        self.error = ""
        self.start()

    def run(self) -> None:
        """Read the file."""
        try:
            self.model = weights.load(self.path)
        except Exception as error:  # nobody else would see it
            self.error = one_line(" ".join(str(error).split()) or type(error).__name__)


class ComparePanel(ttk.Frame):
    """A column per network: its name, its probabilities and its feature maps.

    Parameters
    ----------
    parent : tk.Misc
    on_hover : callable
        Called with a description of the number under the pointer, "" without one.

    Attributes
    ----------
    second : Network or None
        The network opened for comparison.
    message : ttk.Label
        The error of the last file, if there was one.
    names, bars, maps : list
        The labels, `ProbabilityBars` and `LayerMaps` of the two columns.
    """

    title = "Two networks"

    def __init__(self, parent: tk.Misc, on_hover: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.second: Network | None = None
        self._snapshot: Snapshot | None = None
        self._reading: Reading | None = None
        bar = ttk.Frame(self)
        ttk.Button(bar, text="Open a network (Ctrl+O)", command=self.choose).pack(side="left")
        self.message = ttk.Label(bar, text="Accepts .npz, .h5, .keras and .onnx files.")
        self.message.pack(side="left", padx=8)
        bar.grid(row=0, column=0, columnspan=2, sticky="ew", padx=8, pady=4)
        self.names, self.bars, self.maps = [], [], []
        for column in range(2):
            name = ttk.Label(self, text="" if column == 0 else "no second network yet")
            name.grid(row=1, column=column, sticky="w", padx=pixels(self, 8))
            bars = ProbabilityBars(self)
            bars.grid(row=2, column=column, sticky="w", padx=pixels(self, 8))
            maps = LayerMaps(self, on_hover)
            maps.grid(row=3, column=column, sticky="nsew", padx=pixels(self, 4))
            self.columnconfigure(column, weight=1, uniform="networks")
            self.names.append(name)
            self.bars.append(bars)
            self.maps.append(maps)
        for widget in (self.bars[1], self.maps[1]):
            widget.grid_remove()  # until there is a second network
        self.rowconfigure(3, weight=1)

    def choose(self) -> None:
        """Ask for a file and open it."""
        path = filedialog.askopenfilename(
            parent=self, title="Open a network",
            filetypes=[("networks", convert.SUFFIXES), ("all files", "*")],
        )  # fmt: skip
        if path:
            self.open(path)

    def open(self, path: str) -> None:
        """Show a saved network in the second column; if it cannot be read, only say why.

        It is read in a thread, so that the window stays responsive. If another file is opened
        meanwhile, that one is shown.
        """
        self._reading = reading = Reading(path)
        self.message["text"] = f"reading {Path(path).name} ..."
        self.after(READING_MS, self._show_when_read, reading)

    def _show_when_read(self, reading: "Reading") -> None:
        """Show a network once its thread has ended."""
        if reading is not self._reading:
            return
        if reading.is_alive():
            self.after(READING_MS, self._show_when_read, reading)
            return
        self._reading = None
        self.message["text"] = reading.error
        if reading.model is None:
            return
        self.second = Network(reading.model, Path(reading.path).name)
        for widget in (self.bars[1], self.maps[1]):
            widget.grid()
        if self._snapshot is not None:
            self.show(self._snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """Show the output of the networks for a drawing."""
        self._snapshot = snapshot
        both = [snapshot] if self.second is None else [snapshot, snapshot.through(self.second)]
        for column, each in enumerate(both):
            parameters = sum(w.size for w in each.network.model.named_params().values())
            self.names[column]["text"] = f"{each.network.name}: {parameters:,} parameters"
            self.bars[column].show(each.probabilities, each.palette)
            self.maps[column].show(each.network, each.maps, each.palette)

    def pause(self) -> None:
        """Do nothing: this panel has no work between two refreshes."""

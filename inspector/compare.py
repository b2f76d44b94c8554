"""Two networks: the same drawing through the one in use and through any saved one."""

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog, ttk

import weights
from inspector.drawing import Snapshot
from inspector.maps import LayerMaps
from inspector.network import Network
from inspector.palette import pixels
from inspector.probabilities import ProbabilityBars
from nn import ModelFileError, convert


class ComparePanel(ttk.Frame):
    """Two columns, each with a network's name, its answer and its maps.

    Attributes
    ----------
    second : Network or None
    message : ttk.Label
        What went wrong with the last file, if anything did.
    """

    title = "Two networks"

    def __init__(self, parent: tk.Misc, on_hover: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.second: Network | None = None
        self._seen: Snapshot | None = None
        bar = ttk.Frame(self)
        self.button = ttk.Button(bar, text="Open a network (Ctrl+O)", command=self.choose)
        self.button.pack(side="left")
        self.message = ttk.Label(bar, text="Of this program, of Keras or ONNX.")
        self.message.pack(side="left", padx=8)
        bar.grid(row=0, column=0, columnspan=2, sticky="ew", padx=8, pady=4)
        self.names, self.bars, self.walls = [], [], []
        for column in range(2):
            name = ttk.Label(self, text="" if column == 0 else "no second network yet")
            name.grid(row=1, column=column, sticky="w", padx=pixels(self, 8))
            bars = ProbabilityBars(self)
            bars.grid(row=2, column=column, sticky="w", padx=pixels(self, 8))
            walls = LayerMaps(self, on_hover)
            walls.grid(row=3, column=column, sticky="nsew", padx=pixels(self, 4))
            self.columnconfigure(column, weight=1, uniform="networks")
            self.names.append(name)
            self.bars.append(bars)
            self.walls.append(walls)
        for widget in (self.bars[1], self.walls[1]):
            widget.grid_remove()  # until there is a second network
        self.rowconfigure(3, weight=1)

    def choose(self) -> None:
        """Ask for a file and open it."""
        path = filedialog.askopenfilename(
            parent=self, title="Open a network",
            filetypes=[("networks", [".npz", *convert.READERS]), ("all files", "*")],
        )  # fmt: skip
        if path:
            self.open(path)

    def open(self, path: str) -> None:
        """Show a saved network beside the first; if it is none, say so and change nothing."""
        try:
            model = weights.load(path)
        except (ModelFileError, OSError) as error:
            self.message["text"] = " ".join(str(error).split())
            return
        self.message["text"] = ""
        self.second = Network(model, Path(path).name)
        for widget in (self.bars[1], self.walls[1]):
            widget.grid()
        if self._seen is not None:
            self.show(self._seen)

    def show(self, seen: Snapshot) -> None:
        """Send the drawing through both."""
        self._seen = seen
        both = [seen] if self.second is None else [seen, seen.through(self.second)]
        for column, one in enumerate(both):
            weights = sum(w.size for w in one.network.model.named_params().values())
            self.names[column]["text"] = f"{one.network.name}: {weights:,} parameters"
            self.bars[column].show(one.probabilities, one.palette)
            self.walls[column].show(one.network, one.maps, one.palette)

    def pause(self) -> None:
        """Do nothing: no work goes on between two drawings."""

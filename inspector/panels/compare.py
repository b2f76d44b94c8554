"""Panel: two networks read the same drawing: the window's, and one from a file or made here."""

import tkinter as tk
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tkinter import filedialog, ttk

from inspector.drawing import Snapshot
from inspector.idle import Later
from inspector.network import Network
from inspector.panels import fresh
from inspector.panels.fresh import FirstEpoch, NetworkReader, untrained
from inspector.parts.maps import LayerMaps
from inspector.parts.probabilities import ProbabilityBars
from inspector.theme.palette import pixels
from inspector.threads import beside_window
from nn import convert

ACCEPTS = "Files of networks: .npz, .h5, .keras and .onnx"
EPOCH, STOP = "One epoch old", "Stop training"
LOW = 450  # of the panel, 1/96 inch: below it the bars stand in two columns
LOOK_EVERY = 200  # milliseconds between two looks at a training
READING_MS = 50  # milliseconds between two looks whether a file has been read


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
        The error of the last file, if there was one, or how far a training is.
    epoch : ttk.Button
        Starts the training of an untrained network, or stops it.
    names, bars, maps : list
        The labels, `ProbabilityBars` and `LayerMaps` of the two columns.
    """

    title = "Two networks"

    def __init__(self, parent: tk.Misc, on_hover: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.second: Network | None = None
        self._snapshot: Snapshot | None = None
        self._training: FirstEpoch | None = None
        self._next_look, self._when_read = Later(self), Later(self)
        self._beside = ExitStack()  # is in `beside_window` while a network is in training
        self._of: Network | None = None  # the network whose layers are trained
        self._build_bar()
        self.names, self.bars, self.maps = [], [], []
        for column in range(2):
            name = ttk.Label(self, text="" if column == 0 else "no second network yet")
            name.grid(row=2, column=column, sticky="w", padx=pixels(self, 8))
            bars = ProbabilityBars(self)
            bars.grid(row=3, column=column, sticky="w", padx=pixels(self, 8))
            maps = LayerMaps(self, on_hover)
            maps.grid(row=4, column=column, sticky="nsew", padx=pixels(self, 4))
            self.columnconfigure(column, weight=1, uniform="networks")
            self.names.append(name)
            self.bars.append(bars)
            self.maps.append(maps)
        for widget in (self.bars[1], self.maps[1]):
            widget.grid_remove()  # until there is a second network
        self.rowconfigure(4, weight=1)
        self.bind("<Configure>", self._resize)

    def _build_bar(self):
        bar = ttk.Frame(self)
        _, self.epoch, _ = (
            ttk.Button(bar, text=text, command=command, style="Tool.TButton")
            for text, command in (
                ("An untrained one", self.show_untrained),
                (EPOCH, self.show_first_epoch),
                ("Open a network (Ctrl+O)", self.choose),
            )
        )
        for button in bar.winfo_children():
            button.pack(side="left", padx=(0, pixels(self, 4)))
        bar.grid(row=0, column=0, columnspan=2, sticky="ew", padx=8, pady=4)
        self.message = ttk.Label(self, text=ACCEPTS, style="Muted.TLabel")
        self.message.grid(row=1, column=0, columnspan=2, sticky="ew", padx=8)
        self.bind("<Destroy>", lambda event: event.widget is self and self._close(), add=True)

    def _resize(self, event):
        """Leave the maps room in a low window."""
        low = event.height < pixels(self, LOW)
        for bars in self.bars:
            bars.resize(event.width // 2 - pixels(self, 24), pixels(self, 75 if low else 150))

    def show_untrained(self) -> None:
        """Compare with a network of the same layers and fresh weights."""
        if self._snapshot is not None:
            model = untrained(self._snapshot.network.model)
            self.message["text"] = ""
            self._take(Network(model, "untrained"))

    def show_first_epoch(self) -> None:
        """Compare with an untrained network after one epoch of training, in a thread.

        While it is in training, this stops it.
        """
        if self._snapshot is None:
            return
        if self.busy:
            self.stop_training()
            return
        if self._training is None or self._of is not self._snapshot.network:
            self._of = self._snapshot.network
            self._beside.enter_context(beside_window())
            self._training = FirstEpoch(self._of.model)
            self.epoch["text"] = STOP
        self._look()

    def stop_training(self) -> None:
        """Cancel the training; the network that was shown stays."""
        if self._training is not None:
            self._training.stop()

    @property
    def busy(self) -> bool:
        """Whether a network is in training."""
        return self._training is not None and not self._training.done

    def _look(self):
        """Say how far the training is; show its network at the end."""
        training = self._training
        if training is None:
            return
        if not training.done:
            loss = "" if training.share == 0 else f", loss {training.loss:.2f}"
            digits = f"{fresh.DIGITS:,} digits"
            self.message["text"] = f"training for one epoch of {digits}: {training.share:.0%}{loss}"
            self._next_look.start(LOOK_EVERY, self._look)
            return
        self._beside.close()
        self.epoch["text"] = EPOCH
        if training.error or training.share < 1:
            why = f"failed: {training.error}" if training.error else "was stopped"
            self.message["text"] = f"the training {why}"
            self._training = None
        else:
            self.message["text"] = ""
            self._take(Network(training.model, "one epoch old"))

    def _close(self):
        if self._training is not None:
            self._training.join()
        self._beside.close()

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
        reading = NetworkReader(path)
        self.message["text"] = f"reading {Path(path).name} ..."
        self._when_read.start(READING_MS, self._show_when_read, reading)

    def _show_when_read(self, reading: NetworkReader) -> None:
        """Show a network once its thread has ended."""
        if reading.is_alive():
            self._when_read.start(READING_MS, self._show_when_read, reading)
            return
        self.message["text"] = reading.error
        if reading.model is None:
            return
        self._take(Network(reading.model, Path(reading.path).name))

    def _take(self, network):
        """Show a network in the second column."""
        self.second = network
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

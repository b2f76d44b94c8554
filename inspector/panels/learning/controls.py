"""The controls of the Learning panel: the right answer, the player, a step of learning."""

import math
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from inspector.parts.flow import Flow
from inspector.parts.probabilities import LINE
from inspector.theme.palette import pixels

OWN = -1  # no label was named: the network's own answer counts as right
SPEEDS = 0.3, 300.0  # positions per second
RATES = 1e-4, 1.0  # learning rates
LOSS = 18  # width of the line about the loss, characters


class LogScale(ttk.Frame):
    """A slider whose value grows by a factor, with its name and its value.

    Attributes
    ----------
    value : float
    """

    def __init__(self, parent: tk.Misc, name: str, limits, start: float) -> None:
        super().__init__(parent)
        self._low, self._high = limits
        self._name = name
        self.label = ttk.Label(self, width=len(name) + 6)
        self.scale = ttk.Scale(
            self, from_=0, to=1, length=pixels(self, 70), command=lambda share: self._write()
        )
        self.label.pack(side="left")
        self.scale.pack(side="left")
        self.value = start

    @property
    def value(self) -> float:
        """The value, between the limits."""
        return self._low * (self._high / self._low) ** float(self.scale.get())

    @value.setter
    def value(self, value: float) -> None:
        self.scale.set(math.log(value / self._low) / math.log(self._high / self._low))
        self._write()

    def _write(self):
        value = self.value
        shown = f"{value:.0f}" if value > 10 else f"{value:.2g}"
        self.label["text"] = f"{self._name} {shown}"


class Controls(Flow):
    """The controls, in as many lines as the width asks for.

    Parameters
    ----------
    parent : tk.Misc
    do : dict of str to callable
        What the controls call, by name: ``label``, ``train``, ``play``, ``turn`` (with -1 or 1),
        ``all``, ``step``, ``undo``, ``back``.

    Attributes
    ----------
    label, train : tk.IntVar, tk.BooleanVar
        The digit named, or `OWN`; whether to show the pass as in training.
    speed, rate : LogScale
    loss : ttk.Label
    buttons : dict of str to ttk.Button
    """

    def __init__(self, parent: tk.Misc, do: dict[str, Callable]) -> None:
        super().__init__(parent, pixels(parent, 6))
        self.buttons: dict[str, ttk.Button] = {}
        self.label, self.train = tk.IntVar(self, OWN), tk.BooleanVar(self, False)
        self._build_labels(do)
        self.loss = ttk.Label(self, width=LOSS)
        player = ttk.Frame(self)
        self._button(player, "previous", "◀", lambda: do["turn"](-1))
        self._button(player, "play", "Play", do["play"])
        self._button(player, "next", "▶", lambda: do["turn"](1))
        self._button(player, "all", "Show all", do["all"])
        self.speed = LogScale(player, "speed", SPEEDS, 3.0)
        self.speed.pack(side="left", padx=pixels(self, 4))
        ttk.Checkbutton(
            self, text="as in training", variable=self.train,
            command=do["train"], takefocus=False,
        )  # fmt: skip
        step = ttk.Frame(self)
        self.rate = LogScale(step, "learning rate", RATES, 0.001)
        self.rate.pack(side="left")
        self._button(step, "step", "Learn", do["step"])
        self._button(step, "undo", "Undo", do["undo"])
        self._button(step, "back", "All back", do["back"])

    def _build_labels(self, do):
        bar = ttk.Frame(self)
        ttk.Label(bar, text="It is").pack(side="left")
        choices = [(OWN, "as read"), *((digit, str(digit)) for digit in range(10))]
        for value, text in choices:
            ttk.Radiobutton(
                bar, text=text, value=value, variable=self.label, command=do["label"],
                takefocus=False,
            ).pack(side="left", padx=1)  # fmt: skip

    def _button(self, bar, name, text, command):
        button = ttk.Button(
            bar, text=text, command=command, takefocus=False, width=len(text) + 1,
            style="Tool.TButton",
        )  # fmt: skip
        button.pack(side="left", padx=1)
        self.buttons[name] = button


def bar_at(canvas: tk.Canvas, x: int, y: int) -> int:
    """Return the digit whose bar on the canvas of a `ProbabilityBars` is nearest to a pixel."""
    bars = [canvas.coords(i) for i in canvas.find_all() if canvas.type(i) == "rectangle"]
    name = 2 * pixels(canvas, LINE)  # a bar's digit is to its left

    def distance(digit):
        left, top, _, bottom = bars[digit]
        # The bars may stand in two columns: of those beside the pixel, the nearest one is meant.
        return abs(y - (top + bottom) / 2) + (x - left) / 100, left

    return min(
        (digit for digit in range(10) if bars[digit][0] - name <= x), key=distance, default=0
    )

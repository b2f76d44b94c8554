"""Pauses of the window while the pen moves: alone, and while a correction is learned.

A ticker in Tk's loop notes when it is called. The longest time between two of its calls is the
longest time for which the window answered nothing.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from unittest import mock

import numpy as np

import gui
from inspector.opening.tour import four
from weights.hand import rehearsal, warps

TICK = 2  # milliseconds
EVENT = 10  # milliseconds from one movement of the pen to the next
AFTERWARDS = 0.3  # seconds that are watched after a correction: both windows show what it changed
LABELS = 4, 9  # what the drawings, between a 4 and a 9, are said to be in turn


@dataclass
class Pauses:
    """What was measured, once for each correction or without one.

    Attributes
    ----------
    seconds : list of float
        How long the correction took, from its label to the new network in use.
    longest : list of float
        Longest pause of the window meanwhile, milliseconds.
    """

    seconds: list[float] = field(default_factory=list)
    longest: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return medians and extremes by name."""
        return {
            "times": len(self.longest), "seconds": median(self.seconds),
            "median_ms": median(self.longest), "longest_ms": max(self.longest),
        }  # fmt: skip


def measure(app: gui.App, corrections: int, folder: Path) -> dict[str, Pauses]:
    """Let the pen move: as often alone as while a correction is learned.

    Parameters
    ----------
    app : gui.App
        With a hand.
    corrections : int
        Number of corrections after the first one.
    folder : Path
        For the features of the rehearsed digits. It is empty, so the first correction computes
        them.
    """
    assert app.hand is not None
    drawings = warps.variations(four(app.model), corrections + 1, np.random.default_rng(0))
    found = {"the pen alone": Pauses(), "the first correction": Pauses(), "a correction": Pauses()}
    with mock.patch.object(rehearsal, "cache_file", return_value=folder / "rehearsal.npz"):
        for number, drawing in enumerate(drawings):
            strokes = [[(round(x), round(y)) for x, y in stroke] for stroke in drawing]
            app.show_strokes(strokes)
            label = LABELS[number % 2]
            kind = "a correction" if number else "the first correction"
            _watch(app, found[kind], lambda label=label: app.lessons.teach(label))
            _watch(app, found["the pen alone"], lambda: None)
    return found


def _watch(app: gui.App, pauses: Pauses, begin: Callable[[], None]) -> None:
    """Begin a correction, move the pen until it is learned, and note the longest pause."""
    called = [time.perf_counter()]
    app.update()
    start = called[0] = time.perf_counter()
    learned = math.inf

    def tick():
        nonlocal learned
        called.append(time.perf_counter())
        if not app.lessons.busy:
            learned = min(learned, called[-1])
        if called[-1] - learned > AFTERWARDS:
            app.quit()
        else:
            app.after(TICK, tick)

    def move():
        t = time.perf_counter() - start
        x, y = round(150 + 60 * math.sin(4 * t)), round(150 - 80 * math.cos(1.3 * t))
        app.canvas.event_generate("<B1-Motion>", x=x, y=y)
        moving[0] = app.after(EVENT, move)

    moving = [""]
    app.canvas.event_generate("<ButtonPress-1>", x=150, y=70)
    begin()
    tick()
    move()
    app.mainloop()
    app.after_cancel(moving[0])
    app.canvas.event_generate("<ButtonRelease-1>", x=150, y=70)
    pauses.seconds.append(learned - start)
    pauses.longest.append(1000 * max(b - a for a, b in pairwise(called)))


def rows(found: dict[str, Pauses]) -> list[list[str]]:
    """Return the rows of a table, one for each kind: name, number, seconds, two pauses."""
    figures = {kind: pauses.figures() for kind, pauses in found.items()}
    return [
        [kind, str(f["times"]), f"{f['seconds']:.2f}", f"{f['median_ms']:.0f}",
         f"{f['longest_ms']:.0f}"]
        for kind, f in figures.items()
    ]  # fmt: skip

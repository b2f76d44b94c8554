"""Refreshes of the inspector while the pen moves: ``python -m benchmarks.window``.

Opens both windows, moves the pen by itself and counts, for each panel: pointer events and refreshes
a second, how long a refresh takes, and the points of the stroke that were lost. Then it counts for
how long the windows answer nothing while a correction is learned, with the first window alone and
with both. It needs a display; ``xvfb-run python -m benchmarks.window`` makes one.
"""

import argparse
import math
import sys
import tempfile
import time
import tkinter as tk
from pathlib import Path
from statistics import median
from typing import Any

import gui
import weights
from experiment.arguments import at_least
from guard.terminal import say
from inspector.panels.learning.layout import GRADIENTS
from inspector.panels.learning.panel import LearningPanel
from inspector.panels.learning.rows import Spot
from nn import ModelFileError, Sequential
from weights.hand.store import Hand

from .results import machine, table, write
from .speed import pauses

EVENT = 10  # milliseconds from one movement of the pen to the next
LABEL = 4  # what the drawing is said to be
PIXEL = Spot(-1, "", (14, 14, 0))  # whose gradient is written out
LONGEST = 60.0  # seconds that a panel gets for its first refresh, on a busy machine
SETTLE = 1.0  # seconds for a panel to come to rest before it is measured


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.window", description=__doc__.split(":")[0]
    )
    add = parser.add_argument
    add("--seconds", type=at_least(float, 0.1), default=4.0, metavar="S",
        help="time for each panel (%(default)s)")  # fmt: skip
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE",
        help="network to show (default: the shipped one)")  # fmt: skip
    add("--corrections", type=at_least(int, 0), default=10, metavar="N",
        help="corrections that are learned; 0: none (%(default)s)")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args(argv)
    try:
        model = weights.load(args.weights)
        app = gui.App(model)
    except (ImportError, ModelFileError, OSError, tk.TclError) as error:
        reason = str(error).partition("\n")[0]
        say("benchmarks.window", reason)
        return 2
    try:
        figures = run(app, args.seconds)
    finally:
        app.destroy()
    print(table(
        ["panel", "events/s", "refreshes/s", "refresh ms", "slowest ms", "points lost"],
        [[name, f"{f['events']:.0f}", f"{f['refreshes']:.1f}", f"{f['median_ms']:.1f}",
          f"{f['slowest_ms']:.1f}", str(f["lost"])] for name, f in figures.items()],
    ))  # fmt: skip
    taught = teach(model, args.corrections) if args.corrections else {}
    for shown, found in taught.items():
        headings = [shown, "times", "seconds", "longest pause ms: median", "longest"]
        print("\n" + table(headings, pauses.rows(found)))
    if args.json:
        paused = {
            shown: {kind: each.figures() for kind, each in found.items()}
            for shown, found in taught.items()
        }
        write(args.json, {"panels": figures, "pauses": paused, **machine(1)})
    return 0


def teach(model: Sequential, corrections: int) -> dict[str, dict[str, pauses.Pauses]]:
    """Measure the pauses while corrections are learned, by the windows that are open."""
    found = {}
    for shown in ("first window", "both windows"):
        with tempfile.TemporaryDirectory() as folder:
            app = gui.App(model, Hand(Path(folder) / "hand.json"))
            try:
                if shown == "both windows":
                    app.inspect()
                    app.inspector.notebook.select(app.inspector.learning)
                    _wait(app, SETTLE)
                found[shown] = pauses.measure(app, corrections, Path(folder))
            finally:
                app.destroy()
    return found


def run(app: gui.App, seconds: float) -> dict[str, dict[str, Any]]:
    """Measure every panel of the inspector; return figures by its title."""
    app.inspect()
    while not app.canvas.winfo_viewable():  # before that it gets no events
        app.update()
    inspector = app.inspector
    while not app.canvas.winfo_viewable():  # before that, movements of the pen are lost
        app.update()
    figures = {}
    for panel in inspector.panels:
        app.clear_all()
        inspector.notebook.select(panel)
        if isinstance(panel, LearningPanel):  # it shows most with a label and a chosen number
            _wait(app, SETTLE)
            panel.name(LABEL)
            panel.select(PIXEL, GRADIENTS)
        _wait(app, SETTLE)
        figures[panel.title] = _measure(app, inspector, seconds)
    return figures


def _wait(app, seconds):
    """Handle events for some time."""
    app.after(round(1000 * seconds), app.quit)
    app.mainloop()


def _measure(app, inspector, seconds):
    """Move the pen in curves; return the figures of the panel that is shown."""
    took, refresh = [], inspector._refresh

    def timed():
        before = time.perf_counter()
        refresh()
        if points:  # not one that was due before the pen moved
            took.append(time.perf_counter() - before)

    inspector._refresh = timed
    start, points = time.perf_counter(), []

    def move():
        t = time.perf_counter() - start
        if t > seconds and (took or t > LONGEST):
            app.quit()
            return
        points.append((round(150 + 60 * math.sin(4 * t)), round(150 - 80 * math.cos(1.3 * t))))
        app.canvas.event_generate("<B1-Motion>", x=points[-1][0], y=points[-1][1])
        app.after(EVENT, move)

    app.canvas.event_generate("<ButtonPress-1>", x=150, y=70)
    app.after(EVENT, move)
    app.mainloop()
    elapsed = time.perf_counter() - start
    app.canvas.event_generate("<ButtonRelease-1>", x=150, y=70)
    inspector._refresh = refresh
    drawn = {point for stroke in app.strokes for point in stroke}
    return {
        "events": len(points) / elapsed,
        "refreshes": len(took) / elapsed,
        "median_ms": 1000 * median(took) if took else math.nan,
        "slowest_ms": 1000 * max(took, default=math.nan),
        "lost": sum(point not in drawn for point in points),
    }


if __name__ == "__main__":
    sys.exit(main())

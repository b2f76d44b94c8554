"""Watch a network learn: ``python train.py --watch``, or later ``python -m experiment.watch RUN``.

While it trains, a recorder notes every tenth step, and keeps its notes in the run's folder. A
process of its own reads and draws them: live in a window or, without a display, as a picture after
each epoch. So training waits for no picture, closing the window stops nothing, and a run that has
ended can be looked at again.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from experiment.charts import Learning
from experiment.recorder import NOTES, SAVE_EVERY, Recorder, Steps, read_notes
from nn import Sequential
from nn.saving.atomic import atomic_write
from nn.training.run import Run

try:
    import tkinter as tk

    from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
except ImportError:  # many systems package it apart from Python; pictures do without
    tk = None

REST = 9  # times as long as a drawing took: drawing gets a tenth of one core at most
PATIENCE = 120.0  # seconds that a run waits at its end for its last pictures


@contextmanager
def watching(
    run: Run,
    reader: Sequential,
    images: np.ndarray,
    labels: np.ndarray,
    epoch_steps: Sequence[int],
) -> Iterator[Callable[[Steps], Steps]]:
    """Record a run and show it, in a window if there is a display; the arguments are `Recorder`'s.

    Yields
    ------
    callable
        To hand each epoch's steps through.
    """
    recorder = Recorder(run, reader, images, labels, epoch_steps)
    recorder.save()
    arguments = [str(run.folder)]
    if problem := no_display():
        print(f"watch: {problem}; a picture after each epoch goes to {run.folder}")
        arguments.append("--pictures")
    drawing = subprocess.Popen(
        [sys.executable, "-m", __name__, *arguments],
        stdin=subprocess.PIPE, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    start = time.perf_counter()
    try:
        yield recorder.follow
    finally:
        whole = time.perf_counter() - start
        recorder.end_epoch()
        drawing.stdin.close()
        print(f"watch: training waited {recorder.seconds / whole:.1%} of its time for it; "
              f"to see it again: python -m experiment.watch {run.folder}")  # fmt: skip
        if problem:
            with suppress(subprocess.TimeoutExpired):
                drawing.wait(PATIENCE)


def no_display() -> str | None:
    """Return why no window can be opened, or None if one can."""
    if tk is None:
        return "this Python has no tkinter"
    try:
        tk.Tk().destroy()
    except tk.TclError as error:
        return str(error).partition("\n")[0]
    return None


def show(folder: Path) -> "tk.Tk":
    """Return a window on a run's notes, which draws them again whenever there are more."""
    root = tk.Tk()
    root.title(f"{folder} learns")
    charts = Learning()
    canvas = FigureCanvasTkAgg(charts.figure, root)
    canvas.get_tk_widget().pack(fill="both", expand=True)
    seen = 0

    def look():
        nonlocal seen
        start = time.monotonic()
        try:
            stamp = (folder / NOTES).stat().st_mtime_ns
            if stamp != seen:
                charts.show(read_notes(folder))
                canvas.draw()
                seen = stamp
        except (OSError, ValueError) as error:  # moved, say; it may come back
            root.title(str(error))
        root.after(round(1000 * max(1, REST * (time.monotonic() - start))), look)

    look()
    return root


def draw_epochs(folder: Path, ended: threading.Event) -> None:
    """Draw a picture of each epoch into a run's folder, until the run has ended."""
    charts = Learning()
    drawn, last = 0, False
    while not last:
        last = ended.wait(SAVE_EVERY)  # before reading: nothing noted at the end is missed
        notes = read_notes(folder)
        for epoch in range(drawn + 1, len(notes["validation"]) + 1):
            charts.show(Learning.until(notes, epoch))
            with atomic_write(folder / f"watch-{epoch:02d}.png") as file:
                charts.figure.savefig(file, format="png")
            drawn = epoch


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "experiment.watch", description="Show how a run learns, or learned."
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="its folder, such as runs/NAME")
    parser.add_argument("--pictures", action="store_true",
        help="draw a picture of each epoch into it instead, until standard input ends")  # fmt: skip
    args = parser.parse_args(argv)
    try:
        read_notes(args.run)
        if args.pictures:
            _step_back()
            draw_epochs(args.run, _end_of_input())
        elif problem := no_display():
            raise OSError(f"{problem}; try --pictures")
        else:
            _step_back()
            show(args.run).mainloop()
    except (OSError, ValueError) as error:
        print(f"experiment.watch: {error}", file=sys.stderr)
        return 2
    return 0


def _step_back():
    """Leave the cores to the training, and Ctrl-C, which stops it, to it as well."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)


def _end_of_input():
    """Return an event that is set once the run, which holds our standard input open, has ended."""
    ended = threading.Event()
    if sys.stdin.isatty():
        ended.set()
    else:
        read = threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True)
        read.start()
    return ended


if __name__ == "__main__":
    sys.exit(main())

"""Show how a network learned, or is learning: ``python -m experiment.watch RUN``.

It draws the notes that ``python train.py --watch`` took of a run: in a window that follows the file
of notes, or as a picture of each epoch. Beside a training it is told over standard input when the
run ends: see `DONE`.
"""

if __name__ == "__main__":  # before the imports below, which Ctrl-C may interrupt
    from guard.commands import begin

    begin()

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from experiment import notes
from experiment.live_charts import Learning
from guard.arguments import Parser
from guard.commands import run, streams
from guard.terminal import describe, say
from nn.saving.atomic import atomic_write

try:
    import tkinter as tk

    from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
except ImportError:  # many systems package tkinter apart from Python; pictures do not need it
    tk = None

DONE = b"done"
"""What a training that has ended well sends last; without it the window closes with it."""

REST, LATER = 4, 12
"""Pause after a frame, in multiples of the CPU time that it took, in the first `FRAMES` frames and
after them: drawing leaves the cores to the training."""

LONGEST = 2.0
"""Longest pause after a frame, seconds."""

FRAMES = 10
"""A window that drew fewer frames than this shows the whole run again at its end."""

LOOK = 50
"""Milliseconds between two looks at whether there is something to draw."""

READY = "ready"
"""What is printed once the window is open."""

LOOK_EVERY = 2.0
"""Seconds between two looks at the notes, for pictures."""


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = Parser(
        "experiment.watch", description="Show how the network of a run learns, or learned."
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of the run, as runs/NAME")
    parser.add_argument("--pictures", action="store_true",
        help="no window: draw a picture of each epoch into the folder "
        "until standard input ends")  # fmt: skip
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)  # the training's process id
    with streams():
        return _main(parser.parse_args(argv))


def _main(args: argparse.Namespace) -> int:
    try:
        notes.read(args.run)
        if args.pictures:
            _yield_to_training()
            draw_epochs(args.run, _end_of_input(args.parent))
        elif problem := no_display():
            raise OSError(f"{problem}; try --pictures")
        else:
            _yield_to_training()
            ended = _end_of_input(args.parent) if args.parent else None
            root = show(args.run, ended)
            root.update()
            if args.parent:
                print(READY, flush=True)
            root.mainloop()
    except (OSError, ValueError) as error:
        say("experiment.watch", error)
        return 2
    return 0


def no_display() -> str | None:
    """Return why no window can be opened, or None if one can."""
    if tk is None:
        return "this Python has no tkinter"
    try:
        tk.Tk().destroy()
    except tk.TclError as error:
        return str(error).partition("\n")[0]
    return None


def show(folder: Path, ended: threading.Event | None = None) -> "tk.Tk":
    """Return a window that shows a run's notes and redraws them when the file changes.

    It draws at once when the run has ended.

    Parameters
    ----------
    folder : Path
        Of the run.
    ended : threading.Event, optional
        Set when the run has ended; None if there is no training.
    """
    root = tk.Tk()
    root.title(f"{folder} learns")
    screen = Screen(root)
    drawn, due, last = 0, 0.0, False

    def look():
        nonlocal drawn, due, last
        over = ended is not None and ended.is_set()
        try:
            changed = (folder / notes.FILE).stat().st_mtime_ns
            if changed != drawn and (time.monotonic() >= due or over):
                start = time.process_time()
                screen.draw(notes.read(folder))
                drawn = changed
                rest = REST if screen.frames < FRAMES else LATER
                pause = rest * (time.process_time() - start)
                due = time.monotonic() + min(pause, LONGEST)
            if over and not last:
                last = True
                screen.show_again(notes.read(folder))
                root.title(f"{folder} has learned, shown in {screen.frames} frames")
        except Exception as error:  # the folder was moved, say; it may come back
            root.title(describe(error))
        root.after(LOOK, look)

    look()
    return root


class Screen:
    """The charts in a window: a frame draws only what new notes have moved.

    Attributes
    ----------
    charts : Learning
    frames : int
        Number of frames drawn, without those before the first note.
    """

    def __init__(self, root: "tk.Tk"):
        self.charts = Learning()
        self.frames = 0
        self._behind = None  # the picture without what moves
        self._canvas = FigureCanvasTkAgg(self.charts.figure, root)
        self._canvas.get_tk_widget().pack(fill="both", expand=True)
        self._canvas.mpl_connect("draw_event", lambda event: self._drawn())

    def draw(self, noted: notes.Notes) -> None:
        """Draw notes in place of the previous ones."""
        moved = self.charts.show(noted)
        for artist in self.charts.moving:
            artist.set_animated(True)  # left out of the picture behind
        if moved or self._behind is None:
            self._canvas.draw()
        else:
            self._canvas.restore_region(self._behind)
            self._draw_moving()
            self._canvas.blit(self.charts.figure.bbox)
        self.frames += len(noted["epoch"]) > 0

    def show_again(self, noted: notes.Notes) -> None:
        """Show a run from its beginning, if it was over before `FRAMES` frames were drawn."""
        count = len(noted["epoch"])
        if self.frames >= FRAMES or not count:
            return
        for shown in np.unique(np.linspace(1, count, FRAMES).astype(int)):
            self.draw(notes.first(noted, shown))
            self._canvas.get_tk_widget().update()

    def _drawn(self):
        """Keep the picture that was drawn, and draw on it: after a change of size, too."""
        self._behind = self._canvas.copy_from_bbox(self.charts.figure.bbox)
        self._draw_moving()

    def _draw_moving(self):
        for artist in self.charts.moving:
            artist.axes.draw_artist(artist)


def draw_epochs(folder: Path, ended: threading.Event) -> None:
    """Draw a picture of each epoch into a run's folder.

    Parameters
    ----------
    folder : Path
        Of the run; the pictures are ``watch-01.png`` and so on.
    ended : threading.Event
        Set when the run has ended; the notes are then read once more.
    """
    charts = Learning()
    drawn, last = 0, False
    while not last:
        last = ended.wait(LOOK_EVERY)  # before reading, so that the last notes are not missed
        try:
            noted = notes.read(folder)
        except (OSError, ValueError) as error:  # the folder was moved, say; it may come back
            say("experiment.watch", error)
            continue
        for epoch in range(drawn + 1, len(noted["validation"]) + 1):
            try:
                charts.show(notes.until(noted, epoch))
                with atomic_write(folder / f"watch-{epoch:02d}.png") as file:
                    charts.figure.savefig(file, format="png")
            except Exception as error:
                say("experiment.watch", f"no picture of epoch {epoch}: {describe(error)}")
            drawn = epoch


def _yield_to_training():
    """Lower this process's priority, and leave Ctrl-C to the training, which stops on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)


def _end_of_input(parent=None):
    """Return an event that is set when standard input ends: the training process holds it open.

    If the training ends without a word, because it failed or was killed, so does this process.
    """
    ended = threading.Event()

    def wait():
        said = sys.stdin.buffer.read()
        if parent is not None and said != DONE:
            os._exit(1)
        ended.set()

    if parent is None and sys.stdin.isatty():
        ended.set()
    else:
        threading.Thread(target=wait, daemon=True).start()
    return ended


if __name__ == "__main__":
    run(main, "experiment.watch")

"""Watch a network while it trains: ``python train.py --watch``.

A `Recorder` takes notes in the training process. Another process (`experiment.watch`) reads and
draws them: live in a window or, without a display, as a picture after each epoch. Training waits
until the window is open, never for a drawing, and closing the window stops nothing. If the training
is stopped, by Ctrl-C say, the window closes with it.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from experiment import watch
from experiment.recorder import Recorder
from experiment.side_jobs import SideJobs
from guard.processes import interrupts_held
from nn import Sequential
from nn.training.run import Run, StoppedError
from nn.training.trainer import Step

DRAWING_TIMEOUT = 120.0
"""Seconds that a run waits at its end for its last pictures."""

OPENING_TIMEOUT = 60.0
"""Seconds that a run waits for its window."""


@contextmanager
def watching(
    run: Run,
    predictor: Sequential,
    images: np.ndarray,
    labels: np.ndarray,
    epoch_steps: Sequence[int],
    stay: bool = False,
) -> Iterator[Callable[[Iterator[Step]], Iterator[Step]]]:
    """Record a run and draw it in another process.

    Parameters
    ----------
    run, predictor, images, labels, epoch_steps
        See `Recorder`.
    stay : bool
        Whether the window stays open when the run is stopped.

    Yields
    ------
    callable
        `Recorder.record`, for the steps of each epoch.
    """
    jobs = SideJobs("watch")
    recorder: Recorder | None = None
    drawing: subprocess.Popen | None = None
    problem: str | None = None

    def begin():
        nonlocal recorder, drawing, problem
        recorder = Recorder(run, predictor, images, labels, epoch_steps)
        recorder.save()
        problem = watch.no_display()
        if problem:
            print(f"watch: {problem}; a picture after each epoch goes to {run.folder}")
        drawing = _start_drawing(run.folder, problem is not None)
        if not problem:
            _wait_until_open(drawing)

    jobs.attempt("nothing is shown", begin)
    if recorder is None:
        yield iter
        return
    start = time.perf_counter()
    try:
        yield recorder.record
    except BaseException as problem_of_run:
        stopped = isinstance(problem_of_run, StoppedError | KeyboardInterrupt)
        ended = watch.DONE if stay and stopped else b""  # without a word the window closes
        raise
    else:
        ended = watch.DONE
    finally:
        total = time.perf_counter() - start
        jobs.attempt("the last notes are missing", recorder.record_filters)
        print(f"watch: recording took {recorder.seconds / total:.1%} of the time; "
              f"to see it again: python -m experiment.watch {run.folder}")  # fmt: skip
        if drawing is not None:
            jobs.attempt("the last picture is missing", _end, drawing, ended, problem is not None)


def _start_drawing(folder: Path, pictures: bool) -> subprocess.Popen:
    """Start the process that draws; it ends with this one, or goes on once `_end` says so."""
    arguments = [str(folder), "--parent", str(os.getpid()), *(["--pictures"] if pictures else [])]
    with interrupts_held():  # Ctrl-C is the training's, while the other process imports, too
        return subprocess.Popen(
            [sys.executable, "-m", watch.__name__, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,  # a window must not keep ours open
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip


def _wait_until_open(drawing: subprocess.Popen) -> None:
    """Wait until the window is open, or its process has ended, but not for ever."""
    reader = threading.Thread(target=drawing.stdout.readline, daemon=True)  # type: ignore
    reader.start()
    reader.join(OPENING_TIMEOUT)


def _end(drawing: subprocess.Popen, ended: bytes, pictures: bool) -> None:
    """Tell the drawing process how the training ended, and wait for its last pictures."""
    try:
        drawing.communicate(ended, DRAWING_TIMEOUT) if pictures else _send(drawing, ended)
    except BrokenPipeError:  # its window was closed
        pass
    except subprocess.TimeoutExpired:
        drawing.kill()
        raise


def _send(drawing: subprocess.Popen, ended: bytes) -> None:
    with drawing.stdin as pipe:  # type: ignore[union-attr]
        pipe.write(ended)

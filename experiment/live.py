"""Watch a network while it trains: ``python train.py --watch``.

A `Recorder` takes notes in the training process. Another process (`experiment.watch`) reads and
draws them: live in a window or, without a display, as a picture after each epoch. So training
never waits for a drawing, and closing the window stops nothing.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from experiment import watch
from experiment.recorder import Recorder
from experiment.side_jobs import SideJobs
from nn import Sequential
from nn.training.run import Run
from nn.training.trainer import Step

DRAWING_TIMEOUT = 120.0
"""Seconds that a run waits at its end for its last pictures."""


@contextmanager
def watching(
    run: Run,
    predictor: Sequential,
    images: np.ndarray,
    labels: np.ndarray,
    epoch_steps: Sequence[int],
) -> Iterator[Callable[[Iterator[Step]], Iterator[Step]]]:
    """Record a run and draw it in another process; the parameters are those of `Recorder`.

    Yields
    ------
    callable
        `Recorder.record`, for the steps of each epoch.
    """
    jobs, begun = SideJobs("watch"), []

    def begin():
        recorder = Recorder(run, predictor, images, labels, epoch_steps)
        begun.append(recorder)
        recorder.save()
        problem = watch.no_display()
        if problem:
            print(f"watch: {problem}; a picture after each epoch goes to {run.folder}")
        begun.extend((problem, _start_drawing(run.folder, problem is not None)))

    jobs.attempt("nothing is shown", begin)
    if not begun:
        yield iter
        return
    recorder, start = begun[0], time.perf_counter()
    try:
        yield recorder.record
    except BaseException:
        ended = b""  # the window closes as well
        raise
    else:
        ended = watch.DONE
    finally:
        total = time.perf_counter() - start
        jobs.attempt("the last notes are missing", recorder.record_filters)
        print(f"watch: recording took {recorder.seconds / total:.1%} of the time; "
              f"to see it again: python -m experiment.watch {run.folder}")  # fmt: skip
        if len(begun) == 3:
            _, problem, drawing = begun
            jobs.attempt("the last picture is missing", _end, drawing, ended, problem is not None)


def _start_drawing(folder: Path, pictures: bool) -> subprocess.Popen:
    """Start the process that draws; it ends with this one, or goes on once `_end` says so."""
    arguments = [str(folder), "--parent", str(os.getpid()), *(["--pictures"] if pictures else [])]
    return subprocess.Popen(
        [sys.executable, "-m", watch.__name__, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,  # a window must not keep a pipe open
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


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

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
from contextlib import contextmanager, suppress

import numpy as np

from experiment import watch
from experiment.recorder import Recorder
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
    recorder = Recorder(run, predictor, images, labels, epoch_steps)
    recorder.save()
    arguments = [str(run.folder)]
    if problem := watch.no_display():
        print(f"watch: {problem}; a picture after each epoch goes to {run.folder}")
        arguments.append("--pictures")
    drawing = subprocess.Popen(
        [sys.executable, "-m", watch.__name__, *arguments],
        stdin=subprocess.PIPE, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    start = time.perf_counter()
    try:
        yield recorder.record
    finally:
        total = time.perf_counter() - start
        recorder.record_filters()
        drawing.stdin.close()  # tells it that the run has ended
        print(f"watch: recording took {recorder.seconds / total:.1%} of the time; "
              f"to see it again: python -m experiment.watch {run.folder}")  # fmt: skip
        if problem:
            with suppress(subprocess.TimeoutExpired):
                drawing.wait(DRAWING_TIMEOUT)

"""A system to measure: it trains on prepared batches and predicts the probabilities of images.

Before the clock starts, each system converts its input to the layout that suits it best, as float32
in [0, 1], in batches. Each predicts many images in calls of the size at which it is fastest.
"""

import itertools
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from nn import Sequential
from nn.model import as_input

LEARNING_RATE = 1e-3
IMAGES_A_CALL = (1_000, 100)
"""Sizes of a call that are tried when many images are predicted."""


@dataclass(frozen=True)
class Job:
    """The task, the same for every system.

    Attributes
    ----------
    model : Sequential
        Network with its initial weights; its outputs are logits.
    images : ndarray, uint8, (N, 28, 28)
    labels : ndarray, uint8, (N,)
    batch : int
        Images per training step.
    threads : int
    """

    model: Sequential
    images: np.ndarray
    labels: np.ndarray
    batch: int
    threads: int


class Timed(NamedTuple):
    """The result of repeated calls, and the time of each call in seconds."""

    value: Any
    seconds: list[float]


class System:
    """Base class of systems. A subclass defines `step` and `predict`, and its own input format."""

    def __init__(self, job: Job):
        self.job = job
        self._calls: dict[int, list] = {}

    def prepare(self, images: np.ndarray) -> Any:
        """Convert uint8 images to this system's preferred format."""
        return as_input(images)

    def targets(self, labels: np.ndarray) -> Any:
        """Convert labels to this system's preferred format."""
        return labels

    def step(self, x: Any, labels: Any) -> float:
        """Take one step of Adam on a batch; return its loss."""
        raise NotImplementedError

    def predict(self, x: Any) -> np.ndarray:
        """Return the probabilities, shape (N, 10), of prepared images."""
        raise NotImplementedError

    def train(self, steps: int) -> Timed:
        """Take steps, cycling over the same batches; return their mean loss and their times."""
        losses, ends = [], [time.perf_counter()]
        for batch in itertools.islice(self._batches, steps):
            losses.append(float(self.step(*batch)))
            ends.append(time.perf_counter())
        return Timed(sum(losses) / steps, np.diff(ends).tolist())

    def read(self, images: int, times: int) -> Timed:
        """Predict the first ``images`` images repeatedly; return probabilities and times."""
        if images not in self._calls:
            self._calls[images] = self._fastest_calls(images)
        calls, ends = self._calls[images], [time.perf_counter()]
        for _ in range(times):
            proba = [self.predict(x) for x in calls]
            ends.append(time.perf_counter())
        return Timed(np.concatenate(proba), np.diff(ends).tolist())

    @cached_property
    def _batches(self):
        job = self.job
        parts = _cut(len(job.labels) // job.batch * job.batch, job.batch)
        return itertools.cycle(
            [(self.prepare(job.images[part]), self.targets(job.labels[part])) for part in parts]
        )

    def _fastest_calls(self, images):
        """Return prepared images, split into calls of the size at which this system is fastest."""
        cuts = [_cut(images, size) for size in IMAGES_A_CALL if size <= images]
        ways = [
            [self.prepare(self.job.images[part]) for part in parts]
            for parts in cuts or [_cut(images, images)]
        ]
        return min(ways, key=self._seconds) if len(ways) > 1 else ways[0]

    def _seconds(self, calls):
        """Return the shortest time of the calls in seconds, after a first time that may compile."""
        seconds = []
        for _ in range(4):
            start = time.perf_counter()
            for x in calls:
                self.predict(x)
            seconds.append(time.perf_counter() - start)
        return min(seconds[1:])


def _cut(images, size):
    """Return slices that split ``images`` images into parts of at most ``size``."""
    return [slice(start, min(start + size, images)) for start in range(0, images, size)]


def nchw_weights(model: Sequential) -> list[np.ndarray]:
    """Return the parameters for feature maps in NCHW, with outputs on the first axis of weights."""
    w1, b1, w2, b2, w3, b3 = model.named_params().values()
    conv1, conv2 = (w.transpose(3, 2, 0, 1).copy() for w in (w1, w2))
    dense = w3.reshape(5, 5, 64, 10).transpose(3, 2, 0, 1).reshape(10, -1)
    return [conv1, b1, conv2, b2, dense, b3]

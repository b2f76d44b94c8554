"""What is measured: a system that trains on ready batches and turns images into probabilities.

Every system gets its input in the form that suits it best (its layout, float32 in [0, 1], batches
cut) before the clock starts, and reads many images in calls of whatever size it is fastest with.
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


@dataclass(frozen=True)
class Job:
    """What every system is given alike.

    Attributes
    ----------
    model : Sequential
        The network and the weights to start from; it gives logits.
    images : ndarray of uint8, shape (N, 28, 28)
    labels : ndarray of uint8, shape (N,)
    batch : int
        Images of a training step.
    threads : int
    """

    model: Sequential
    images: np.ndarray
    labels: np.ndarray
    batch: int
    threads: int


class Timed(NamedTuple):
    """What came of doing something several times, and the seconds that each time took."""

    value: Any
    seconds: list[float]


class System:
    """The base of all systems: how they are driven; they say how they prepare, step and predict."""

    def __init__(self, job: Job):
        self.job = job
        self._calls: dict[int, list] = {}

    def prepare(self, images: np.ndarray) -> Any:
        """Return uint8 images as this system likes them best."""
        return as_input(images)

    def targets(self, labels: np.ndarray) -> Any:
        """Return labels as this system likes them best."""
        return labels

    def step(self, x: Any, labels: Any) -> float:
        """Take one step of Adam on a batch; return its loss."""
        raise NotImplementedError

    def predict(self, x: Any) -> np.ndarray:
        """Return the probabilities, shape (N, 10), of prepared images."""
        raise NotImplementedError

    def train(self, steps: int) -> Timed:
        """Take some steps, over the same batches again and again; return their mean loss."""
        losses, ends = [], [time.perf_counter()]
        for batch in itertools.islice(self._batches, steps):
            losses.append(float(self.step(*batch)))
            ends.append(time.perf_counter())
        return Timed(sum(losses) / steps, np.diff(ends).tolist())

    def read(self, images: int, times: int) -> Timed:
        """Return the probabilities of the first images, computed that many times over."""
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
        """Return the prepared images, cut into calls of the size that this system does fastest."""
        cuts = [_cut(images, size) for size in IMAGES_A_CALL if size <= images]
        ways = [
            [self.prepare(self.job.images[part]) for part in parts]
            for parts in cuts or [_cut(images, images)]
        ]
        return min(ways, key=self._seconds) if len(ways) > 1 else ways[0]

    def _seconds(self, calls):
        """Return how long the calls take at best, once whatever has to be compiled is."""
        seconds = []
        for _ in range(4):
            start = time.perf_counter()
            for x in calls:
                self.predict(x)
            seconds.append(time.perf_counter() - start)
        return min(seconds[1:])


def _cut(images, size):
    """Return the slices of so many images, of at most ``size`` each."""
    return [slice(start, min(start + size, images)) for start in range(0, images, size)]


def nchw_weights(model: Sequential) -> list[np.ndarray]:
    """Return the parameters for maps in NCHW, each weight matrix with its outputs first."""
    w1, b1, w2, b2, w3, b3 = model.named_params().values()
    conv1, conv2 = (w.transpose(3, 2, 0, 1).copy() for w in (w1, w2))
    dense = w3.reshape(5, 5, 64, 10).transpose(3, 2, 0, 1).reshape(10, -1)
    return [conv1, b1, conv2, b2, dense, b3]

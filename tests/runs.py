"""Small runs for tests: a network of every trained layer, random digits, and a run to stop."""

import signal

import numpy as np

from nn import Adam, BatchNorm, Conv2D, Dense, Dropout, Flatten, MaxPool2D, ReLU, Sequential
from nn.schedule import one_cycle
from nn.training import checkpoint
from nn.training.ema import EMA
from nn.training.run import Run
from nn.training.trainer import Trainer

EPOCHS, STEPS = 3, 4
SETTINGS = {"seed": 0, "epochs": EPOCHS}


def network(*, dropout=0.0, batchnorm=False):
    """Return a small network for images of 8x8, ten classes."""
    rng = np.random.default_rng(0)
    layers = [Conv2D(1, 4, 3, rng=rng), ReLU(), MaxPool2D(2)]
    layers += [BatchNorm(4)] if batchnorm else []
    layers += [Flatten()] + ([Dropout(dropout)] if dropout else [])
    return Sequential([*layers, Dense(36, 10, rng=rng)])


def digits(n=80):
    """Return random images of 8x8 and random labels."""
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (n, 8, 8), dtype=np.uint8), rng.integers(0, 10, n)


def epoch_batches(epoch, first=0):
    """Yield the batches of an epoch from a number on, always the same for the same epoch."""
    images, labels = digits(40 * STEPS)
    order = np.random.default_rng(epoch).permutation(len(labels))
    for part in np.split(order, STEPS)[first:]:
        yield images[part], labels[part]


class Simulation:
    """A small run in a folder; it can be stopped or killed after any number of steps."""

    def __init__(self, folder, **settings):
        self.model = network(dropout=0.3, batchnorm=True)
        self.ema = EMA(self.model, 0.9)
        self.trainer = Trainer(
            self.model, Adam(0.01), one_cycle(0.01, EPOCHS * STEPS), seed=5, threads=2
        )
        self.run = Run(self.trainer, self.ema, folder, SETTINGS | settings)
        self.told = []
        self.resumed = self.run.resume(self.told.append)

    def rest(self):
        """Return the batches of the current epoch that are left."""
        return epoch_batches(self.run.progress.epoch, self.run.progress.step)

    def go(self, steps=10**9, kill=False):
        """Train; after so many steps, stop as on SIGTERM, or leave everything as if killed."""
        with self.trainer:
            while self.run.progress.epoch <= EPOCHS:
                for _ in self.run.steps(self.rest()):
                    steps -= 1
                    if steps == 0 and kill:
                        return self
                    if steps == 0:
                        self.run._signal = signal.SIGTERM
                self.run.end_epoch(val_loss=float(self.run.progress.epoch))
        return self

    def outcome(self):
        """Return all arrays, and the history without its times."""
        arrays = checkpoint.gather(self.model, self.ema, self.trainer.optimizer)
        history = [
            {name: value for name, value in row.items() if name != "images_per_s"}
            for row in self.run.progress.history
        ]
        return {name: array.copy() for name, array in arrays.items()}, history

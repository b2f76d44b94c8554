"""What tests of the command ``train.py`` share: small digits, small networks, a run to stop."""

import os
import signal
from dataclasses import replace

import numpy as np

import train
from data import mnist
from data.synthetic import handwriting
from nn import Sequential
from recipes import RECIPES


def write_digits(folder, train_digits=300):
    """Write a small set of synthetic digits as MNIST's four IDX files; return the folder."""
    for split, n in (("train", train_digits), ("test", 60)):
        images, labels = handwriting.batch(n, np.random.default_rng(n))
        for name, array in zip(mnist.SPLITS[split], (images, labels.astype(np.uint8)), strict=True):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
            (folder / name).write_bytes(header + array.tobytes())
    return folder


def shorten(monkeypatch):
    """Use small networks, and draw no charts: a chart takes as long as the training here."""
    for name, recipe in RECIPES.items():
        monkeypatch.setitem(RECIPES, name, replace(recipe, channels=(4, 6, 8)))
    monkeypatch.setattr(train.charts, "curves", lambda history, path: None)


def run(folder, output, *arguments):
    """Train two epochs on the digits in a folder; return the exit status."""
    return train.main(
        ["--data-dir", str(folder), "--output", str(output), "--epochs", "2", *arguments]
    )


def weights_of(output):
    """Return the parameters of the model that a run saved."""
    return Sequential.load(output / "model.npz").named_params()


def stop_at(monkeypatch, number):
    """Have the run receive SIGTERM in its step ``number``."""
    taken, step = [], train.Trainer.step

    def counted(trainer, *batch):
        taken.append(1)
        if len(taken) == number:
            os.kill(os.getpid(), signal.SIGTERM)
        return step(trainer, *batch)

    monkeypatch.setattr(train.Trainer, "step", counted)


class NoProcess:
    """Stands for the process that draws: most tests of recording need no picture."""

    def __init__(self, *arguments, **pipes):
        self.stdin = self.stdout = self

    def write(self, content):
        pass

    def close(self):
        pass

    def communicate(self, *arguments):
        pass

    def wait(self, timeout):
        pass


def record_without_drawing(monkeypatch):
    """Start no drawing process, report no display, and take a note every second step."""
    monkeypatch.setattr("experiment.watch.no_display", lambda: "no display in this test")
    monkeypatch.setattr("subprocess.Popen", NoProcess)
    monkeypatch.setattr("experiment.recorder.EVERY", 2)

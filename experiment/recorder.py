"""Notes of a run as it learns: every tenth step, in a file in the run's folder."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from experiment.charts import Arrays, Learning
from nn import Sequential
from nn.saving.npz import read_arrays
from nn.training.run import Run
from nn.training.trainer import Step

NOTES = "watch.npz"


EVERY = 10  # steps from one note to the next


SAVE_EVERY = 2.0  # seconds


SERIES = (*Learning.PER_NOTE, *Learning.PER_MOMENT)


Steps = Iterator[Step]


class Recorder:
    """Note how a run learns; `experiment.charts.Learning` says what the notes are.

    Parameters
    ----------
    run : Run
        After `Run.resume`: earlier notes are kept, but for those of steps to be taken again.
    reader : Sequential
        The averaged network, which is what the run keeps, perhaps fused.
    images, labels : ndarray
        The first image of each label is followed.
    epoch_steps : sequence of int
        Of each epoch, the first one first.

    ``seconds`` says how long training has waited for it.
    """

    def __init__(
        self,
        run: Run,
        reader: Sequential,
        images: np.ndarray,
        labels: np.ndarray,
        epoch_steps: Sequence[int],
    ):
        self.run, self.reader, self.epoch_steps = run, reader, epoch_steps
        self._labels, first = np.unique(labels, return_index=True)
        self._digits = images[first]
        layers = run.trainer.model.layers
        self._names = [
            f"{type(layers[int(name.split('.')[0])]).__name__} {name}" for name in self._weights()
        ]
        earlier = self._earlier()
        self._series = {name: list(earlier.get(name, ())) for name in SERIES}
        self._since: list[Step] = []
        self._before: Arrays = {}
        self._saved = time.monotonic()
        self.seconds = 0.0

    def follow(self, steps: Steps) -> Steps:
        """Hand an epoch's steps on, taking notes."""
        if self.run.progress.step == 0:
            self.end_epoch()
        for step in steps:
            start = time.perf_counter()
            self._see(step)
            self.seconds += time.perf_counter() - start
            yield step

    def end_epoch(self) -> None:
        """Note the filters after the epochs that are done, and save; the untrained ones count."""
        done = len(self.run.progress.history)
        if done not in self._series["moment"]:
            self._series["moment"].append(done)
            self._series["filters"].append(self._filters())
        self.save()

    def save(self) -> None:
        """Write the notes; whoever reads meanwhile sees the old file or the new one, whole."""
        history = [(row["val_loss"], row["val_accuracy"]) for row in self.run.progress.history]
        temporary = self.run.folder / f".{NOTES}"
        with open(temporary, "wb") as file:
            # `atomic_write` would wait for the disk, for the sake of what may be lost.
            np.savez(
                file,
                digits=self._digits, labels=self._labels, layers=np.array(self._names),
                now=self._filters(), validation=np.array(history).reshape(-1, 2),
                **{name: np.array(series) for name, series in self._series.items()},
            )  # fmt: skip
        os.replace(temporary, self.run.folder / NOTES)
        self._saved = time.monotonic()

    def _see(self, step):
        """Take a note if it is time; copy the weights one step before that, to see them move."""
        self._since.append(step)
        number = self.run.trainer.optimizer.steps
        if number % EVERY == EVERY - 1:
            self._before = {name: w.copy() for name, w in self._weights().items()}
        elif number % EVERY == 0:
            self._note(number)
            if time.monotonic() - self._saved >= SAVE_EVERY:
                self.save()

    def _note(self, number):
        """Note one step."""
        progress = self.run.progress
        whole = self.epoch_steps[progress.epoch - 1]
        classed = max(sum(step.classed for step in self._since), 1)
        note = {
            "step": number,
            "epoch": progress.epoch - 1 + progress.step / whole,
            "loss": np.mean([step.loss for step in self._since]),
            "accuracy": sum(step.correct for step in self._since) / classed,
            "ratio": [
                np.linalg.norm(w - self._before[name]) / np.linalg.norm(self._before[name])
                if self._before else np.nan
                for name, w in self._weights().items()
            ],
            "proba": self.reader.predict_proba(self._digits),
        }  # fmt: skip
        for name, value in note.items():
            self._series[name].append(value)
        self._since, self._before = [], {}

    def _earlier(self) -> Arrays:
        """Return what an earlier part of the run has noted, as far as it holds."""
        try:
            notes = read_notes(self.run.folder)
        except (OSError, ValueError):
            return {}
        if notes["layers"].tolist() != self._names:
            return {}
        held = notes["step"] <= self.run.trainer.optimizer.steps
        moments = notes["moment"] < self.run.progress.epoch
        return {
            name: notes[name][moments if name in Learning.PER_MOMENT else held] for name in SERIES
        }

    def _weights(self) -> Arrays:
        """Return the weights, without biases and BatchNorm's scales."""
        params = self.run.trainer.model.named_params()
        return {name: w for name, w in params.items() if w.ndim > 1}

    def _filters(self):
        """Return the first layer's filters as pictures, shape (F, KH, KW)."""
        w = next(w for w in self.run.ema.model.named_params().values() if w.ndim > 1)
        if w.ndim == 2:  # a dense layer looks at the whole image
            H, W = self._digits.shape[1:3]
            if len(w) != H * W:  # or at a pooled one, which no picture shows
                return np.zeros((0, 1, 1), w.dtype)
            w = w.reshape(H, W, 1, w.shape[1])
        return w[:, :, 0, : Learning.FILTERS].transpose(2, 0, 1).copy()


def read_notes(folder: Path) -> Arrays:
    """Read the notes of a run; raise OSError or ValueError if there are none, or bad ones."""
    notes = read_arrays(folder / NOTES)
    if notes.keys() != {*SERIES, *Learning.REST}:
        raise ValueError(f"{folder / NOTES}: not the notes of a run")
    return notes

"""Record how a network learns: a note every tenth step, and the filters after every epoch."""

import time
from collections.abc import Iterator, Sequence

import numpy as np

from experiment import notes
from experiment.side_jobs import SideJobs
from nn import Sequential
from nn.training.run import Run
from nn.training.trainer import Step

EVERY = 10
"""Steps between notes."""

SAVE_EVERY = 0.2
"""Seconds between two saves of the notes, at least."""

RETRY = 2.0
"""Seconds after which notes are saved again if that failed."""

SAVING = 0.02
"""Largest share of the time that saving the notes may take."""

FILTERS = 10
"""Largest number of filters noted."""


class Recorder:
    """Record how a network learns; see `experiment.notes` for what is noted.

    Parameters
    ----------
    run : Run
        After `Run.resume`. Notes in its folder are kept, up to the step where the run resumes.
    predictor : Sequential
        The averaged network (EMA), perhaps fused.
    images : ndarray, shape (N, H, W)
    labels : ndarray of int, shape (N,)
        The first image of each label is followed.
    epoch_steps : sequence of int
        Number of steps of each epoch.

    Attributes
    ----------
    seconds : float
        How long recording has taken: training waits meanwhile.
    """

    def __init__(
        self,
        run: Run,
        predictor: Sequential,
        images: np.ndarray,
        labels: np.ndarray,
        epoch_steps: Sequence[int],
    ):
        self.run = run
        self.predictor = predictor
        self.epoch_steps = epoch_steps
        self.seconds = 0.0
        self._jobs = SideJobs("watch")
        self._labels, first = np.unique(labels, return_index=True)
        self._digits = images[first]
        self._layers = self._layer_names()
        earlier = self._earlier_notes()
        self._series = {name: list(earlier.get(name, ())) for name in notes.SERIES}
        self._steps: list[Step] = []  # since the last note
        self._before: notes.Notes = {}  # the weights, one step before a note
        self._next = 0.0  # when to save again

    def record(self, steps: Iterator[Step]) -> Iterator[Step]:
        """Yield an epoch's steps, and take notes of them; a note that fails is left out."""
        if self.run.progress.step == 0:
            self._jobs.attempt("no notes", self.record_filters)
        for step in steps:
            start = time.perf_counter()
            if not self._jobs.attempt("no notes", self._record_step, step):
                self._steps, self._before = [], {}
                self._next = time.monotonic() + RETRY  # not at the next note
            self.seconds += time.perf_counter() - start
            yield step

    def record_filters(self) -> None:
        """Note the filters after the last finished epoch (0: the untrained ones), and save."""
        finished = len(self.run.progress.history)
        if finished not in self._series["moment"]:
            self._series["moment"].append(finished)
            self._series["filters"].append(self._filters())
        self.save()

    def save(self) -> None:
        """Write the notes to the run's folder."""
        start = time.perf_counter()
        history = [(row["val_loss"], row["val_accuracy"]) for row in self.run.progress.history]
        current = {
            "digits": self._digits,
            "labels": self._labels,
            "layers": np.array(self._layers),
            "now": self._filters(),
            "validation": np.array(history).reshape(-1, 2),
        }
        series = {name: np.array(values) for name, values in self._series.items()}
        notes.write(self.run.folder, current | series)
        took = time.perf_counter() - start
        self._next = time.monotonic() + max(SAVE_EVERY, took / SAVING)

    def _record_step(self, step):
        """Take a note if it is time; one step earlier, copy the weights, for the ratio."""
        self._steps.append(step)
        number = self.run.trainer.optimizer.steps
        if number % EVERY == EVERY - 1:
            self._before = {name: w.copy() for name, w in self._weights().items()}
        elif number % EVERY == 0:
            self._note(number)
            if time.monotonic() >= self._next:
                self.save()

    def _note(self, number):
        """Add a note of step ``number``."""
        progress = self.run.progress
        classed = max(sum(step.classed for step in self._steps), 1)
        note = {
            "step": number,
            "epoch": progress.epoch - 1 + progress.step / self.epoch_steps[progress.epoch - 1],
            "loss": np.mean([step.loss for step in self._steps]),
            "accuracy": sum(step.correct for step in self._steps) / classed,
            "ratio": self._ratios(),
            "proba": self.predictor.predict_proba(self._digits),
        }
        for name, value in note.items():
            self._series[name].append(value)
        self._steps, self._before = [], {}

    def _ratios(self):
        """Return each layer's update-to-weight ratio; NaN without a copy from a step earlier."""
        if not self._before:
            return [np.nan] * len(self._layers)
        return [
            np.linalg.norm(w - self._before[name]) / np.linalg.norm(self._before[name])
            for name, w in self._weights().items()
        ]

    def _earlier_notes(self) -> notes.Notes:
        """Return the notes in the run's folder, up to the step where the run resumes."""
        try:
            earlier = notes.read(self.run.folder)
        except (OSError, ValueError):
            return {}
        if earlier["layers"].tolist() != self._layers:
            return {}
        steps = earlier["step"] <= self.run.trainer.optimizer.steps
        moments = earlier["moment"] < self.run.progress.epoch
        return {name: earlier[name][steps] for name in notes.PER_NOTE} | {
            name: earlier[name][moments] for name in notes.PER_MOMENT
        }

    def _layer_names(self):
        """Return a name for each layer with weights, such as "Conv2D 0.w"."""
        layers = self.run.trainer.model.layers
        return [f"{type(layers[int(n.split('.')[0])]).__name__} {n}" for n in self._weights()]

    def _weights(self) -> notes.Notes:
        """Return the weights, without biases and the scales of BatchNorm."""
        params = self.run.trainer.model.named_params()
        return {name: w for name, w in params.items() if w.ndim > 1}

    def _filters(self):
        """Return the first layer's filters as images, shape (F, KH, KW)."""
        w = next(w for w in self.run.ema.model.named_params().values() if w.ndim > 1)
        if w.ndim == 2:  # Dense: (H * W, out) if its input is the image
            H, W = self._digits.shape[1:3]
            if len(w) != H * W:  # its input is something else, such as a pooled image
                return np.zeros((0, 1, 1), w.dtype)
            w = w.reshape(H, W, 1, w.shape[1])
        return w[:, :, 0, :FILTERS].transpose(2, 0, 1).copy()

"""How far a run has come: epoch, step, running totals and history."""

from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any

from .trainer import Step

MAX_COUNT = 1 << 53  # larger counts have no exact float64


@dataclass
class Progress:
    """How far a run has come.

    Attributes
    ----------
    epoch : int
        The current epoch, from 1.
    step : int
        Steps taken in this epoch.
    images : int
        Images seen in this epoch.
    classed : int
        Those of them that have a class (non-digits have none).
    correct : int
        Those of them that were classified correctly.
    loss : float
        Sum of the loss over this epoch's images.
    seconds : float
        Training time of this epoch so far.
    history : list of dict
        One row per finished epoch; see `row`.
    """

    epoch: int = 1
    step: int = 0
    images: int = 0
    classed: int = 0
    correct: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def read(cls, saved: dict[str, Any]) -> "Progress":
        """Return the progress that ``dataclasses.asdict`` wrote.

        Parameters
        ----------
        saved : dict
            Anything that JSON can hold; other keys are ignored.

        Raises
        ------
        ValueError
            If a value is missing, has the wrong type or makes no sense.
        """
        try:
            read = cls(**{f.name: saved[f.name] for f in fields(cls)})
            counts = (read.epoch - 1, read.step, read.images, read.classed, read.correct)
            columns = {"lr", *read.row()}
            numbers = [read.loss, read.seconds]
            for row in read.history:
                numbers += row.values()
            valid = (
                all(type(count) is int and 0 <= count < MAX_COUNT for count in counts)
                and all(type(number) in (int, float) and isfinite(number) for number in numbers)
                and len(read.history) == read.epoch - 1
                and all(columns <= row.keys() == read.history[0].keys() for row in read.history)
            )
        except (KeyError, TypeError, AttributeError, OverflowError):
            valid = False
        if not valid:
            raise ValueError("its progress is missing or invalid")
        return read

    def add(self, step: Step, seconds: float) -> None:
        """Count a step that took ``seconds``."""
        self.step += 1
        self.images += step.images
        self.classed += step.classed
        self.correct += step.correct
        self.loss += step.loss * step.images
        self.seconds += seconds

    def row(self) -> dict[str, float]:
        """Return the current epoch's row of the history: means over the steps so far."""
        return {
            "epoch": self.epoch,
            "loss": self.loss / max(self.images, 1),
            "accuracy": self.correct / max(self.classed, 1),
            "images_per_s": self.images / max(self.seconds, 1e-9),
        }

    def next_epoch(self, row: dict[str, float]) -> None:
        """Append the epoch's row to the history and start the next epoch."""
        fresh = Progress(epoch=self.epoch + 1, history=[*self.history, row])
        self.__dict__.update(fresh.__dict__)

"""How far a run is."""

from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any

from .trainer import Step

MAX_COUNT = 1 << 53  # of what a run counts: beyond it no float tells one from the next


@dataclass
class Progress:
    """How far a run is.

    Attributes
    ----------
    epoch : int
        The epoch at hand, from 1.
    step : int
        Steps taken in it.
    images, classed, correct : int
        Seen in it; of those, how many have a class, and how many were read right.
    loss : float
        The sum over the images seen in it.
    seconds : float
        What it has taken so far.
    history : list of dict
        A row for each epoch before it.
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
    def read(cls, kept: dict[str, Any]) -> "Progress":
        """Return the progress that ``asdict`` wrote; ``kept`` may be anything that JSON can hold.

        Raises
        ------
        ValueError
            If it is anything else.
        """
        try:
            read = cls(**{f.name: kept[f.name] for f in fields(cls)})
            counts = (read.epoch - 1, read.step, read.images, read.classed, read.correct)
            columns = {"lr", *read.row()}
            numbers = [read.loss, read.seconds]
            for row in read.history:
                numbers += row.values()
            sound = (
                all(type(count) is int and 0 <= count < MAX_COUNT for count in counts)
                and all(type(number) in (int, float) and isfinite(number) for number in numbers)
                and len(read.history) == read.epoch - 1
                and all(columns <= row.keys() == read.history[0].keys() for row in read.history)
            )
        except (KeyError, TypeError, AttributeError, OverflowError):
            sound = False
        if not sound:
            raise ValueError("it does not say how far the run is")
        return read

    def add(self, step: Step, seconds: float) -> None:
        """Count a step."""
        self.step += 1
        self.images += step.images
        self.classed += step.classed
        self.correct += step.correct
        self.loss += step.loss * step.images
        self.seconds += seconds

    def row(self) -> dict[str, float]:
        """Return the epoch's row of the history."""
        return {
            "epoch": self.epoch,
            "loss": self.loss / max(self.images, 1),
            "accuracy": self.correct / max(self.classed, 1),
            "images_per_s": self.images / max(self.seconds, 1e-9),
        }

    def next_epoch(self, row: dict[str, float]) -> None:
        """Close the epoch with its row, and begin the next one."""
        fresh = Progress(epoch=self.epoch + 1, history=[*self.history, row])
        self.__dict__.update(fresh.__dict__)

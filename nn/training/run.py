"""A run: a training from its first step to its last, however often it is stopped in between.

Every minute, after every epoch, and when it is told to stop, a run leaves a checkpoint in its
folder. A run that finds one goes on from there, and ends with the very same weights as if it had
never been stopped. Of several ranks, the first writes and reads for all.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from . import checkpoint
from .checkpoint import CheckpointError
from .ema import EMA
from .progress import Progress
from .trainer import Step, Trainer

Batches = Iterable[tuple[np.ndarray, np.ndarray]]


class StoppedError(Exception):
    """The run was told to stop, and has saved itself; ``signal`` is what told it."""

    def __init__(self, number: int, path: Path):
        super().__init__(f"stopped; saved {path}")
        self.signal = number


class Run:
    """A trainer's epochs, saved as they go.

    Parameters
    ----------
    trainer : Trainer
    average : EMA
        Of the trainer's model.
    folder : Path
        Of the checkpoints.
    settings : dict
        All that the outcome depends on, as JSON can hold it. A checkpoint of other settings is
        refused.
    save_every : float
        Seconds from one checkpoint to the next.
    """

    def __init__(
        self,
        trainer: Trainer,
        average: EMA,
        folder: Path,
        settings: dict[str, Any],
        save_every: float = 60.0,
    ):
        self.trainer = trainer
        self.ema = average
        self.folder = folder
        self.settings = settings
        self.save_every = save_every
        self.progress = Progress()
        self._saved = time.monotonic()
        self._signal: int | None = None

    def resume(self, tell: Callable[[str], None]) -> bool:
        """Go back to the newest whole checkpoint; return whether there was one.

        Parameters
        ----------
        tell : callable
            Is given a line about each damaged checkpoint, which is set aside.

        Raises
        ------
        CheckpointError
            If the checkpoint is of a run with other settings, of another network or version, or
            cannot be read.
        """
        found = self.trainer.processes.run_on_rank_0(self._newest, tell)
        if found is None:
            return False
        path, progress, steps, updates, arrays = found
        optimizer = self.trainer.optimizer
        try:
            checkpoint.restore(arrays, self.trainer.model, self.ema, optimizer)
        except ValueError as error:
            raise CheckpointError(f"{path}: {error}; name another folder") from None
        optimizer.steps, self.ema.updates, self.progress = steps, updates, progress
        return True

    def _newest(self, tell):
        """Return the newest whole checkpoint's path and what it holds, or None."""
        for path in checkpoint.find(self.folder):
            try:
                kept, arrays = checkpoint.read(path)
                progress, settings, steps, updates = _unpacked(path, kept)
            except checkpoint.DamagedError as error:
                aside = checkpoint.set_aside(path)
                tell(f"{error}; set aside as {aside.name}; trying the one before")
                continue
            for name, now in self.settings.items():
                if settings.get(name) != now:
                    begun = shorten(str(settings.get(name))[:1000], 100)
                    raise CheckpointError(
                        f"{self.folder}: its run was begun with {name} {begun}, not "
                        f"{now}: ask for the same, or name another folder"
                    )
            return path, progress, steps, updates, arrays
        return None

    def save(self) -> Path:
        """Write a checkpoint; return its file.

        Raises
        ------
        DivergedError
            If a weight is no longer a number: nothing is written, and what is there stays.
        """
        path = self.trainer.processes.run_on_rank_0(self._write)
        self._saved = time.monotonic()
        return path

    def _write(self):
        optimizer = self.trainer.optimizer
        self.trainer.check_weights()
        progress = asdict(self.progress) | {
            "settings": self.settings,
            "steps": optimizer.steps,
            "updates": self.ema.updates,
        }
        arrays = checkpoint.gather(self.trainer.model, self.ema, optimizer)
        return checkpoint.write(self.folder, optimizer.steps, progress, arrays)

    def steps(self, batches: Batches) -> Iterator[Step]:
        """Take what is left of the epoch at hand, and yield each step when it is taken.

        Parameters
        ----------
        batches : iterable of (images, labels)
            The whole epoch's, always the same for the same epoch.

        Raises
        ------
        StoppedError
            If the run was told to stop; it is saved.
        DivergedError
            See `Trainer.step`.
        """
        self._stop_or_save()
        last = time.monotonic()
        for images, labels in islice(batches, self.progress.step, None):
            step = self.trainer.step(images, labels)
            self.ema.update(self.trainer.model)
            now = time.monotonic()
            self.progress.add(step, now - last)
            last = now
            self._stop_or_save()
            yield step

    def end_epoch(self, **measured: float) -> dict[str, float]:
        """Close the epoch, with whatever was measured after it; save; return its row."""
        last = self.trainer.optimizer.steps - 1
        row = self.progress.row() | {"lr": self.trainer.schedule(last)} | measured
        self.progress.next_epoch(row)
        self.save()
        return row

    def _stop_or_save(self):
        """Stop if any rank was told to, save if it is time: all ranks at the same step."""
        due = time.monotonic() - self._saved >= self.save_every
        told, due = self.trainer.processes.all_reduce_max(self._signal or 0, due)
        if told:
            raise StoppedError(told, self.save())
        if due:
            self.save()

    @contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """Within it, Ctrl-C and SIGTERM stop the run after its step; a second one ends it at once.

        Anywhere but in a program's main thread, signals cannot be asked for and stay as they are.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def tell(number, frame):
            self._signal = number
            restore()

        def restore():
            for number, handler in before.items():
                signal.signal(number, handler)

        for number in before:
            signal.signal(number, tell)
        try:
            yield
        finally:
            restore()


def _unpacked(path, kept):
    """Return the progress, the settings, the steps and the updates that `Run.save` wrote."""
    settings, steps, updates = (kept.get(name) for name in ("settings", "steps", "updates"))
    try:
        progress = Progress.read(kept)
    except ValueError as error:
        raise checkpoint.damaged(path, error) from None
    if not isinstance(settings, dict):
        raise checkpoint.damaged(path, "it lacks the run's settings")
    if not all(type(count) is int and count >= 0 for count in (steps, updates)):
        raise checkpoint.damaged(path, "it does not say how far the optimizer is")
    return progress, settings, steps, updates

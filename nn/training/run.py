"""A training run, from its first step to its last, perhaps stopped and resumed in between.

A run saves a checkpoint in its folder every minute, after every epoch, and when it is told to stop.
If the folder already has one, the run resumes from it and ends with the same weights, bit for bit,
as a run that was never stopped. With several ranks, rank 0 reads and writes the files.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from . import checkpoint
from .checkpoint import CheckpointError
from .ema import EMA
from .processes import HungError
from .progress import Progress
from .trainer import Step, Trainer

Batches = Iterable[tuple[np.ndarray, np.ndarray]]
Settings = dict[str, Any]


class StoppedError(Exception):
    """A signal told the run to stop, and it has saved a checkpoint.

    Attributes
    ----------
    signal : int
        Number of the signal.
    """

    def __init__(self, number: int, path: Path):
        super().__init__(f"stopped; saved {path}")
        self.signal = number


class Run:
    """The steps and epochs of a training run, with checkpoints.

    Parameters
    ----------
    trainer : Trainer
    ema : EMA
        Moving average of the trainer's model.
    folder : Path
        Where the checkpoints are.
    settings : dict
        Everything that the result depends on, as JSON can hold it. Checkpoints of other settings
        are refused.
    save_every : float
        Seconds between checkpoints.

    Attributes
    ----------
    progress : Progress
        How far the run has come.
    """

    def __init__(
        self,
        trainer: Trainer,
        ema: EMA,
        folder: Path,
        settings: Settings,
        save_every: float = 60.0,
    ):
        self.trainer = trainer
        self.ema = ema
        self.folder = folder
        self.settings = settings
        self.save_every = save_every
        self.progress = Progress()
        self._saved = time.monotonic()
        self._signal: int | None = None

    def resume(
        self,
        tell: Callable[[str], None],
        translate: Callable[[Settings], Settings] = lambda settings: settings,
    ) -> bool:
        """Restore the newest undamaged checkpoint, if there is one.

        Parameters
        ----------
        tell : callable
            Called with one line per damaged checkpoint that an older one replaces; the file is
            renamed.
        translate : callable, optional
            Applied to a checkpoint's settings before they are compared with this run's: replaces
            names of earlier versions by today's. Raises ValueError if it cannot.

        Returns
        -------
        bool
            Whether a checkpoint was restored.

        Raises
        ------
        CheckpointError
            If the checkpoint has other settings, another network or another format version, or
            cannot be read, or if there are checkpoints and all are damaged; nothing is changed
            then.
        """
        newest = self.trainer.processes.run_on_rank_0(self._read_newest, tell, translate)
        if newest is None:
            return False
        path, progress, steps, updates, arrays = newest
        optimizer = self.trainer.optimizer
        try:
            checkpoint.restore(arrays, self.trainer.model, self.ema, optimizer)
        except ValueError as error:
            raise CheckpointError(f"{path}: {error}; use another folder") from None
        optimizer.steps, self.ema.updates, self.progress = steps, updates, progress
        return True

    def _read_newest(self, tell, translate):
        """Return the path and the content of the newest undamaged checkpoint, or None."""
        damaged: list[tuple[Path, checkpoint.DamagedError]] = []
        for path in checkpoint.find(self.folder):
            try:
                saved, arrays = checkpoint.read(path)
                progress, settings, steps, updates = _unpack(path, saved)
            except checkpoint.DamagedError as error:
                damaged.append((path, error))
                continue
            try:
                settings = translate(settings)
            except ValueError as error:
                raise CheckpointError(f"{path}: {error}") from None
            self._check_settings(settings)
            for bad, fault in damaged:
                renamed = checkpoint.set_aside(bad)
                tell(f"{fault}; renamed to {renamed.name}; using {path.name}")
            return path, progress, steps, updates, arrays
        if damaged:
            raise CheckpointError(
                f"{damaged[0][1]}; no other checkpoint in {self.folder} is good; nothing was "
                "changed: train in another folder, or delete them to start again"
            )
        return None

    def _check_settings(self, saved):
        """Raise CheckpointError if this run's settings differ from the saved ones."""
        for name, value in self.settings.items():
            if saved.get(name) != value:
                other = shorten(str(saved.get(name))[:1000], 100)
                raise CheckpointError(
                    f"{self.folder}: its run was started with {name} {other}, not {value}: "
                    "use the same settings or another folder"
                )

    def save(self) -> Path:
        """Write a checkpoint and return its path.

        Raises
        ------
        DivergedError
            If a weight is NaN or infinite; no file is written or deleted.
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
        """Train through the rest of the current epoch; yield each step after it is taken.

        Parameters
        ----------
        batches : iterable of (images, labels)
            The rest of the epoch's batches, from number `progress.step` on.

        Raises
        ------
        StoppedError
            If the run was told to stop; it has been saved.
        HungError
            If another rank hangs; rank 0 has saved the run as it was after the last step.
        DivergedError
            See `Trainer.step`.
        """
        last = time.monotonic()
        try:
            self._stop_or_save()
            for images, labels in batches:
                step = self.trainer.step(images, labels)
                self.ema.update(self.trainer.model)
                now = time.monotonic()
                self.progress.add(step, now - last)
                last = now
                self._stop_or_save()
                yield step
        except HungError as error:
            if self.trainer.processes.rank > 0:
                raise
            raise HungError(f"{error}; saved {self._write()}") from None

    def end_epoch(self, **measured: float) -> dict[str, float]:
        """Append the epoch to the history, save, and return its row.

        Parameters
        ----------
        **measured : float
            Further columns of the row, such as the validation loss.
        """
        last = self.trainer.optimizer.steps - 1
        row = self.progress.row() | {"lr": self.trainer.schedule(last)} | measured
        self.progress.next_epoch(row)
        self.save()
        return row

    def _stop_or_save(self):
        """Stop if any rank was told to, or save if it is time: on all ranks at the same step."""
        due = time.monotonic() - self._saved >= self.save_every
        told, due = self.trainer.processes.all_reduce_max(self._signal or 0, due)
        if told:
            raise StoppedError(told, self.save())
        if due:
            self.save()

    @contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """Stop after the current step on Ctrl-C or SIGTERM; a second signal ends the process.

        Python handles signals in its main thread only: in another thread this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def remember(number, frame):
            self._signal = number
            restore()

        def restore():
            for number, handler in before.items():
                signal.signal(number, handler)

        for number in before:
            signal.signal(number, remember)
        try:
            yield
        finally:
            restore()


def _unpack(path, saved):
    """Return the progress, settings, steps and EMA updates that `Run.save` wrote."""
    settings, steps, updates = (saved.get(name) for name in ("settings", "steps", "updates"))
    try:
        progress = Progress.read(saved)
    except ValueError as error:
        raise checkpoint.damaged(path, error) from None
    if not isinstance(settings, dict):
        raise checkpoint.damaged(path, "it lacks the run's settings")
    if not all(type(count) is int and count >= 0 for count in (steps, updates)):
        raise checkpoint.damaged(path, "its step counts are missing or invalid")
    return progress, settings, steps, updates

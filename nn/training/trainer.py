"""Training: take a batch, split it over the cores, add the gradients up, step.

Each batch is cut into shards; how, depends on its size alone. Every shard goes through the whole
network, forward and backward, on whichever worker is free, in a replica of the network that shares
the weights and owns all else. The shards' gradients are added up in the order of the shards, and
what dropout loses is drawn for each shard from (seed, step, shard). So the result does not depend
on how many threads there are, nor on which of them was quicker; nor on how many ranks there are
(`nn.training.processes`), each of which takes some of the shards.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..fast.workers import Workers
from ..loss import NO_CLASS, SoftmaxCrossEntropy, targets
from ..model import Sequential, as_input
from ..optim import Arrays, Optimizer
from ..schedule import Schedule
from .processes import SingleProcess

SHARD = 32
"""Images of a shard, at most: few enough that a batch gives every core some."""

LEAST = 8
"""Images of a shard, at least, if the batch has as many: enough to keep a core busy."""


def shards(batch: int) -> list[slice]:
    """Return the shards of a batch of so many images: two at least, if it is not a very small one.

    Parameters
    ----------
    batch : int

    Returns
    -------
    list of slice
        All but the last of equal size.
    """
    size = min(SHARD, max(LEAST, -(-batch // 2)))
    return [slice(start, min(start + size, batch)) for start in range(0, batch, size)]


class DivergedError(ArithmeticError):
    """The loss or a weight is NaN or infinite; the message says where, and what may help."""


@dataclass(frozen=True)
class Step:
    """What one training step saw.

    Attributes
    ----------
    loss : float
        The batch's mean, before the step was taken.
    correct, classed : int
        How many images got the right class, of how many that have one.
    images : int
        All of the batch.
    lr : float
        The learning rate.
    """

    loss: float
    correct: int
    classed: int
    images: int
    lr: float


class _Slots:
    """A row of numbers for each shard of a batch: its gradients, its running statistics.

    Attributes
    ----------
    rows : ndarray, shape (shards, numbers)
    """

    def __init__(self, model: Sequential):
        like = model.named_params() | model.named_state()
        ends = np.cumsum([array.size for array in like.values()]).tolist()
        self._parts = [
            (name, slice(end - array.size, end), array.shape)
            for (name, array), end in zip(like.items(), ends, strict=True)
        ]
        self.rows = np.empty((0, ends[-1]), np.result_type(*like.values()))
        self._arrays: list[Arrays] = []

    def __getitem__(self, shard: int) -> Arrays:
        """Return a shard's row, as views under the names of what is in it."""
        return self._arrays[shard]

    def make_room(self, shards: int) -> None:
        """Have rows for so many shards."""
        if shards > len(self.rows):
            self.rows = np.empty((shards, self.rows.shape[1]), self.rows.dtype)
            self._arrays = [self.named(row) for row in self.rows]

    def named(self, row: np.ndarray) -> Arrays:
        """Return the arrays that a row holds, as views."""
        return {name: row[part].reshape(shape) for name, part, shape in self._parts}


class Trainer:
    """Train a model step by step, on all cores.

    Parameters
    ----------
    model : Sequential
        Trained in place; it gives logits.
    optimizer : Optimizer
    schedule : callable
        From the number of a step to its learning rate.
    label_smoothing : float
        Of the loss; see `nn.SoftmaxCrossEntropy`.
    seed : int
        Of everything random in a step.
    threads : int, optional
        As many as there are cores that this process may use, if not given.
    engine : callable, optional
        Makes of a replica of the model the network that does the work, such as `nn.fuse`; without
        one it is the plain layers.
    processes : SingleProcess, optional
        The processes that train this model together; each has a trainer like this one.

    Use it as a context manager, or call `close`, to end the threads.
    """

    def __init__(
        self,
        model: Sequential,
        optimizer: Optimizer,
        schedule: Schedule,
        *,
        label_smoothing: float = 0.0,
        seed: int = 0,
        threads: int | None = None,
        engine: Callable[[Sequential], Sequential] = lambda model: model,
        processes: SingleProcess | None = None,
    ):
        self.model = model
        self.optimizer = optimizer
        self.schedule = schedule
        self.seed = seed
        self.label_smoothing = label_smoothing
        self.processes = processes or SingleProcess()
        self._workers = Workers(lambda: engine(model.replica()), threads or self.processes.cores)
        self._slots = _Slots(model)

    def __enter__(self) -> "Trainer":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """End the worker threads."""
        self._workers.close()

    def part(self, batch: int) -> slice:
        """Return which images of a batch of so many this rank looks at."""
        cut = shards(batch)
        mine = cut[self.processes.share(len(cut))]
        return slice(mine[0].start, mine[-1].stop) if mine else slice(0)

    def step(self, images: np.ndarray, labels: np.ndarray) -> Step:
        """Take one step on a batch, the same one on every rank.

        Parameters
        ----------
        images : ndarray, shape (N, H, W) or (N, H, W, C)
            uint8, or float in [0, 1]. Only those of `part` (N) are looked at.
        labels : ndarray of int, shape (N,)
            `nn.loss.NO_CLASS` for an image that belongs to none.

        Raises
        ------
        DivergedError
            If the loss is NaN or infinite; the weights are those before this step.
        """
        number, batch = self.optimizer.steps, len(labels)
        lr = self.schedule(number)
        cut = shards(batch)
        mine = range(len(cut))[self.processes.share(len(cut))]
        self._slots.make_room(len(mine))

        def run(model, shard):
            part = cut[shard]
            key, slot = (self.seed, number, shard), self._slots[shard - mine.start]
            with np.errstate(all="ignore"):  # the loss or the weights say more than a warning
                return self._run(model, key, images[part], labels[part], batch, slot)

        seen = np.array(self._workers.map(run, mine), np.float64).reshape(-1, 2)
        losses, correct = self.processes.all_gather(seen, len(cut)).T.tolist()
        loss = sum(losses)
        if not np.isfinite(loss):
            raise _diverged(f"the loss became {loss}", number, lr)
        total = self.processes.all_reduce_sum(self._slots.rows[: len(mine)], len(cut))
        added = self._slots.named(total)
        with np.errstate(all="ignore"):
            self.optimizer.step(self.model.named_params(), added, lr)
        for name, running in self.model.named_state().items():
            running[...] = added[name]
        return Step(loss, int(sum(correct)), int((labels != NO_CLASS).sum()), batch, lr)

    def check_weights(self) -> None:
        """See that every weight is a number; a finite loss may have had an infinite gradient.

        Raises
        ------
        DivergedError
            If one is not.
        """
        for name, w in (self.model.named_params() | self.model.named_state()).items():
            if not np.isfinite(w).all():
                last = self.optimizer.steps - 1
                raise _diverged(f"weights {name} became NaN or infinite", last, self.schedule(last))

    def _run(self, model, key, images, labels, batch, slot) -> tuple[float, int]:
        """Take one shard through a replica, forward and backward.

        Return its part of the loss and how many it got right; leave the rest in its slot.
        """
        share = len(labels) / batch
        model.adopt_state(self.model)
        for i, layer in enumerate(model.dropouts()):
            layer.rng = np.random.default_rng((*key, i))
        loss = SoftmaxCrossEntropy(self.label_smoothing)
        logits = model.forward(as_input(images), train=True)
        aims = targets(labels, logits.shape[1]) if NO_CLASS in labels else labels
        value = share * loss.forward(logits, aims)
        # The batch's loss is the shards' weighted mean, so each gradient is weighted, too.
        model.backward(loss.backward() * logits.dtype.type(share))
        for name, dw in model.named_grads().items():
            np.copyto(slot[name], dw)
        for name, running in model.named_state().items():
            np.multiply(running, share, out=slot[name])
        return value, int((logits.argmax(axis=1) == labels).sum())


def _diverged(what: str, step: int, lr: float) -> DivergedError:
    return DivergedError(
        f"{what} at step {step}, learning rate {lr:.3g}: "
        "try a lower learning rate or a longer warm-up"
    )


def evaluate(model: Sequential, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return a model's mean loss and its accuracy in [0, 1] on labelled images.

    Parameters
    ----------
    model : Sequential
    images : ndarray
        As `Sequential.predict_proba` takes them.
    labels : ndarray of int, shape (N,)
    """
    proba = model.predict_proba(images)
    right = proba[np.arange(len(labels)), labels]
    loss = -np.log(np.maximum(right, np.finfo(proba.dtype).tiny)).mean()
    return float(loss), float((proba.argmax(axis=1) == labels).mean())

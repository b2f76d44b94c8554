"""Training: take a batch, split it over the cores, add the gradients up, step.

Each batch is cut into shards of a fixed number of images. Every shard goes through the whole
network, forward and backward, on whichever worker is free, in a replica of the network that shares
the weights and owns all else. The shards' gradients are added up in the order of the shards, and
what dropout loses is drawn for each shard from (seed, step, shard). So the result does not depend
on how many threads there are, nor on which of them was quicker.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .loss import NO_CLASS, SoftmaxCrossEntropy, targets
from .model import Sequential, as_input
from .optim import Arrays, Optimiser
from .schedule import Schedule
from .workers import Workers

SHARD = 32
"""Images of a shard: few enough that a batch gives every core some, enough to keep it busy."""

QUIET = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}
"""What overflows shows in the loss or the weights, which say more about it than a warning."""


class DivergedError(ArithmeticError):
    """The loss is no longer a number; the message says where, and what may help."""


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


@dataclass(frozen=True)
class _Shard:
    """What one shard gives besides gradients: its part of the loss, and its running statistics."""

    share: float
    loss: float
    correct: int
    state: Arrays


class Trainer:
    """Train a model step by step, on all cores.

    Parameters
    ----------
    model : Sequential
        Trained in place; it gives logits.
    optimiser : Optimiser
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

    Use it as a context manager, or call `close`, to end the threads.
    """

    def __init__(
        self,
        model: Sequential,
        optimiser: Optimiser,
        schedule: Schedule,
        *,
        label_smoothing: float = 0.0,
        seed: int = 0,
        threads: int | None = None,
        engine: Callable[[Sequential], Sequential] = lambda model: model,
    ):
        self.model = model
        self.optimiser = optimiser
        self.schedule = schedule
        self.seed = seed
        self.label_smoothing = label_smoothing
        self._workers = Workers(lambda: engine(model.replica()), threads)
        self._slots: list[Arrays] = []

    def __enter__(self) -> "Trainer":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """End the worker threads."""
        self._workers.close()

    def step(self, images: np.ndarray, labels: np.ndarray) -> Step:
        """Take one step on a batch.

        Parameters
        ----------
        images : ndarray, shape (N, H, W) or (N, H, W, C)
            uint8, or float in [0, 1].
        labels : ndarray of int, shape (N,)
            `nn.loss.NO_CLASS` for an image that belongs to none.

        Raises
        ------
        DivergedError
            If the loss is NaN or infinite; the weights are those before this step.
        """
        number, batch = self.optimiser.steps, len(labels)
        lr = self.schedule(number)
        starts = range(0, batch, SHARD)
        while len(self._slots) < len(starts):
            self._slots.append({})

        def run(model, start):
            shard, part = start // SHARD, slice(start, start + SHARD)
            key, slot = (self.seed, number, shard), self._slots[shard]
            with np.errstate(**QUIET):
                return self._run(model, key, images[part], labels[part], batch, slot)

        shards = self._workers.map(run, starts)
        loss = sum(shard.loss for shard in shards)
        if not np.isfinite(loss):
            raise _diverged(f"the loss became {loss}", number, lr)
        with np.errstate(**QUIET):
            self.optimiser.step(self.model.named_params(), _added(self._slots[: len(starts)]), lr)
            for name, running in self.model.named_state().items():
                running[...] = sum(shard.share * shard.state[name] for shard in shards)
        correct = sum(shard.correct for shard in shards)
        return Step(loss, correct, int((labels != NO_CLASS).sum()), batch, lr)

    def check_weights(self) -> None:
        """See that every weight is a number; a finite loss may have had an infinite gradient.

        Raises
        ------
        DivergedError
            If one is not.
        """
        for name, w in (self.model.named_params() | self.model.named_state()).items():
            if not np.isfinite(w).all():
                last = self.optimiser.steps - 1
                raise _diverged(f"weights {name} became infinite", last, self.schedule(last))

    def _run(self, model, key, images, labels, batch, slot) -> _Shard:
        """Take one shard through a replica, forward and backward; leave its gradients in a slot."""
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
            # The replica's next shard overwrites its gradients.
            np.copyto(slot.setdefault(name, np.empty_like(dw)), dw)
        correct = int((logits.argmax(axis=1) == labels).sum())
        state = {name: running.copy() for name, running in model.named_state().items()}
        return _Shard(share, value, correct, state)


def _diverged(what: str, step: int, lr: float) -> DivergedError:
    return DivergedError(
        f"{what} at step {step}, learning rate {lr:.3g}: "
        "try a lower learning rate or a longer warm-up"
    )


def _added(gradients: list[Arrays]) -> Arrays:
    """Add the shards' gradients up in place, in the first of them, always in the same order."""
    total, *others = gradients
    for grads in others:
        for name, dw in grads.items():
            total[name] += dw
    return total


def score(proba: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return the mean loss and the accuracy in [0, 1] of probabilities, shape (N, classes)."""
    right = proba[np.arange(len(labels)), labels]
    loss = -np.log(np.maximum(right, np.finfo(proba.dtype).tiny)).mean()
    return float(loss), float((proba.argmax(axis=1) == labels).mean())

"""One training step: the loop of `nn/fit.py`, cut into shards that run on all cores.

A batch is cut into shards; how depends only on its size. Worker threads take the shards through
replicas of the network, forward and backward. A replica shares the weights with the model and has
its own activations and gradients. The shards' gradients are summed in a fixed order, and a shard's
dropout masks are drawn from (seed, step, shard). So the result does not depend on the number of
threads, on their timing, or on the number of processes that share the shards
(`nn.training.processes`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..fast.workers import Workers
from ..loss import NO_CLASS, SoftmaxCrossEntropy, targets
from ..model import Sequential, as_input
from ..optim import Optimizer
from ..schedule import Schedule
from .early import EARLY_RANKS, EarlySum, ShardRows, last_layers
from .processes import SingleProcess

SHARD = 32
"""Largest shard, in images: a usual batch still has shards for every core."""

LEAST = 8
"""Smallest shard, in images: fewer would not keep a core busy. The last shard may be smaller."""


def shards(batch: int) -> list[slice]:
    """Cut a batch into shards: at least two, unless it has no more than `LEAST` images.

    Parameters
    ----------
    batch : int
        Number of images.

    Returns
    -------
    list of slice
        The images of each shard. All shards but the last have the same size.
    """
    size = min(SHARD, max(LEAST, -(-batch // 2)))
    return [slice(start, min(start + size, batch)) for start in range(0, batch, size)]


class DivergedError(ArithmeticError):
    """The loss or a weight is NaN or infinite; the message says where and what may help."""


@dataclass(frozen=True)
class Step:
    """Result of one training step.

    Attributes
    ----------
    loss : float
        Mean loss of the batch, before the weights were updated.
    correct : int
        Images that were classified correctly.
    classed : int
        Images that have a class.
    images : int
        All images of the batch.
    lr : float
        Learning rate of the step.
    """

    loss: float
    correct: int
    classed: int
    images: int
    lr: float


class Trainer:
    """Train a model step by step, on all cores.

    Use it as a context manager, or call `close`, to end the threads.

    Parameters
    ----------
    model : Sequential
        Its output is logits. Trained in place.
    optimizer : Optimizer
    schedule : callable
        Maps the number of a step, from 0, to its learning rate.
    label_smoothing : float
        See `nn.SoftmaxCrossEntropy`.
    seed : int
        Seed of the dropout masks.
    threads : int, optional
        Number of worker threads; by default, the cores that this process may use.
    engine : callable, optional
        Turns a replica of the model into the network that a thread runs, such as `nn.fuse`. By
        default the replica itself: the plain layers.
    processes : SingleProcess, optional
        The processes that train this model together; each has its own trainer.
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
        self._early_layer, self._early = 0, list[str]()
        if 1 < self.processes.size <= EARLY_RANKS:
            self._early_layer, self._early = last_layers(engine(model.replica()))
        self._rows = ShardRows(model, self._early)

    def __enter__(self) -> "Trainer":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """End the worker threads."""
        self._workers.close()

    def part(self, batch: int) -> slice:
        """Return which images this rank uses of a batch of ``batch`` images."""
        cut = shards(batch)
        mine = cut[self.processes.share(len(cut))]
        return slice(mine[0].start, mine[-1].stop) if mine else slice(0)

    def step(self, images: np.ndarray, labels: np.ndarray) -> Step:
        """Compute the gradients of a batch and update the weights.

        Parameters
        ----------
        images : ndarray, shape (N, H, W) or (N, H, W, C)
            uint8, or float in [0, 1]. A rank reads only its `part` of the images and labels.
        labels : ndarray of int, shape (N,)
            `nn.loss.NO_CLASS` for an image of no class.

        Raises
        ------
        DivergedError
            If the loss is NaN or infinite; the weights are not changed then.
        """
        number, batch = self.optimizer.steps, len(labels)
        lr = self.schedule(number)
        cut = shards(batch)
        mine = range(len(cut))[self.processes.share(len(cut))]
        self._rows.reserve(len(mine))
        rows = self._rows.rows[: len(mine)]
        sums = EarlySum(self.processes, rows[:, self._rows.split :], len(cut))

        def run(model, shard):
            part = cut[shard]
            key, out = (self.seed, number, shard), self._rows[shard - mine.start]
            with np.errstate(all="ignore"):  # overflow is detected in the loss or the weights
                return self._run_shard(model, key, images[part], labels[part], batch, out, sums)

        results = np.array(self._workers.map(run, mine), np.float64).reshape(-1, 3)
        losses, correct, classed = self.processes.all_gather(results, len(cut)).T.tolist()
        loss = sum(losses)
        if not np.isfinite(loss):
            sums.result()  # no rank may wait for this one
            raise _diverged(f"the loss became {loss}", number, lr)
        late = self.processes.all_reduce_sum(rows[:, : self._rows.split], len(cut))
        early = sums.result()
        total = late if early is None else np.concatenate([late, early])
        self._update(self._rows.views(total), lr)
        return Step(loss, int(sum(correct)), int(sum(classed)), batch, lr)

    def _run_shard(self, model, key, images, labels, batch, out, sums) -> tuple[float, int, int]:
        """Run one shard through a replica, forward and backward.

        Write its share of the gradients and of the running statistics to ``out``. Return its share
        of the loss, its number of correct images and that of images with a class.
        """
        share = len(labels) / batch
        model.adopt_state(self.model)
        for i, layer in enumerate(model.dropouts()):
            layer.rng = np.random.default_rng((*key, i))
        missing = dict.fromkeys(out.keys() - model.named_state().keys())

        def ready(layer=self._early_layer):
            if layer == self._early_layer and self._early and missing.keys() >= {*self._early}:
                copy(self._early)
                sums.add_shard()

        def copy(names):
            grads = model.named_grads()
            for name in names:
                np.copyto(out[name], grads[name])
                del missing[name]

        # The loss of the batch is the weighted mean of the shards' losses; so is its gradient.
        value, logits = self._both_ways(model, images, labels, share, ready)
        ready()  # if the network went layer by layer
        copy([*missing])
        for name, running in model.named_state().items():
            np.multiply(running, share, out=out[name])
        correct = int((logits.argmax(axis=1) == labels).sum())
        return value, correct, int((labels != NO_CLASS).sum())

    def _both_ways(self, model, images, labels, share, ready) -> tuple[float, np.ndarray]:
        """Fill a network's gradients of ``share`` times its loss; return that and the logits.

        ``ready`` is called with the number of each layer that has its gradients, if possible.
        """
        learn = getattr(model, "learn", None)  # a fused network's: all of this in one go
        done = learn and learn(images, labels, self.label_smoothing, share, ready)
        if done:
            return done
        loss = SoftmaxCrossEntropy(self.label_smoothing)
        logits = model.forward(as_input(images), train=True)
        aims = targets(labels, logits.shape[1]) if NO_CLASS in labels else labels
        value = share * loss.forward(logits, aims)
        model.backward(loss.backward() * logits.dtype.type(share))
        return value, logits

    def _update(self, total, lr):
        """Take the optimizer's step with the summed gradients; store the running statistics."""
        with np.errstate(all="ignore"):
            self.optimizer.step(self.model.named_params(), total, lr)
        for name, running in self.model.named_state().items():
            running[...] = total[name]

    def check_weights(self) -> None:
        """Check that all weights are finite: a finite loss can have an infinite gradient.

        Raises
        ------
        DivergedError
            If a weight is NaN or infinite.
        """
        for name, w in (self.model.named_params() | self.model.named_state()).items():
            if not np.isfinite(w).all():
                last = self.optimizer.steps - 1
                raise _diverged(f"weights {name} became NaN or infinite", last, self.schedule(last))


def _diverged(what: str, step: int, lr: float) -> DivergedError:
    return DivergedError(
        f"{what} at step {step}, learning rate {lr:.3g}: "
        "try a lower learning rate or a longer warm-up"
    )


def evaluate(model: Sequential, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return a model's mean loss and accuracy on labelled images.

    Parameters
    ----------
    model : Sequential
    images : ndarray
        See `Sequential.predict_proba`.
    labels : ndarray of int, shape (N,)

    Returns
    -------
    loss : float
        Mean cross-entropy, in nats.
    accuracy : float
        In [0, 1].
    """
    proba = model.predict_proba(images)
    right = proba[np.arange(len(labels)), labels]
    loss = -np.log(np.maximum(right, np.finfo(proba.dtype).tiny)).mean()
    return float(loss), float((proba.argmax(axis=1) == labels).mean())

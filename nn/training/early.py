"""Gradients of shards, and those that go out early, while others are still computed.

The backward pass starts at the last layer, so its gradients can be sent first. In the networks here
the last layers have most of the parameters, and the first most of the work.
"""

import threading
from concurrent.futures import Future

import numpy as np

from ..model import Sequential
from ..optim import Arrays
from .processes import SingleProcess

SHARE = 0.75
"""The last layers that have this share of the parameters are sent early."""

EARLY_RANKS = 4
"""With more ranks, the messages of a second sum take longer than it hides (docs/scaling.md)."""


def last_layers(network: Sequential) -> tuple[int, list[str]]:
    """Return the first of the layers whose gradients are sent early, and their parameters' names.

    Parameters
    ----------
    network : Sequential
        The network that a thread runs; its layers may be fused.

    Returns
    -------
    int
        Index in ``network.layers``.
    list of str
        Empty if these layers are the whole network.
    """
    sizes = [sum(w.size for w in layer.params.values()) for layer in network.layers]
    first, held = len(sizes), 0
    while first and held < SHARE * sum(sizes):
        first -= 1
        held += sizes[first]
    early = {id(w) for layer in network.layers[first:] for w in layer.params.values()}
    names = [name for name, w in network.named_params().items() if id(w) in early]
    return first, names if first and any(sizes[:first]) else []


class ShardRows:
    """One row of numbers per shard: its gradients and its running statistics, one after another.

    Parameters
    ----------
    model : Sequential
    early : list of str
        Parameters whose gradients come last in a row.

    Attributes
    ----------
    rows : ndarray, shape (shards, numbers)
    split : int
        The column where the early gradients begin.
    """

    def __init__(self, model: Sequential, early: list[str]):
        params = model.named_params()
        like = {name: w for name, w in params.items() if name not in early}
        like |= model.named_state() | {name: params[name] for name in early}
        ends = np.cumsum([array.size for array in like.values()]).tolist()
        self._columns = [
            (name, slice(end - array.size, end), array.shape)
            for (name, array), end in zip(like.items(), ends, strict=True)
        ]
        self.split = ends[-1] - sum(params[name].size for name in early)
        self.rows = np.empty((0, ends[-1]), np.result_type(*like.values()))
        self._views: list[Arrays] = []

    def __getitem__(self, shard: int) -> Arrays:
        """Return the named arrays in a shard's row, as views."""
        return self._views[shard]

    def reserve(self, shards: int) -> None:
        """Allocate at least ``shards`` rows."""
        if shards > len(self.rows):
            self.rows = np.empty((shards, self.rows.shape[1]), self.rows.dtype)
            self._views = [self.views(row) for row in self.rows]

    def views(self, row: np.ndarray) -> Arrays:
        """Return the named arrays in a row, as views."""
        return {name: row[columns].reshape(shape) for name, columns, shape in self._columns}


class EarlySum:
    """The sum of a step's early gradients: it starts as soon as all shards of this rank have them.

    Parameters
    ----------
    processes : SingleProcess
    rows : ndarray, shape (shards, numbers)
        The early gradients of this rank's shards; may be overwritten.
    total : int
        Number of shards of the batch.
    """

    def __init__(self, processes: SingleProcess, rows: np.ndarray, total: int):
        self._processes, self._rows, self._total = processes, rows, total
        self._missing = len(rows)
        self._one = threading.Lock()
        self._future: Future[np.ndarray] | None = None
        if not self._missing:
            self._start()

    def add_shard(self) -> None:
        """Count one more shard whose row is complete; called by the worker threads."""
        with self._one:
            self._missing -= 1
            if not self._missing:
                self._start()

    def _start(self):
        if self._rows.shape[1]:
            self._future = self._processes.start_sum(self._rows, self._total)

    def result(self) -> np.ndarray | None:
        """Wait for the sum, shape (numbers,); None if nothing is sent early."""
        return None if self._future is None else self._future.result()

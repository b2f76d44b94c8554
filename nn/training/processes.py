"""Data-parallel training: the collective operations that several processes need.

Every process (rank) holds the whole network and computes some of each batch's shards. The shards'
gradients are summed pairwise, in the order of a tree that depends only on the number of shards,
whichever rank computed them, and every rank takes the same optimizer step. So the weights are the
same, bit for bit, for any number of ranks.

`SingleProcess` is the trivial case of one rank. `nn.training.mpi` implements the same operations
for the ranks that an MPI launcher starts.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import numpy as np

from ..fast.workers import usable_cores

Result = TypeVar("Result")


class HungError(RuntimeError):
    """A rank gives no sign of life; the message names it."""


class SingleProcess:
    """One rank of one: every collective operation is local.

    Use it as a context manager. All ranks enter and leave it together.

    Attributes
    ----------
    rank : int
        Number of this process, from 0.
    size : int
        Number of processes.
    cores : int
        Number of cores that this process may use.
    patience : float
        Seconds without a sign of life after which a rank counts as hung.
    """

    rank = 0
    size = 1
    patience = 45.0

    def __init__(self):
        self.cores = usable_cores()

    def __enter__(self) -> "SingleProcess":
        return self

    def __exit__(self, *exception) -> bool | None:
        return None

    def share(self, items: int, rank: int | None = None) -> slice:
        """Return the contiguous part of ``items`` items that a rank works on.

        Parameters
        ----------
        items : int
        rank : int, optional
            This process's own rank by default.
        """
        rank = self.rank if rank is None else rank
        return slice(items * rank // self.size, items * (rank + 1) // self.size)

    def run_on_rank_0(self, function: Callable[..., Result], *args) -> Result:
        """Call ``function(*args)`` on rank 0 only, and return its result on all ranks.

        If it raises, all ranks end: rank 0 with that exception, the others with `SystemExit`.
        """
        return function(*args)

    def all_reduce_max(self, *numbers: int) -> tuple[int, ...]:
        """All-reduce with MAX, element-wise."""
        return numbers

    def all_gather(self, rows: np.ndarray, total: int) -> np.ndarray:
        """Concatenate the rows of all ranks.

        Parameters
        ----------
        rows : ndarray, shape (n, columns)
            This rank's `share` of the ``total`` rows.
        total : int

        Returns
        -------
        ndarray, shape (total, columns)
        """
        return rows

    def all_reduce_sum(self, rows: np.ndarray, total: int) -> np.ndarray:
        """Sum the rows of all ranks pairwise, in the order of `add_pairwise`.

        Parameters
        ----------
        rows : ndarray, shape (n, columns)
            This rank's `share` of the ``total`` rows. They may be overwritten.
        total : int

        Returns
        -------
        ndarray, shape (columns,)
        """
        return add_pairwise(dict(enumerate(rows)), slice(0, total), total)[0]

    def start_sum(self, rows: np.ndarray, total: int) -> "Future[np.ndarray]":
        """Start an `all_reduce_sum` that goes on while this process computes.

        No other may be started before its result is taken.

        Returns
        -------
        Future
            Its result is the sum; it raises what the sum raises.
        """
        future: Future[np.ndarray] = Future()
        future.set_result(self.all_reduce_sum(rows, total))
        return future


def add_pairwise(rows: dict[int, np.ndarray], part: slice, total: int) -> dict[int, np.ndarray]:
    """Add shards' rows in place: each to its neighbour, the sums to theirs, and so on.

    Five rows are added as ((0 + 1) + (2 + 3)) + 4. A rank can add the rows of its own shards as far
    as this order allows, and the sums that all ranks send are added likewise.

    Parameters
    ----------
    rows : dict of int to ndarray
        The row of each shard in ``part``, or the sums of several by the number of the first.
    part : slice
        The shards that are complete in ``rows``.
    total : int
        Number of shards of the batch.

    Returns
    -------
    dict of int to ndarray
        What is left, by the number of the first shard.
    """
    left, apart = dict(rows), 1
    while apart < total:
        start = part.start // (2 * apart) * 2 * apart
        for into in range(start, min(part.stop, total - apart), 2 * apart):
            inside = part.start <= into and min(into + 2 * apart, total) <= part.stop
            if inside and into + apart in left:
                left[into] += left.pop(into + apart)
        apart *= 2
    return left

"""Data-parallel training: the collective operations that several processes need.

Every process (rank) holds the whole network and computes some of each batch's shards. The shards'
gradients are summed pairwise, in the order of a tree that depends only on the number of shards,
whichever rank computed them, and every rank takes the same optimizer step. So the weights are the
same, bit for bit, for any number of ranks.

`SingleProcess` is the trivial case of one rank. `nn.training.mpi` implements the same operations
for the ranks that an MPI launcher starts.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from ..fast.workers import usable_cores

Result = TypeVar("Result")


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
    """

    rank = 0
    size = 1

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
        add_pairwise(rows)
        return rows[0]


def add_pairwise(rows: np.ndarray) -> None:
    """Add rows in place to neighbours, these to neighbours again, until row 0 is the sum.

    With 5 rows: ((0 + 1) + (2 + 3)) + 4. A process that has neighbouring rows can add them before
    it sends them, and the rounding is the same.
    """
    apart = 1
    while apart < len(rows):
        for into in range(0, len(rows) - apart, 2 * apart):
            rows[into] += rows[into + apart]
        apart *= 2

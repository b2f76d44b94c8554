"""Ranks: processes, on one machine or on many, that train one network together.

Each rank has all of the network and takes some of every batch's shards. What the shards give is
added up in the order of the shards, whichever rank they were taken by, and then every rank takes
the same step. So the weights are the same, to the bit, however many ranks there are.

`SingleProcess` is the one rank of an ordinary process; `nn.training.mpi` has those that an MPI
launcher starts.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from ..fast.workers import usable_cores

Result = TypeVar("Result")


class SingleProcess:
    """The only rank there is: what one of many does with the others, it does by itself.

    Use it as a context manager: the ranks come together and leave together.

    Attributes
    ----------
    rank, size : int
        Which it is, from 0, of how many.
    cores : int
        How many this rank may use.
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
        """Return which of so many items a rank takes, this one if not given."""
        rank = self.rank if rank is None else rank
        return slice(items * rank // self.size, items * (rank + 1) // self.size)

    def run_on_rank_0(self, function: Callable[..., Result], *args) -> Result:
        """Return what ``function(*args)`` returns on rank 0; no other rank calls it.

        If it raises, all ranks end: rank 0 with its exception, the others with `SystemExit`.
        """
        return function(*args)

    def all_reduce_max(self, *numbers: int) -> tuple[int, ...]:
        """Return the highest that any rank gave, of each number."""
        return numbers

    def all_gather(self, rows: np.ndarray, total: int) -> np.ndarray:
        """Return all rows, shape (total, columns), of which each rank gives its `share`."""
        return rows

    def all_reduce_sum(self, rows: np.ndarray, total: int) -> np.ndarray:
        """Return the sum, shape (columns,), of all rows, one after the other in their order.

        Each of the ``total`` rows is given by the rank whose `share` it is, and may be overwritten.
        """
        added = rows[0]
        for row in rows[1:]:
            added += row
        return added

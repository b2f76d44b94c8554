"""Ranks that talk to each other by MPI; nothing else here imports mpi4py.

Adding up in a fixed order is an all-reduce made of two steps. First each rank is sent, by all
others, its own stretch of every shard's numbers, and adds them up in the order of the shards. Then
all ranks are given all stretches. With one shard a rank, no more is sent than in a ring all-reduce,
2 P numbers; with k shards, (k + 1) P. See docs/scaling.md for what that costs.
"""

import os
import pickle
import sys
import time
import traceback
from contextlib import ExitStack, redirect_stderr, redirect_stdout

import numpy as np
from mpi4py import MPI

from ..fast.workers import usable_cores
from .processes import SingleProcess

PATIENCE = 5.0
"""Seconds that a rank which failed waits for the others to fail likewise, before it ends them."""

LAST_WORDS = 1.0
"""Seconds that it then leaves the launcher to pass on what it printed: an abort may overtake it."""

SPIN = 1e-3
"""Seconds that a rank which waits keeps asking, as messages are quickest then."""

NAP = 0.1e-3
"""Seconds that it sleeps between two questions after that: others may need the core."""


class MPIProcesses(SingleProcess):
    """The ranks that one MPI launcher started; see `SingleProcess` for what they do.

    Between entering and leaving, only rank 0 prints: the others' stdout and stderr go nowhere.
    """

    def __init__(self):
        self._comm = MPI.COMM_WORLD
        self._farewell = self._comm.Dup()
        self.rank, self.size = self._comm.rank, self._comm.size
        self.cores = self._cores()
        self._silence = ExitStack()
        self._launcher = os.getppid()

    def _cores(self):
        """Return how many cores fall to this rank, of those that it shares with others."""
        mine = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
        here = self._comm.Split_type(MPI.COMM_TYPE_SHARED)
        sharing = here.allgather(mine).count(mine)
        here.Free()
        return max(1, usable_cores() // sharing)

    def __enter__(self) -> "MPIProcesses":
        if self.rank > 0:
            nowhere = self._silence.enter_context(open(os.devnull, "w"))
            self._silence.enter_context(redirect_stdout(nowhere))
            self._silence.enter_context(redirect_stderr(nowhere))
        return self

    def __exit__(self, kind, error, trace) -> bool:
        """Leave together with the others, or end them.

        What befalls all ranks, such as being told to stop, is rank 0's to report. But if one fails
        alone, the others would wait for it forever.
        """
        self._silence.close()
        if self._wait(self._farewell.Ibarrier(), None if error is None else PATIENCE):
            return self.rank > 0 and not isinstance(error, SystemExit)
        traceback.print_exception(error)
        print(
            f"rank {self.rank} of {self.size}, on {MPI.Get_processor_name()}, failed: "
            f"{error or kind.__name__}; the others are ended",
            file=sys.stderr,
            flush=True,
        )
        time.sleep(LAST_WORDS)
        self._comm.Abort(1)
        os._exit(1)  # the others are ended at once, this one perhaps a little later

    def run_on_rank_0(self, function, *args):
        """Return what ``function(*args)`` returns on rank 0; see `SingleProcess.run_on_rank_0`."""
        if self.rank > 0:
            done, result = self._broadcast()
            if not done:
                raise SystemExit(result)
            return result
        try:
            result = function(*args)
        except BaseException as error:
            self._broadcast((False, getattr(error, "code", 2)))
            raise
        self._broadcast((True, result))
        return result

    def _broadcast(self, item=None):
        """Send what rank 0 has to all others, and return it there."""
        data = pickle.dumps(item) if self.rank == 0 else b""
        length = np.array([len(data)])
        self._wait(self._comm.Ibcast(length))
        data = bytearray(data) if self.rank == 0 else bytearray(length[0])
        self._wait(self._comm.Ibcast(data))
        return item if self.rank == 0 else pickle.loads(data)

    def all_reduce_max(self, *numbers):
        """Return the highest that any rank gave, of each number."""
        highest = np.array(numbers)
        self._wait(self._comm.Iallreduce(MPI.IN_PLACE, highest, MPI.MAX))
        return tuple(highest.tolist())

    def all_gather(self, rows, total):
        """Return the rows of all ranks; see `SingleProcess.all_gather`."""
        out = np.empty((total, rows.shape[1]), rows.dtype)
        self._concatenate(rows, out, [count * rows.shape[1] for count in self._counts(total)])
        return out

    def all_reduce_sum(self, rows, total):
        """Return the sum of the rows of all ranks; see `SingleProcess.all_reduce_sum`."""
        P = rows.shape[1]
        widths = self._counts(P)
        mine = np.empty((total, widths[self.rank]), rows.dtype)
        packed = np.concatenate([rows[:, self.share(P, to)].ravel() for to in range(self.size)])
        sent = [len(rows) * width for width in widths]
        received = [count * widths[self.rank] for count in self._counts(total)]
        self._wait(self._comm.Ialltoallv((packed, sent), (mine, received)))
        out = np.empty(P, rows.dtype)
        self._concatenate(super().all_reduce_sum(mine, total), out, widths)
        return out

    def _counts(self, items):
        """Return how many of so many items each rank takes."""
        shares = [self.share(items, rank) for rank in range(self.size)]
        return [share.stop - share.start for share in shares]

    def _concatenate(self, part, out, counts):
        """Put every rank's part, of so many numbers each, one after the other into ``out``."""
        self._wait(self._comm.Iallgatherv(np.ascontiguousarray(part), (out, counts)))

    def _wait(self, request, patience=None):
        """Return whether the request was met, without keeping a core from those that have work.

        A blocking call of MPI would, and would keep Python from seeing a signal. A rank whose
        launcher is gone ends.
        """
        start = time.monotonic()
        while not request.Test():
            waited = time.monotonic() - start
            if patience is not None and waited > patience:
                return False
            if waited > SPIN:
                if os.getppid() != self._launcher:
                    # Another rank died, and the launcher's SIGTERM was taken for a wish to stop.
                    os._exit(1)
                time.sleep(NAP)
        return True

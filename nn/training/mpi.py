"""Collective operations over MPI; the only file that imports mpi4py.

A sum in a fixed order is an all-reduce in two steps. First an all-to-all: each rank receives its
own segment of every shard's row, and sums the segments in shard order. Then an all-gather gives
every rank all segments. For P numbers and k shards per rank, a rank sends (k + 1) P numbers; with
k = 1 that is the 2 P of a ring all-reduce. docs/scaling.md says what this costs.
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

EXIT_TIMEOUT = 5.0
"""Seconds that a failed rank waits for the others to fail too, before it aborts them."""

FLUSH_SECONDS = 1.0
"""Seconds between the error message and the abort: the launcher may drop what it has not passed
on."""

SPIN_SECONDS = 1e-3
"""Seconds of busy waiting for a message: this has the lowest latency."""

POLL_SECONDS = 0.1e-3
"""Seconds of sleep between two polls after that: other threads may need the core."""


class MPIProcesses(SingleProcess):
    """The ranks that an MPI launcher started; see `SingleProcess` for the operations.

    Inside the ``with`` block only rank 0 prints; stdout and stderr of the others are discarded.
    """

    def __init__(self):
        self._comm = MPI.COMM_WORLD
        self._exit_comm = self._comm.Dup()
        self.rank, self.size = self._comm.rank, self._comm.size
        self.cores = self._cores()
        self._redirected = ExitStack()
        self._launcher = os.getppid()

    def _cores(self):
        """Return this rank's cores: those it may use, divided by the ranks that share them."""
        affinity = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
        machine = self._comm.Split_type(MPI.COMM_TYPE_SHARED)
        sharing = machine.allgather(affinity).count(affinity)
        machine.Free()
        return max(1, usable_cores() // sharing)

    def __enter__(self) -> "MPIProcesses":
        if self.rank > 0:
            nowhere = self._redirected.enter_context(open(os.devnull, "w"))
            self._redirected.enter_context(redirect_stdout(nowhere))
            self._redirected.enter_context(redirect_stderr(nowhere))
        return self

    def __exit__(self, kind, error, trace) -> bool:
        """Leave together with the other ranks, or abort them.

        An event that all ranks see, such as a request to stop, is reported by rank 0 alone. If one
        rank fails alone, the others would wait for it forever: it aborts them.
        """
        self._redirected.close()
        if self._wait(self._exit_comm.Ibarrier(), None if error is None else EXIT_TIMEOUT):
            return self.rank > 0 and not isinstance(error, SystemExit)
        traceback.print_exception(error)
        print(
            f"rank {self.rank} of {self.size}, on {MPI.Get_processor_name()}, failed: "
            f"{error or kind.__name__}; all ranks are aborted",
            file=sys.stderr,
            flush=True,
        )
        time.sleep(FLUSH_SECONDS)
        self._comm.Abort(1)
        os._exit(1)  # Abort ends the others at once, but may return here

    def run_on_rank_0(self, function, *args):
        """Call ``function(*args)`` on rank 0; see `SingleProcess.run_on_rank_0`."""
        if self.rank > 0:
            succeeded, result = self._broadcast()
            if not succeeded:
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
        """Return rank 0's item on every rank."""
        data = pickle.dumps(item) if self.rank == 0 else b""
        length = np.array([len(data)])
        self._wait(self._comm.Ibcast(length))
        data = bytearray(data) if self.rank == 0 else bytearray(length[0])
        self._wait(self._comm.Ibcast(data))
        return item if self.rank == 0 else pickle.loads(data)

    def all_reduce_max(self, *numbers):
        """All-reduce with MAX, element-wise."""
        highest = np.array(numbers)
        self._wait(self._comm.Iallreduce(MPI.IN_PLACE, highest, MPI.MAX))
        return tuple(highest.tolist())

    def all_gather(self, rows, total):
        """Concatenate the rows of all ranks; see `SingleProcess.all_gather`."""
        out = np.empty((total, rows.shape[1]), rows.dtype)
        self._concatenate(rows, out, [count * rows.shape[1] for count in self._counts(total)])
        return out

    def all_reduce_sum(self, rows, total):
        """Sum the rows of all ranks in row order; see `SingleProcess.all_reduce_sum`."""
        P = rows.shape[1]
        widths = self._counts(P)
        segments = np.empty((total, widths[self.rank]), rows.dtype)
        packed = np.concatenate([rows[:, self.share(P, to)].ravel() for to in range(self.size)])
        sent = [len(rows) * width for width in widths]
        received = [count * widths[self.rank] for count in self._counts(total)]
        self._wait(self._comm.Ialltoallv((packed, sent), (segments, received)))
        out = np.empty(P, rows.dtype)
        self._concatenate(super().all_reduce_sum(segments, total), out, widths)
        return out

    def _counts(self, items):
        """Return the number of items in each rank's share."""
        shares = [self.share(items, rank) for rank in range(self.size)]
        return [share.stop - share.start for share in shares]

    def _concatenate(self, part, out, counts):
        """Fill ``out`` with the parts of all ranks in order; ``counts`` are their sizes."""
        self._wait(self._comm.Iallgatherv(np.ascontiguousarray(part), (out, counts)))

    def _wait(self, request, timeout=None):
        """Wait for a request by polling; return False if it takes longer than ``timeout`` seconds.

        A blocking MPI call would keep a core busy, and Python from handling signals. If the
        launcher has ended, this process ends too.
        """
        start = time.monotonic()
        while not request.Test():
            waited = time.monotonic() - start
            if timeout is not None and waited > timeout:
                return False
            if waited > SPIN_SECONDS:
                if os.getppid() != self._launcher:
                    # Another rank died; `Run` took the launcher's SIGTERM for a request to stop.
                    os._exit(1)
                time.sleep(POLL_SECONDS)
        return True

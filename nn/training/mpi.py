"""Collective operations over MPI; the only file that imports mpi4py.

A sum in a fixed order is an all-reduce in three steps. Each rank adds the rows of its own shards as
far as the order allows (`processes.add_pairwise`). Then an all-to-all: each rank receives its own
segment of all these sums, and adds them. Then an all-gather gives every rank all segments. For P
numbers, ranks with a power of two of shards each send 2 P numbers, as in a ring all-reduce; any
other rank sends at most 2 log2(shards) P more. docs/scaling.md says what this costs.

The sum of some gradients can start while others are still computed: in a thread, and through a
communicator of its own.

Another thread of each rank sends signs of life to the others. A rank that is stopped, or whose link
is lost, is silent, and the others end the run.
"""

import os
import pickle
import signal
import sys
import threading
import time
import traceback
from concurrent.futures import Future
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress

import numpy as np
from mpi4py import MPI

from ..fast.workers import usable_cores
from .processes import HungError, SingleProcess, add_pairwise

EXIT_TIMEOUT = 5.0
"""Seconds that a failed rank waits for the others to fail too, before it aborts them."""

FLUSH_SECONDS = 1.0
"""Seconds between the error message and the abort: the launcher may drop what it has not passed
on."""

SPIN_SECONDS = 1e-3
"""Seconds of busy waiting for a message: this has the lowest latency."""

SLEEP = 1e-3
"""Sleep between two polls after that, as a share of the time waited so far. Messages move only when
they are polled, and another thread may need the core."""

LONGEST_SLEEP = 1e-3
"""Seconds."""

BEATS = 10
"""Signs of life that a rank sends in the time after which it would count as hung."""


class MPIProcesses(SingleProcess):
    """The ranks that an MPI launcher started; see `SingleProcess` for the operations.

    Inside the ``with`` block only rank 0 prints; stdout and stderr of the others are discarded.
    """

    def __init__(self):
        self._comm = MPI.COMM_WORLD
        self._exit_comm, self._early_comm = self._comm.Dup(), self._comm.Dup()
        self.rank, self.size = self._comm.rank, self._comm.size
        self.cores = self._cores()
        self._redirected = ExitStack()
        self._launcher = os.getppid()
        here = MPI.Get_processor_name(), self._launcher, os.getpid()
        self._places = self._comm.allgather(here)  # of each rank: host, launcher, process
        self._sums_of: dict[int, list[list[int]]] = {}
        self._silent: list[int] = []  # ranks that count as hung
        self._left = threading.Event()
        self._beating = threading.Thread(target=self._beat, args=[self._comm.Dup()], daemon=True)

    def _cores(self):
        """Return this rank's cores: those it may use, divided by the ranks that share them."""
        affinity = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
        machine = self._comm.Split_type(MPI.COMM_TYPE_SHARED)
        sharing = machine.allgather(affinity).count(affinity)
        machine.Free()
        return max(1, usable_cores() // sharing)

    def __enter__(self) -> "MPIProcesses":
        self._beating.start()
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
        if isinstance(error, HungError):
            self._abort(str(error))
        if self._wait(self._exit_comm.Ibarrier(), None if error is None else EXIT_TIMEOUT):
            self._left.set()
            self._beating.join()
            return self.rank > 0 and not isinstance(error, SystemExit)
        traceback.print_exception(error)
        return self._abort(f"{self._name(self.rank)}, failed: {error or kind.__name__}")

    def _name(self, rank):
        return f"rank {rank} of {self.size}, on {self._places[rank][0]}"

    def _abort(self, why):
        """End all ranks; the first one that is alive says why."""
        first = min({*range(self.size)} - {*self._silent})
        if not self._silent or self.rank == first:
            print(f"{why}; all ranks are aborted", file=sys.stderr, flush=True)
            time.sleep(FLUSH_SECONDS)
        else:  # the first one may still have a checkpoint to write
            time.sleep(EXIT_TIMEOUT)
        for rank in self._silent:
            *place, pid = self._places[rank]
            if place == [*self._places[self.rank][:2]]:  # the launcher would leave it stopped
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._comm.Abort(1)
        os._exit(1)  # Abort ends the others at once, but may return here

    def _beat(self, comm):
        """Send signs of life to all others, and note who is silent, until all have left.

        Silence is counted in beats of this rank, so that ranks which are stopped together, and
        continued, do not take each other for hung.
        """
        others = [rank for rank in range(self.size) if rank != self.rank]
        silence = dict.fromkeys(others, 0)
        sent: list[MPI.Request] = []
        status = MPI.Status()
        while not self._left.wait(self.patience / BEATS):
            sent = [request for request in sent if not request.Test()]
            sent += [comm.Isend(b"", rank) for rank in others]
            for rank in others:
                silence[rank] += 1
            while comm.Iprobe(MPI.ANY_SOURCE, MPI.ANY_TAG, status):
                comm.Recv(bytearray(), status.source)
                silence[status.source] = 0
            self._silent = [rank for rank in others if silence[rank] > BEATS]

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
        self._concatenate(
            self._comm, rows, out, [count * rows.shape[1] for count in self._counts(total)]
        )
        return out

    def all_reduce_sum(self, rows, total):
        """Sum the rows of all ranks pairwise; see `SingleProcess.all_reduce_sum`."""
        return self._sum(self._comm, rows, total)

    def start_sum(self, rows, total):
        """Start to sum rows in a thread of its own; see `SingleProcess.start_sum`."""
        future: Future[np.ndarray] = Future()

        def run():
            try:
                future.set_result(self._sum(self._early_comm, rows, total))
            except BaseException as error:
                future.set_exception(error)

        # A daemon: if another rank fails, it waits in vain, and must not keep this process.
        threading.Thread(target=run, name="sender", daemon=True).start()
        return future

    def _sum(self, comm, rows, total):
        P, mine = rows.shape[1], self.share(total)
        widths, firsts = self._counts(P), self._sums(total)
        sums = add_pairwise(dict(enumerate(rows, mine.start)), mine, total)
        packed = np.concatenate(
            [row[self.share(P, to)] for to in range(self.size) for row in sums.values()]
            or [rows[:0].ravel()]
        )
        every = [first for of_rank in firsts for first in of_rank]
        segments = np.empty((len(every), widths[self.rank]), rows.dtype)
        sent = [len(sums) * width for width in widths]
        received = [len(of_rank) * widths[self.rank] for of_rank in firsts]
        self._wait(comm.Ialltoallv((packed, sent), (segments, received)))
        left = add_pairwise(dict(zip(every, segments, strict=True)), slice(0, total), total)
        out = np.empty(P, rows.dtype)
        self._concatenate(comm, left[0], out, widths)
        return out

    def _sums(self, total):
        """Return the first shards of the sums that each rank sends, for ``total`` shards."""
        if total not in self._sums_of:
            shares = [self.share(total, rank) for rank in range(self.size)]
            self._sums_of[total] = [
                list(add_pairwise({i: np.zeros(0) for i in range(total)[share]}, share, total))
                for share in shares
            ]
        return self._sums_of[total]

    def _counts(self, items):
        """Return the number of items in each rank's share."""
        shares = [self.share(items, rank) for rank in range(self.size)]
        return [share.stop - share.start for share in shares]

    def _concatenate(self, comm, part, out, counts):
        """Fill ``out`` with the parts of all ranks in order; ``counts`` are their sizes."""
        self._wait(comm.Iallgatherv(np.ascontiguousarray(part), (out, counts)))

    def _wait(self, request, timeout=None):
        """Wait for a request by polling; return False if it takes longer than ``timeout`` seconds.

        A blocking MPI call would keep a core busy, and Python from handling signals. If the
        launcher has ended, this process ends too.

        Raises
        ------
        HungError
            If a rank is silent.
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
                if silent := self._silent:
                    names = " and ".join(map(self._name, silent))
                    raise HungError(f"{names}: no sign of life for {self.patience:g} s")
                time.sleep(min(SLEEP * waited, LONGEST_SLEEP))
        return True

"""A process for each system: two thread pools in one process would fight for the cores.

A worker is started once, stays warm, and does one request at a time; in between it waits for the
next one and leaves the cores to the others.
"""

import importlib
import math
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .system import Job

PAUSE = 0.2
"""Seconds before each round, in which the threads of the system before it stop spinning."""

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",  # no helpers that stay
    "TORCHINDUCTOR_FREEZING": "1",  # weights as constants, where no gradient is asked for
}


class BenchmarkError(Exception):
    """There is nothing to compare; the message says why."""


class SystemFailedError(BenchmarkError):
    """A system did not do what it was asked."""


@dataclass(frozen=True)
class Candidate:
    """A system that may be measured.

    Attributes
    ----------
    target : str
        Its class, as "module:class"; only the worker imports it.
    needs : tuple of str
        The packages without which it is left out.
    options : dict
        What its class takes besides the job.
    """

    target: str
    needs: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """Return which of the packages are not installed."""
        return [package for package in self.needs if find_spec(package) is None]

    def make(self, job: Job) -> Any:
        """Return the system itself."""
        module, _, name = self.target.partition(":")
        return getattr(importlib.import_module(module), name)(job, **self.options)


@dataclass(frozen=True)
class Answer:
    """What a request gave, and the most memory the process has taken up yet."""

    value: Any
    megabytes: float


class Worker:
    """A process that holds one system. Use it as a context manager, or call `close`, to end it."""

    def __init__(self, candidate: Candidate, job: Job):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, candidate, job), daemon=True)
        with _environment(ENVIRONMENT | {"OMP_NUM_THREADS": str(job.threads)}):
            self._process.start()
        theirs.close()
        self._receive()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.terminate()
        self._process.join()
        self._pipe.close()

    def ask(self, method: str, *args: Any) -> Answer:
        """Have the system run one of its methods.

        Raises
        ------
        SystemFailedError
            If it raises an exception, or its process ends.
        """
        return self._receive((method, args))

    def _receive(self, request=None):
        try:
            if request is not None:
                self._pipe.send(request)
            answer = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            raise SystemFailedError(
                f"its process ended with status {self._process.exitcode}"
            ) from None
        if isinstance(answer, str):
            raise SystemFailedError(answer)
        return answer


def alternate(
    workers: Mapping[str, Worker], request: tuple, *, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Measure all workers, one after the other, round after round.

    A round counts with the quickest of its times: whatever else a machine does can only slow a
    program down, never speed it up.

    Parameters
    ----------
    workers : dict of str to Worker
        Warm.
    request : tuple
        A method and its arguments but for the last one, which says how many times; it returns
        a `benchmarks.speed.system.Timed`.
    rounds : int
    seconds : float
        About how long a round of one worker takes.

    Returns
    -------
    dict of str to list of float
        For each worker, the seconds that the quickest time of each round took.
    """
    times = {name: _times(worker, request, seconds) for name, worker in workers.items()}
    taken: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            time.sleep(PAUSE)
            taken[name].append(min(worker.ask(*request, times[name]).value.seconds))
    return taken


def _times(worker, request, seconds):
    """Return how many times the request fits into some seconds; warm the worker up on the way."""
    times = 1
    while (taken := sum(worker.ask(*request, times).value.seconds)) < seconds / 4:
        times *= 2
    return max(1, math.ceil(times * seconds / taken))


def _serve(pipe, candidate, job):
    """Answer requests until the pipe is closed; the body of a worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    # What frameworks print as they start is of no use here; what goes wrong travels in the pipe.
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (1, 2):
        os.dup2(sys.stdout.fileno(), stream)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job.threads])
    try:
        system = candidate.make(job)
        pipe.send(Answer(None, peak_megabytes()))
        while True:
            method, args = pipe.recv()
            pipe.send(Answer(getattr(system, method)(*args), peak_megabytes()))
    except EOFError:
        return
    except Exception as error:
        pipe.send("".join(traceback.format_exception_only(error)).strip().splitlines()[0])


def peak_megabytes() -> float:
    """Return the most memory this process has taken up, in MB; NaN where nobody counts it."""
    try:
        # Not ru_maxrss: on Linux it starts from what the parent had taken up.
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    except OSError:
        if sys.platform != "darwin":
            return math.nan
        import resource  # not on every system

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


@contextmanager
def _environment(variables):
    """Set environment variables for the processes that start meanwhile."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

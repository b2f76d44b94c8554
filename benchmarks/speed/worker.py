"""Run each system in a process of its own: two thread pools in one would compete for the cores.

A worker starts once and stays warm. It handles one request at a time, and is idle in between.
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
"""Seconds before each measurement, in which the previous system's threads stop spinning."""

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",  # no background processes
    "TORCHINDUCTOR_FREEZING": "1",  # weights become constants where no gradient is needed
}


class BenchmarkError(Exception):
    """The comparison is not possible; the message says why."""


class SystemFailedError(BenchmarkError):
    """A system raised an exception or its process ended."""


@dataclass(frozen=True)
class Candidate:
    """A system that can be measured if its packages are installed.

    Attributes
    ----------
    target : str
        Its class as "module:class"; only the worker imports it.
    needs : tuple of str
        Required packages.
    options : dict
        Arguments of the class besides the job.
    """

    target: str
    needs: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """Return the required packages that are not installed."""
        return [package for package in self.needs if find_spec(package) is None]

    def make(self, job: Job) -> Any:
        """Create the system."""
        module, _, name = self.target.partition(":")
        return getattr(importlib.import_module(module), name)(job, **self.options)


@dataclass(frozen=True)
class Answer:
    """The result of a request, and the process's peak memory so far, in MB."""

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
        """End the process, even during a request."""
        self._process.terminate()
        self._process.join()
        self._pipe.close()

    def ask(self, method: str, *args: Any) -> Answer:
        """Call one of the system's methods.

        Raises
        ------
        SystemFailedError
            If the method raises an exception, or the process ends.
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
    """Measure all workers in turn, for several rounds.

    A round's figure is its shortest time, because other processes only slow a program down.

    Parameters
    ----------
    workers : dict of str to Worker
    request : tuple
        A method and its arguments except the last, the number of repetitions. The method returns
        a `benchmarks.speed.system.Timed`.
    rounds : int
    seconds : float
        Approximate time per worker and round.

    Returns
    -------
    dict of str to list of float
        For each worker, the shortest time of each round, in seconds.
    """
    times = {name: _times(worker, request, seconds) for name, worker in workers.items()}
    taken: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            time.sleep(PAUSE)
            taken[name].append(min(worker.ask(*request, times[name]).value.seconds))
    return taken


def _times(worker, request, seconds):
    """Return the number of repetitions that take about ``seconds``; this warms the worker up."""
    times = 1
    while (taken := sum(worker.ask(*request, times).value.seconds)) < seconds / 4:
        times *= 2
    return max(1, math.ceil(times * seconds / taken))


def _serve(pipe, candidate, job):
    """Answer requests until the pipe is closed: the main function of a worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    # Hide what frameworks print; errors go through the pipe.
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
    """Return the peak memory of this process in MB, or NaN if the system does not count it."""
    try:
        # Not ru_maxrss: on Linux it starts from the parent's peak.
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    except OSError:
        if sys.platform != "darwin":
            return math.nan
        import resource  # not available on every system

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


@contextmanager
def _environment(variables):
    """Set environment variables while processes are started."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

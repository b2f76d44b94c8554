"""Read a file in a child process, because the library that reads it may hang or crash.

HDF5 is a C library. A damaged file can make it loop, where neither Ctrl-C nor another Python thread
can stop it, or take any amount of memory, or crash it. So the operating system limits the child's
memory and processor time. The child sends the network, as a model file, through a pipe, or a
one-line error. It ends when its parent does; no temporary file is needed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from guard.budget import charge, seconds_left
from guard.processes import limit

from ...model import Sequential
from ...saving.modelfile import read_model, write_model
from ..errors import ConversionError

SECONDS = 60.0
"""Timeout on the clock. A valid file takes about one second, most of which is Python's start."""

CPU_SECONDS = 3.0
"""Processor time after Python's start; a file of 64 MiB takes a fifth."""

MEMORY = 640 << 20
"""Bytes of memory."""

REFUSED = 2
"""Exit status of a child that printed why it refused the file."""

ROOT = Path(__file__).parents[3]


def read_isolated(module: str, path: str | os.PathLike) -> Sequential:
    """Return the network that ``python -m MODULE PATH SECONDS`` sends.

    Parameters
    ----------
    module : str
        A program that calls `child_main`.
    path : path-like
        The file to read.

    Raises
    ------
    ConversionError
        If the child refuses the file, crashes, or takes longer than `SECONDS` or its budget.
    """
    # -P: do not import modules that happen to be in the user's folder.
    program = [sys.executable, "-P", "-W", "ignore", "-m", "guard.child", str(os.getpid()), module]
    places = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    more = {
        "PYTHONPATH": os.pathsep.join(filter(None, places)), "PYTHONIOENCODING": "utf-8",
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",  # threads would need memory each
    }  # fmt: skip
    seconds = min(CPU_SECONDS, max(seconds_left(), 1.0))
    arguments = [os.fspath(path), str(seconds)]
    before = _children_seconds()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            [*program, *arguments], stdin=subprocess.PIPE, stdout=out, stderr=err,
            env=os.environ | more,
        )  # fmt: skip
        try:
            status = child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise ConversionError(
                f"{path}: cannot be used: it is damaged; reading it took over {SECONDS:.0f} seconds"
            ) from None
        finally:
            child.kill()
            child.wait()
            child.stdin.close()  # type: ignore[union-attr]  # not earlier: it ends the child
        charge(seconds=_children_seconds() - before)
        if status == 0:
            return Sequential(read_model(out))
        err.seek(max(err.seek(0, os.SEEK_END) - 4096, 0))
        said = err.read().decode("utf-8", "replace").strip().splitlines()
    if status == REFUSED and said:
        raise ConversionError(said[-1])
    raise ConversionError(f"{path}: cannot be used: it is damaged; {_end_of(status, seconds)}")


def child_main(read, path: str, seconds: str) -> int:
    """Read ``path`` with ``read``, send the network to stdout, and return the exit status.

    Parameters
    ----------
    read : callable
        Takes the path and returns a network.
    path : str
    seconds : str
        Processor time.
    """
    limit(MEMORY, float(seconds))
    try:
        with _stdout_for_network() as out:
            _send(read(path), out, path)
    except MemoryError:
        print(f"{path}: cannot be used: reading it takes too much memory", file=sys.stderr)
        return REFUSED
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0


def _send(network: Sequential, out: BinaryIO, path: str) -> None:
    try:
        write_model(out, network.layers)
    except ValueError as error:  # it names the pipe
        raise ValueError(str(error).replace(str(out), path)) from None


@contextlib.contextmanager
def _stdout_for_network():
    """Yield stdout for the network; what libraries print to stdout goes to stderr meanwhile."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        yield out


def _children_seconds() -> float:
    """Return the processor time of all children that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _end_of(status: int, seconds: float) -> str:
    """Say why a child ended that said nothing itself."""
    if status == -getattr(signal, "SIGXCPU", 0):
        return f"reading it took over {seconds:.0f} seconds of computing"
    return "reading it crashed"

"""Run a command as a program: what surrounds ``main`` is the same for all.

A script calls `begin` before its imports, which take a while, and `run` at its end::

    if __name__ == "__main__":
        from guard.commands import begin

        begin()

    import numpy
    ...
    if __name__ == "__main__":
        run(main, "recognise.py")
"""

import atexit
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import NoReturn

from guard.terminal import Escaping, describe, one_line, say

INTERRUPTED = 128 + signal.SIGINT


def begin() -> None:
    """Prepare a process for its imports: Ctrl-C ends it, and no file gets a closed stream's number.

    The next file that is opened would get the number of a closed stream, and with it what libraries
    print. So such a stream is opened on the null device, but the wrong way round: reading stdin or
    writing stdout still fails. A library's warning, which may hold a traceback, is printed as one
    line.
    """
    end_on_interrupt()
    warnings.formatwarning = _warning_line
    # At its very end the interpreter restores the system's handlers: Ctrl-C would give status -2.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            os.open(os.devnull, os.O_RDONLY if handle else os.O_WRONLY)


def _warning_line(message, category, filename, lineno, line=None):
    text = str(message).strip() or category.__name__
    return f"warning: {one_line(text.splitlines()[0])}\n"


def end_on_interrupt() -> None:
    """On Ctrl-C end this process at once, with status 130 and without a traceback."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as behind nohup, or a shell's &
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


def run(main: Callable[[], int | None], program: str, lossy: bool = False) -> NoReturn:
    """Run ``main`` and end the process with its exit status.

    Parameters
    ----------
    main : callable
        Returns the exit status. `KeyboardInterrupt` becomes 130.
    program : str
        Name in messages.
    lossy : bool
        Whether the program continues if stdout is full or closed, because its lines are not its
        purpose. Otherwise this is an error, of status 2.
    """
    with_interrupts = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    _open_streams()
    try:
        if with_interrupts:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with streams(lossy) as out:
            status = main() or 0
    except KeyboardInterrupt:
        status = INTERRUPTED
    except SystemExit as stop:  # argparse, which hides it if its help cannot be printed
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        if out.fault is not None and status == 0:
            status = _complain(program, out.fault)
    except OSError as error:
        status = _complain(program, error)
    finally:
        if with_interrupts:
            end_on_interrupt()  # the interpreter still has threads and modules to end
    sys.exit(_flushed(program, int(status), lossy))


@contextmanager
def streams(lossy: bool = False) -> Iterator[Escaping]:
    """Escape control characters in what goes to stdout, stderr and the log meanwhile.

    What cannot be written to stderr is dropped, and to stdout only if ``lossy``. Yields stdout.
    """
    before = sys.stdout, sys.stderr, logging.lastResort
    if not isinstance(sys.stdout, Escaping):
        sys.stdout = Escaping(sys.stdout, lossy)  # type: ignore[assignment]
    if not isinstance(sys.stderr, Escaping):
        sys.stderr = Escaping(sys.stderr, True)  # type: ignore[assignment]
    logging.lastResort = logging.StreamHandler()
    logging.lastResort.setFormatter(_OneLine())
    logging.lastResort.setLevel(logging.WARNING)
    try:
        yield sys.stdout  # type: ignore[misc]
    finally:
        sys.stdout, sys.stderr, logging.lastResort = before


def _open_streams() -> None:
    """Replace streams that were closed when Python started; see `begin`."""
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)


class _OneLine(logging.Formatter):
    def format(self, record):
        return one_line(record.getMessage())


def _flushed(program: str, status: int, lossy: bool) -> int:
    """Flush stdout and return the exit status; 2 if what was printed cannot be written."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # as in `| head`: the reader has read enough
        _drop(1)
    except (OSError, ValueError) as error:
        if status == 0 and not lossy:
            status = _complain(program, f"cannot write to standard output: {describe(error)}")
        _drop(1)
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        _drop(2)
    return status


def _complain(program: str, error: object) -> int:
    with streams():
        say(program, error)
    return 2


def _drop(handle: int) -> None:
    """Discard what is left in a stream's buffer, which Python flushes once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), handle)


def gui() -> NoReturn:
    """The console script ``digits``."""
    _script("gui")


def recognise() -> NoReturn:
    """The console script ``digits-recognise``."""
    _script("recognise")


def train() -> NoReturn:
    """The console script ``digits-train``."""
    _script("train", lossy=True)


def _script(module: str, lossy: bool = False) -> NoReturn:
    begin()
    run(import_module(module).main, f"{module}.py", lossy)

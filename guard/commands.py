"""Run a command as a program: what surrounds ``main`` is the same for all.

A script calls `end_on_interrupt` before its imports, which take a while, and `run` at its end::

    if __name__ == "__main__":
        from guard.commands import end_on_interrupt

        end_on_interrupt()

    import numpy
    ...
    if __name__ == "__main__":
        run(main, "recognise.py")
"""

import logging
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn

from guard.terminal import Escaping, one_line, say

INTERRUPTED = 128 + signal.SIGINT


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
        Whether the program goes on if stdout is full or closed: then its lines are not what it is
        run for. Otherwise this is an error, of status 2.
    """
    with_interrupts = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    _open_streams(lossy)
    try:
        if with_interrupts:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        status = main() or 0
    except KeyboardInterrupt:
        status = INTERRUPTED
    except SystemExit as stop:  # argparse
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    finally:
        if with_interrupts:
            end_on_interrupt()  # the interpreter still has threads and modules to end
    sys.exit(_flushed(program, int(status)))


def _open_streams(lossy: bool) -> None:
    """Replace streams that are closed, and escape what goes to stdout and stderr."""
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            # The next file that is opened would get this number, and with it what libraries
            # print. Reading and writing it fails, as it should.
            os.open(os.devnull, os.O_RDONLY if handle else os.O_WRONLY)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = Escaping(sys.stdout, lossy)  # type: ignore[assignment]
    sys.stderr = Escaping(sys.stderr, True)  # type: ignore[assignment]
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    handler.setLevel(logging.WARNING)
    logging.lastResort = handler


class _OneLine(logging.Formatter):
    def format(self, record):
        return one_line(record.getMessage())


def _flushed(program: str, status: int) -> int:
    """Flush stdout and return the exit status; 2 if what was printed cannot be written."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # as in `| head`: the reader has read enough
        _drop_stdout()
    except (OSError, ValueError) as error:
        if status == 0:
            say(program, f"cannot write to standard output: {error}")
            status = 2
        _drop_stdout()
    return status


def _drop_stdout() -> None:
    """Send what is still in stdout's buffer nowhere: Python flushes it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


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
    end_on_interrupt()
    run(import_module(module).main, f"{module}.py", lossy)

"""Threads beside Tk's: BLAS on one thread, and long work that leaves the window its turn."""

import gc
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

INTERVAL = 0.0005
"""Seconds after which a thread that computes hands the interpreter to the window, instead of
Python's 0.005. A refresh calls NumPy some hundred times and may wait that long after each call."""


@cache
def _controller():
    from threadpoolctl import ThreadpoolController  # imported late: the window starts faster

    return ThreadpoolController()


def one_thread():
    """Return a context in which BLAS uses one thread: the products of one image are small.

    Two threads gain nothing there. On a busy machine they wait for each other: a pass that takes
    4 ms on one thread was seen to take 400 ms on two.
    """
    return _controller().limit(limits=1, user_api="blas")


_settings = ExitStack()  # of the interpreter, while threads compute
_threads = 0  # that compute


@contextmanager
def beside_window() -> Iterator[None]:
    """Let another thread compute while the window answers; enter and leave it in Tk's thread.

    BLAS uses one thread, so that a core is left to the window. Garbage is not collected: a
    collection in the other thread could find what is left of a window, and Tcl would abort.
    Several threads may be begun, and end in any order.
    """
    global _threads
    if not _threads:
        _settings.enter_context(_considerate())
    _threads += 1
    try:
        yield
    finally:
        _threads -= 1
        if not _threads:
            _settings.close()


@contextmanager
def _considerate():
    interval, collects = sys.getswitchinterval(), gc.isenabled()
    gc.disable()
    sys.setswitchinterval(INTERVAL)
    try:
        with one_thread():
            yield
    finally:
        sys.setswitchinterval(interval)
        if collects:
            gc.enable()

"""Child processes that end with their parent, and that are bounded from outside.

Code in C cannot charge a budget. So a child that reads a stranger's file has a limit of memory and
of processor time from the operating system. And no child outlives its parent, even one that was
killed: on Linux the kernel ends it (``PR_SET_PDEATHSIG``); elsewhere, and to be sure, a thread
waits for the end of a pipe that the parent alone holds open.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

PR_SET_PDEATHSIG = 1


def end_with_parent(wait: Callable[[], object], parent: int) -> None:
    """Make this process end as soon as its parent does.

    Parameters
    ----------
    wait : callable
        Returns when the parent has ended; it runs in a thread of its own.
    parent : int
        The parent's process id, as the parent knows it: it may have ended already.
    """
    _ask_kernel()
    if hasattr(os, "getppid") and os.getppid() != parent and sys.platform == "linux":
        os._exit(1)

    def watch():
        with contextlib.suppress(Exception):
            wait()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _ask_kernel() -> None:
    """On Linux, have the kernel kill this process when the thread that made it ends."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None)
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit(memory: int, seconds: float) -> None:
    """Limit this process, from now on; where the system knows no such limit, nothing happens.

    Parameters
    ----------
    memory : int
        Bytes. Beyond them an allocation fails.
    seconds : float
        Processor time, rounded up to whole seconds. Beyond it the process is killed.
    """
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + seconds + 1)
    for name, most in (("RLIMIT_DATA", memory), ("RLIMIT_CPU", until), ("RLIMIT_CORE", 0)):
        kind = getattr(resource, name, None)
        if kind is not None:
            _, hard = resource.getrlimit(kind)
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, (bound, hard))


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back: processes that are started meanwhile never see it, this one sees it later.

    Ctrl-C goes to all processes of a terminal. The parent alone handles it and ends the others; a
    child that it leaves half started would print a traceback.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    masked = hasattr(signal, "pthread_sigmask")  # not on Windows
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masked else set()
    try:
        yield
    finally:
        if masked:  # children have inherited it; other threads of this process did not
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)

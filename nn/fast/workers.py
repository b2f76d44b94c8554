"""Threads that each work with a network of their own.

There is one pool of threads, and BLAS is held to one thread while it works: two pools would fight
for the same cores, and a product that takes 36 us alone then takes 85.
"""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers:
    """Threads and as many tools, each used by one thread at a time.

    The thread that asks works, too: waking another one takes some 50 us.

    Parameters
    ----------
    make : callable
        Makes a tool: what a task needs for itself alone, such as a replica of a network.
    threads : int, optional
        As many as there are cores that this process may use, if not given.

    Use it as a context manager, or call `close`, to end the threads.
    """

    def __init__(self, make: Callable[[], Any], threads: int | None = None):
        self.threads = usable_cores() if threads is None else threads
        self._tools = [make() for _ in range(self.threads)]
        self._pool = ThreadPoolExecutor(max(1, self.threads - 1), "worker")
        self._blas = ThreadpoolController()
        self._free = threading.Lock()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """End the threads, once they have done what they are doing."""
        self._pool.shutdown(cancel_futures=True)

    def map(self, task: Callable[[Any, Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return ``task(tool, item)`` for each item, in order; which tool it gets is up to chance.

        An exception in a task is raised here, with its traceback, once all threads have stopped.
        """
        given = list(items)
        results: list[Any] = [None] * len(given)
        rest = iter(range(len(given)))  # next() is atomic

        def work(tool):
            try:
                for i in rest:
                    results[i] = task(tool, given[i])
            finally:
                for _ in rest:  # after an exception nothing is left for the other threads
                    pass

        with self._free, self._blas.limit(limits=1, user_api="blas"):
            mine, *others = self._tools[: max(1, len(given))]
            futures = [self._pool.submit(work, tool) for tool in others]
            try:
                work(mine)
            finally:
                wait(futures)
            for future in futures:
                future.result()
        return results


def parts(many: int, size: int) -> list[slice]:
    """Cut ``many`` items into parts of ``size``, the last one smaller if need be."""
    return [slice(start, min(start + size, many)) for start in range(0, many, size)]


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

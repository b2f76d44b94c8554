"""Threads that each work with a network of their own.

There is one pool of threads, and BLAS is held to one thread while it works: two pools would fight
for the same cores, and a product that takes 36 us alone then takes 85.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers:
    """A pool of threads and as many tools, each used by one thread at a time.

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
        self._tools: SimpleQueue = SimpleQueue()
        for _ in range(self.threads):
            self._tools.put(make())
        self._pool = ThreadPoolExecutor(self.threads, "worker")
        self._blas = ThreadpoolController()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """End the threads, once they have done what they are doing."""
        self._pool.shutdown(cancel_futures=True)

    def map(self, task: Callable[[Any, Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return ``task(tool, item)`` for each item, in order; which tool it gets is up to chance.

        An exception in a task is raised here, with its traceback.
        """

        def run(item):
            tool = self._tools.get()
            try:
                return task(tool, item)
            finally:
                self._tools.put(tool)

        with self._blas.limit(limits=1, user_api="blas"):
            return list(self._pool.map(run, items))


def parts(many: int, size: int) -> list[slice]:
    """Cut ``many`` items into parts of ``size``, the last one smaller if need be."""
    return [slice(start, min(start + size, many)) for start in range(0, many, size)]


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""The pool: order kept, tools apart, BLAS held back, errors handed on."""

import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from nn.fast.workers import Workers, parts, usable_cores


def test_results_come_in_the_order_of_the_items():
    def slow_first(tool, i):
        time.sleep(0.02 * (i == 0))
        return i * i

    with Workers(object, threads=3) as workers:
        assert workers.map(slow_first, range(7)) == [0, 1, 4, 9, 16, 25, 36]


def test_each_tool_has_one_thread_at_a_time():
    tools = []
    together = threading.Barrier(2, timeout=100)

    def make():
        tools.append({"lock": threading.Lock(), "used": 0})
        return tools[-1]

    def task(tool, _):
        assert tool["lock"].acquire(blocking=False), "two threads share a tool"
        together.wait()  # passes only while both tools are at work
        tool["used"] += 1
        tool["lock"].release()

    with Workers(make, threads=2) as workers:
        workers.map(task, range(6))
    assert [tool["used"] for tool in tools] == [3, 3]


def test_blas_has_one_thread_meanwhile():
    def blas_threads(*_):
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    np.ones((2, 2)) @ np.ones((2, 2))
    before = blas_threads()
    assert before, "NumPy has a BLAS"
    with Workers(object, threads=2) as workers:
        (during,) = workers.map(blas_threads, [0])
    assert set(during) == {1}
    assert blas_threads() == before


def test_an_error_is_raised_and_the_pool_survives():
    def fail_at_3(tool, i):
        if i == 3:
            raise KeyError("three")
        return i

    with Workers(object, threads=2) as workers:
        with pytest.raises(KeyError, match="three"):
            workers.map(fail_at_3, range(6))
        assert workers.map(fail_at_3, range(3)) == [0, 1, 2]


def test_close_ends_the_threads():
    before = threading.active_count()
    workers = Workers(object, threads=3)
    workers.map(lambda tool, item: time.sleep(0.01), range(6))
    assert threading.active_count() > before
    workers.close()
    assert threading.active_count() == before


def test_as_many_threads_as_cores_unless_told():
    assert usable_cores() >= 1
    with Workers(object) as workers:
        assert workers.threads == usable_cores()


def test_parts_hold_every_item_once():
    for many, size in ((0, 4), (1, 4), (4, 4), (9, 4), (12, 4)):
        cut = parts(many, size)
        assert [i for part in cut for i in range(many)[part]] == list(range(many))
        assert all(part.stop - part.start == size for part in cut[:-1])

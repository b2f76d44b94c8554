"""Threads beside the window: what they change of the interpreter, and that it is put back."""

import gc
import sys
from contextlib import ExitStack

import pytest
from threadpoolctl import threadpool_info

from inspector import threads


def settings():
    """The interval, whether garbage is collected, and the largest number of BLAS threads."""
    blas = [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]
    return sys.getswitchinterval(), gc.isenabled(), max(blas)


def test_two_threads_may_end_in_any_order():
    before, first, second = settings(), ExitStack(), ExitStack()
    first.enter_context(threads.beside_window())
    during = settings()
    assert during == (pytest.approx(threads.INTERVAL), False, 1)
    second.enter_context(threads.beside_window())
    first.close()
    assert settings() == during, "the second thread goes on"
    second.close()
    assert settings() == before


def test_settings_return_after_an_error():
    before = settings()
    with pytest.raises(ZeroDivisionError), threads.beside_window():
        raise ZeroDivisionError
    assert settings() == before

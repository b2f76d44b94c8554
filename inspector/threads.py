"""BLAS on one thread: the products of one image are small.

Two threads gain nothing there. On a busy machine they wait for each other: a pass that takes 4 ms
on one thread was seen to take 400 ms on two.
"""

from functools import cache


@cache
def _controller():
    from threadpoolctl import ThreadpoolController  # imported late: the window starts faster

    return ThreadpoolController()


def one_thread():
    """Return a context in which BLAS uses one thread."""
    return _controller().limit(limits=1, user_api="blas")

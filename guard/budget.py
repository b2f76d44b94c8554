"""A budget for the reading of one untrusted file: bytes, items, work and seconds.

Checks of single sizes miss what adds up: a small array used a thousand times, many members, many
nodes. So whoever reads a file opens a budget, and whatever allocates or loops for it charges it,
however deep in the code it is::

    with budget(bytes=1 << 20, items=1000, seconds=4.0):
        charge(bytes=array.nbytes, items=1)

Charges add up and are never given back. Without an open budget `charge` does nothing. An inner
budget's charges count for the outer ones, too. A budget belongs to the thread that opened it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf


class BudgetError(ValueError):
    """A file costs more than its budget; the message says of what."""


@dataclass
class Budget:
    """What is left; see `budget`."""

    limits: dict[str, float]
    seconds: float
    outer: "Budget | None" = None
    left: dict[str, float] = field(init=False)
    ends: float = field(init=False)
    _seconds_left: float = field(init=False)

    def __post_init__(self):
        self.left = dict(self.limits)
        self._seconds_left = self.seconds

    @contextmanager
    def open(self) -> Iterator["Budget"]:
        """Open the budget, or open it again with what is left.

        A generator closes its budget at each ``yield``, so that its caller's work is not charged.
        """
        self.outer, self.ends = _OPEN.get(), time.thread_time() + self._seconds_left
        token = _OPEN.set(self)
        try:
            yield self
        finally:
            _OPEN.reset(token)
            self._seconds_left = self.ends - time.thread_time()


_OPEN: ContextVar[Budget | None] = ContextVar("_OPEN", default=None)

UNITS = {
    "bytes": "bytes of memory",
    "items": "parts to go through",
    "work": "operations",
}


@contextmanager
def budget(
    *, bytes: float = inf, items: float = inf, work: float = inf, seconds: float = inf
) -> Iterator["Budget"]:
    """Limit what `charge` counts while the context is open, in this thread.

    Parameters
    ----------
    bytes : float
        Memory that is allocated, whether it is freed or not.
    items : float
        Turns of loops over what a file lists: members, nodes, layers, reads.
    work : float
        Operations on numbers, such as multiply-adds, about a nanosecond each.
    seconds : float
        Processor time of this thread. It is looked at when something is charged.

    Yields
    ------
    Budget
        Its attribute ``left`` has what is left, by name.
    """
    limits = {"bytes": bytes, "items": items, "work": work}
    with Budget(limits, seconds).open() as opened:
        yield opened


def charge(*, bytes: float = 0, items: float = 0, work: float = 0, seconds: float = 0) -> None:
    """Charge the open budgets before something is allocated or computed.

    ``seconds`` is processor time of other processes; that of this thread is known.

    Raises
    ------
    BudgetError
        If a budget is exceeded, or its time is over.
    """
    now = None
    current = _OPEN.get()
    while current is not None:
        for name, amount in (("bytes", bytes), ("items", items), ("work", work)):
            if amount:
                current.left[name] -= amount
                if current.left[name] < 0:
                    raise BudgetError(f"it takes more than {current.limits[name]:,} {UNITS[name]}")
        if current.seconds < inf:
            now = time.thread_time() if now is None else now
            current.ends -= seconds
            if now > current.ends:
                raise BudgetError(f"reading it takes more than {current.seconds:g} seconds")
        current = current.outer


def seconds_left() -> float:
    """Return the processor time that is left to this thread, in seconds; inf without a budget."""
    left, current = inf, _OPEN.get()
    while current is not None:
        left = min(left, current.ends - time.thread_time())
        current = current.outer
    return left

"""Argument types for argparse, shared by all commands."""

import math
from collections.abc import Callable

MAX_THREADS = 1024
"""Most threads or processes that can be asked for."""


def at_least(kind: type, least: float, most: float = math.inf) -> Callable[[str], float]:
    """Return an argument type for finite numbers: int >= ``least``, or float > ``least``.

    argparse builds its error message from the type's name: "invalid int of at least 1 value: 'x'".

    Parameters
    ----------
    kind : type
        int or float.
    least : float
        The bound; an int may equal it, a float must be greater.
    most : float
        The other bound; the number may equal it.
    """

    def read(text):
        value = kind(text)
        if not least <= value <= most or value == math.inf or (kind is float and value == least):
            raise ValueError
        return value

    read.__name__ = f"{kind.__name__} {'above' if kind is float else 'of at least'} {least}"
    if most < math.inf:
        read.__name__ += f" and at most {most:,}"
    return read


def probability(text: str) -> float:
    """Return a number in [0, 1]: an argument type for argparse."""
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError
    return value

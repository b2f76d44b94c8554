"""Numbers on the command line: what ``type=`` of an argument can be."""

import math
from collections.abc import Callable


def at_least(kind: type, least: float) -> Callable[[str], float]:
    """Return a reader of finite numbers, of int from ``least`` on, of float above it.

    What it refuses, argparse reports by the reader's name: "invalid int of at least 1 value: 'x'".
    """

    def read(text):
        value = kind(text)
        if not math.isfinite(value) or value < least or (kind is float and value == least):
            raise ValueError
        return value

    read.__name__ = f"{kind.__name__} {'above' if kind is float else 'of at least'} {least}"
    return read

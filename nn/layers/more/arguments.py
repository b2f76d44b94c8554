"""Checks of these layers' arguments; each raises ValueError that names the argument."""

import math

from ..checks import count


def finite(name: str, value) -> float:
    """Return ``value`` as a float, which must be finite."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, not {value!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, not {value!r}")
    return number


def sizes(name: str, value) -> tuple[int, ...]:
    """Return ``value``, one to three ints of at least 1, as a tuple."""
    if not isinstance(value, (tuple, list)) or not 1 <= len(value) <= 3:
        raise ValueError(f"{name} must be one to three ints, not {value!r}")
    return tuple(count(name, one) for one in value)

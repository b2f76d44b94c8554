"""Checks of a constructor's arguments; each raises ValueError that names the argument."""

import operator

import numpy as np


def pair(name: str, value, least: int) -> tuple[int, int]:
    """Return ``value``, an int or a pair of ints of at least ``least``, as (height, width)."""
    try:
        height, width = value if isinstance(value, (tuple, list)) else (value, value)
        both = operator.index(height), operator.index(width)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be an int or a pair of ints, not {value!r}") from None
    if min(both) < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}")
    return both


def count(name: str, value) -> int:
    """Return ``value``, an int of at least 1."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be an int, not {value!r}") from None
    if number < 1:
        raise ValueError(f"{name} must be at least 1, not {value!r}")
    return number


def float_dtype(dtype) -> np.dtype:
    """Return ``dtype`` as a numpy.dtype, which must be float32 or float64."""
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError):  # the last for a malformed record dtype
        kind = None
    if kind not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, not {dtype!r}")
    return kind

"""Rounded sums that still add up, to the last digit shown.

Terms rounded one by one need not add up to the rounded total: three times 0.333 is not 1. So the
total is rounded as usual and the terms are rounded to add up to it: those with the largest rounding
error are rounded the other way, so that each is off by less than one unit of the last digit. This
is the method of the largest remainder, by which election officials assign seats.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

DIGITS = 5  # significant digits shown of the largest number; float32 has about seven
HUGE = 1e15  # from here on float64 has no decimals worth showing


@dataclass(frozen=True)
class Term:
    """One term of a sum.

    Attributes
    ----------
    name : str
    value : float
    shown : Decimal
        ``value``, rounded so that the terms of the sum add up.
    index : int or None
        Input channel, input or class that the term comes from, if it comes from one.
    factors : pair of float, or None
        The two factors, if the term is a single product.
    """

    name: str
    value: float
    shown: Decimal
    index: int | None = None
    factors: tuple[float, float] | None = None


@dataclass(frozen=True)
class Sum:
    """Terms and their total: ``sum(term.shown for term in terms) == shown``, exactly."""

    terms: tuple[Term, ...]
    shown: Decimal


def as_text(value: float, decimals: int | None = None) -> str:
    """Return a number as text.

    Parameters
    ----------
    value : float
        From `HUGE` on, and if infinite or NaN, it is written in scientific notation.
    decimals : int, optional
        Digits after the point; by default as many as `decimals_for` gives.
    """
    if not abs(value) < HUGE:
        return f"{value:.4g}"
    return str(round_to(value, decimals_for(value) if decimals is None else decimals))


def add_up(
    names: Sequence[str],
    values: Sequence[float],
    shown: Decimal,
    indices: Sequence[int | None] | None = None,
    factors: Sequence[tuple[float, float] | None] | None = None,
) -> Sum:
    """Return a sum whose terms are rounded to add up to ``shown``.

    Parameters
    ----------
    names, values, indices, factors : sequence
        The attributes of each `Term`.
    shown : Decimal
        The rounded total; the terms get as many decimals.
    """
    exact = [Decimal(value) for value in values]
    rounded = [value.quantize(shown) for value in exact]
    unit = Decimal(1).scaleb(-decimals_of(shown))
    missing = int((shown - sum(rounded)) / unit)
    step = 1 if missing > 0 else -1
    by_error = sorted(
        (i for i, value in enumerate(exact) if value),  # what is 0 stays 0
        key=lambda i: step * (exact[i] - rounded[i]),
        reverse=True,
    )
    for i in by_error[: abs(missing)]:
        rounded[i] += step * unit
    indices = indices or [None] * len(exact)
    factors = factors or [None] * len(exact)
    rounded = [value + 0 for value in rounded]  # -0.000 becomes 0.000
    return Sum(tuple(map(Term, names, values, rounded, indices, factors)), shown)


def round_to(value: float, decimals: int) -> Decimal:
    """Return ``value`` rounded to ``decimals`` digits after the point."""
    return Decimal(value).quantize(Decimal(1).scaleb(-decimals)) + 0


def decimals_of(shown: Decimal) -> int:
    """Return the number of digits after the point."""
    return -int(shown.as_tuple().exponent)


def decimals_for(*values: float) -> int:
    """Return how many digits after the point show the largest value with `DIGITS` digits.

    Raises
    ------
    OverflowError
        If a value is infinite or NaN.
    """
    largest = max(map(abs, values), default=0)
    if math.isnan(sum(values)):
        raise OverflowError("not a number: a value is NaN or infinite")
    return max(DIGITS - 1 - math.floor(math.log10(largest)), 0) if largest else DIGITS - 1

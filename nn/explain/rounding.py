"""Sums that add up as they are shown, to the last digit.

Rounding each term by itself would not do: three times 0.333 is not 1. So the total is rounded as
usual, and the terms are rounded so that they add up to it, each by less than one unit of the last
digit: those that rounding wronged most are rounded the other way. (Election officials give out
seats like this: the method of the largest remainder.)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

DIGITS = 5  # shown of the largest number; float32 is good for about seven
HUGE = 1e15  # has no decimals, not even in float64


@dataclass(frozen=True)
class Term:
    """One part of a sum.

    Attributes
    ----------
    name : str
    value : float
    shown : Decimal
        ``value``, rounded so that the sum's terms add up.
    index : int or None
        Of the input channel, input or class that it comes from.
    factors : pair of float, or None
        Where it is a single product.
    """

    name: str
    value: float
    shown: Decimal
    index: int | None = None
    factors: tuple[float, float] | None = None


@dataclass(frozen=True)
class Sum:
    """Terms and their total; the shown terms add up to the shown total exactly."""

    terms: tuple[Term, ...]
    shown: Decimal


def spelled(value: float, decimals: int | None = None) -> str:
    """Return a number as text, with as many decimals as suit it if it is not said how many.

    A huge one, for which decimals mean nothing, and NaN are written as usual in science.
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
    """Return a sum whose terms are rounded so that they add up to ``shown``, digit by digit."""
    exact = [Decimal(value) for value in values]
    rounded = [value.quantize(shown) for value in exact]
    unit = Decimal(1).scaleb(-decimals_of(shown))
    missing = int((shown - sum(rounded)) / unit)
    step = 1 if missing > 0 else -1
    wronged = sorted(
        (i for i, value in enumerate(exact) if value),  # what is 0 stays 0
        key=lambda i: step * (exact[i] - rounded[i]),
        reverse=True,
    )
    for i in wronged[: abs(missing)]:
        rounded[i] += step * unit
    indices = indices or [None] * len(exact)
    factors = factors or [None] * len(exact)
    rounded = [value + 0 for value in rounded]  # -0.000 is 0.000
    return Sum(tuple(map(Term, names, values, rounded, indices, factors)), shown)


def round_to(value: float, decimals: int) -> Decimal:
    """Return a number as shown with so many digits behind the point."""
    return Decimal(value).quantize(Decimal(1).scaleb(-decimals)) + 0


def decimals_of(shown: Decimal) -> int:
    """Return how many digits a number has behind the point."""
    return -int(shown.as_tuple().exponent)


def decimals_for(*values: float) -> int:
    """Return how many digits behind the point show the largest of these with `DIGITS` digits."""
    largest = max(map(abs, values), default=0)
    if math.isnan(sum(values)):
        raise OverflowError("not a number: something infinite took part")
    return max(DIGITS - 1 - math.floor(math.log10(largest)), 0) if largest else DIGITS - 1

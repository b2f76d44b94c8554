"""Sums and numbers of the Learning panel as rows of text."""

import math
from decimal import Decimal

from inspector.parts.sheet import TableRow
from nn.explain.breakdown import Breakdown
from nn.explain.rounding import decimals_of

LONG = 9  # decimals from which numbers are shown in a smaller unit
SMALL = 0.01  # four decimals of what is smaller show too little


def scaled_rows(found: Breakdown, share: float = 1.0) -> tuple[list[TableRow], str]:
    """Return a gradient's notes, terms and total as rows, and their unit.

    Gradients can be tiny: then all numbers are in units of 1e-3, 1e-6 ... The unit is "" for 1.
    """
    power = power_of(found)

    def text(number: Decimal) -> str:
        return f"{number.scaleb(power):+f}"

    rows = [(name, "", f"{number:+f}") for name, number in found.notes]
    if found.total is None:
        rows.append(("out", "", text(found.shown)))
        return rows, f"1e-{power}" if power else ""
    sums = []
    for term in found.total.terms:
        factors = "" if term.factors is None else " x ".join(f"{f:.5g}" for f in term.factors)
        sums.append((term.name, factors, text(term.shown)))
    sums.append(("out", "", text(found.shown)))
    return rows + built_up(sums, share), f"1e-{power}" if power else ""


def power_of(found: Breakdown) -> int:
    """Return k if a gradient is shown in units of 10 ** -k."""
    if " d" not in found.kind:
        return 0  # an output, not a gradient
    places = decimals_of(found.shown)
    return 3 * ((places - 5) // 3) if places >= LONG else 0


def power_for(largest: float) -> int:
    """Return k, a multiple of 3, so that a number of this size has digits in units of 10 ** -k."""
    if not 0 < largest < SMALL:
        return 0
    return 3 * math.ceil(-math.log10(largest) / 3)


def built_up(rows: list[TableRow], share: float) -> list[TableRow]:
    """Return the first terms of a sum, and what they add up to so far."""
    if share >= 1 or len(rows) < 2 or rows[-1][0] != "out":
        return rows
    *terms, _ = rows
    count = math.floor(share * (len(terms) + 1))
    numbers = [Decimal(number) for _, _, number in terms[:count]]
    so_far = sum(numbers, Decimal(0)) if numbers else Decimal(terms[0][2]) * 0
    return [*terms[:count], ("so far", "", f"{so_far:+f}")]

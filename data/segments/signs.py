"""Minus signs, decimal points and specks: parts that are told by size and place alone."""

from collections.abc import Collection, Sequence

import numpy as np

from data.segments.symbols import Box

SPECK = ""
"""What is too small for a digit and no sign."""

# Lengths relative to the height of the line's digits.
DOT = 0.28  # longer side of a point, at most
COMMA = (0.25, 0.42)  # width and height of a comma, at most
LOW = 0.4  # a point is no higher than this above the foot of the digits
BESIDE = 0.5  # tall boxes whose middles are as near may be one digit: the lowest gives its foot
MINUS = (0.2, 1.2)  # width of a minus sign
FLAT = 0.4  # of its width: height of a minus sign, at most
MIDDLE = (0.2, 0.8)  # where between head and foot of the digits it is
FREE = 0.0  # gap between a minus sign and the first digit, at least


def find(boxes: Sequence[Box], height: float, joined: Collection[int] = ()) -> dict[int, str]:
    """Return the parts of a line that are no digits: "-", "." or `SPECK` by index.

    A minus sign comes first, a point between or before digits; there is one of each at most.

    Parameters
    ----------
    boxes : sequence of Box
        Of the parts, from left to right.
    height : float
        Of the line's digits.
    joined : collection of int
        Parts whose ink touches that of others: they are parts of digits.
    """
    left, top, right, low = np.array(boxes).T
    wide, high = right - left, low - top
    tall = np.flatnonzero(high >= height / 2)
    if not len(tall) or len(boxes) < 2:
        return {}
    middle = (left + right) / 2
    near = tall[np.abs(middle[:, None] - middle[tall]).argmin(axis=1)]
    dot = np.maximum(wide, high) <= DOT * height
    small = dot | ((wide <= COMMA[0] * height) & (high <= COMMA[1] * height))
    beside = np.abs(middle[near][:, None] - middle[tall]) <= BESIDE * height
    foot = np.where(beside, low[tall], -np.inf).max(axis=1)
    is_low = top >= foot - LOW * height
    found = {int(i): SPECK for i in np.flatnonzero(dot)}
    points = [int(i) for i in np.flatnonzero(small & is_low)
              if tall[0] < i < tall[-1] and i not in joined]  # fmt: skip
    if points:
        found[max(points, key=lambda i: wide[i] * high[i] + wide[i] + high[i])] = "."
    found = {i: sign for i, sign in found.items() if i not in joined}
    if 0 not in joined and _is_minus(boxes[0], boxes[1:], foot[0], height):
        found[0] = "-"
    return found


def _is_minus(box, others, foot, height):
    left, top, right, low = box
    wide, high = right - left, low - top
    at = 1 - (foot - (top + low) / 2) / height
    return bool(
        MINUS[0] * height <= wide <= MINUS[1] * height
        and high <= FLAT * wide
        and MIDDLE[0] <= at <= MIDDLE[1]
        and min(other[0] for other in others) - right >= FREE * height
    )

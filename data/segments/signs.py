"""Minus signs, decimal points and specks: parts that are told by size and place alone."""

from collections.abc import Sequence

import numpy as np

from data.segments.symbols import Box

SPECK = ""
"""What is too small for a digit and no sign."""

# Lengths relative to the height of the line's digits.
DOT = 0.28  # longer side of a point, at most
COMMA = (0.25, 0.42)  # width and height of a comma, at most
LOW = 0.4  # a point is no higher than this above the foot of the digits
MINUS = (0.2, 1.2)  # width of a minus sign
FLAT = 0.4  # of its width: height of a minus sign, at most
MIDDLE = (0.2, 0.8)  # where between head and foot of the digits it is
FREE = 0.0  # gap between a minus sign and the first digit, at least


def find(boxes: Sequence[Box], height: float) -> dict[int, str]:
    """Return the parts of a line that are no digits: "-", "." or `SPECK` by index.

    A minus sign comes first, a point between or before digits; there is one of each at most.

    Parameters
    ----------
    boxes : sequence of Box
        Of the parts, from left to right.
    height : float
        Of the line's digits.
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
    is_low = top >= low[near] - LOW * height
    found = {int(i): SPECK for i in np.flatnonzero(dot)}
    points = [int(i) for i in np.flatnonzero(small & is_low) if tall[0] < i < tall[-1]]
    if points:
        found[max(points, key=lambda i: wide[i] * high[i] + wide[i] + high[i])] = "."
    if _is_minus(boxes[0], boxes[1:], low[near[0]], height):
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

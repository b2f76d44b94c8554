"""Touching digits and parts of digits: what a wrong cut through a number leaves, as non-digits.

`data.segments` tries many cuts through ink where digits may touch. Most of them leave two digits in
one piece, a digit with a part of its neighbour, or the left part of a digit. A network that was
trained with these gives them low probabilities, so that the right cuts win.

The right part of a digit is never alone: that of an 8 is a 3, that of a 9 is a 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.synthetic import handwriting, pens
from data.synthetic.forms import FORMS, NO_DIGIT

KINDS = ("whole", "begun", "ended", "half")
"""Both digits; the left one and the beginning of the right one; the end of the left one and the
right one; the left part of the left one."""

SHARES = (0.4, 0.25, 0.25, 0.1)
"""Of the four kinds. Most of the halves are of digits not in `HALVED` and become "begun"."""

HALVED = (2, 3, 4, 8)
"""Digits whose left part looks like no digit."""

# Lengths on the grid of forms, where digits are about 100 high.
MIDDLE = 50.0
TOUCH = (-3.0, 9.0)  # range of the distance between the centre lines of two digits
DEEPEST = 30.0  # the boxes of two digits overlap by no more
ROW = 6.0  # height of the rows in which the distance is measured
ROWS = 50
LARGER = 0.1  # standard deviation of the logarithm of the right digit's size
HIGHER = 6.0  # standard deviation of its vertical shift

KEPT = (0.45, 0.75)  # range of the part that is kept of a cut neighbour, of its width
HALF = (0.45, 0.62)  # the same of a digit of which only the left part is kept
LEANING = 0.15  # standard deviation of the tangent of the angle between a cut and the vertical

WIDEST = 3.2  # greatest line width, pixels


class Pairs(NamedTuple):
    """Points of n pairs of digits, stroke by stroke.

    Attributes
    ----------
    points : ndarray, float32, (P, 2)
    pair, stroke : ndarray, int, (P,)
        What each point belongs to.
    right : ndarray, bool, (P,)
        Whether a point is of the right digit of its pair.
    labels : ndarray, int, (n,)
        Of the left digits.
    """

    points: NDArray[np.float32]
    pair: NDArray[np.int64]
    stroke: NDArray[np.int64]
    right: NDArray[np.bool_]
    labels: NDArray[np.int64]


def batch(n: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """Draw n images of touching digits and of parts of digits, framed like MNIST's.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    images : ndarray, uint8, (n, 28, 28)
    labels : ndarray, int16, (n,)
        All `NO_DIGIT`.
    """
    made = pairs(n, rng)
    ink = collect(made, kept(made, kinds(made.labels, rng), rng))
    widest = pens.widest_lines(ink, np.full(n, WIDEST), np.zeros(n, bool))
    chosen = pens.choose(widest, np.ones(n), rng)
    return pens.draw(ink, chosen, rng), np.full(n, NO_DIGIT, np.int16)


def pairs(n: int, rng: np.random.Generator) -> Pairs:
    """Write n pairs of digits that touch or nearly do."""
    left, counts = handwriting.write(FORMS, n, rng)
    right, _ = handwriting.write(FORMS, n, rng)
    partner = rng.permutation(n)
    pair = np.concatenate([_owner(left), partner[_owner(right)]])
    stroke = np.concatenate([_index(left.strokes), _index(right.strokes) + len(left.strokes)])
    points = np.concatenate([left.points, right.points])
    is_right = np.arange(len(points)) >= len(left.points)
    size = np.exp(LARGER * rng.standard_normal(n))[pair[is_right]]
    points[is_right] = (points[is_right] - MIDDLE) * size[:, None] + MIDDLE
    points[is_right, 1] += HIGHER * rng.standard_normal(n)[pair[is_right]]
    move = np.maximum(
        rng.uniform(*TOUCH, n) - _clearance(points, pair, is_right, n),
        -_reach(points, pair, is_right, n) - DEEPEST,
    )
    points[is_right, 0] += move[pair[is_right]]
    labels = np.repeat([form.label for form in FORMS], counts)
    return Pairs(points, pair, stroke, is_right, labels)


def kinds(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Choose how each pair is cut, an index of `KINDS`; halves are of digits in `HALVED` only."""
    chosen = rng.choice(len(KINDS), size=len(labels), p=SHARES)
    half, begun = KINDS.index("half"), KINDS.index("begun")
    return np.where((chosen == half) & ~np.isin(labels, HALVED), begun, chosen)


def kept(made: Pairs, kind: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which points a slanting cut through one digit of each pair leaves, (P,)."""
    n = len(kind)
    x = made.points[:, 0] + (LEANING * rng.standard_normal(n))[made.pair] * (
        made.points[:, 1] - MIDDLE
    )
    share = np.empty(len(x))
    for side in (False, True):
        mine = made.right == side
        low, high = _range(x[mine], made.pair[mine], n)
        share[mine] = (x[mine] - low[made.pair[mine]]) / (high - low)[made.pair[mine]]
    _, begun, ended, half = (kind[made.pair] == k for k in range(len(KINDS)))
    most, some = rng.uniform(*KEPT, n)[made.pair], rng.uniform(*HALF, n)[made.pair]
    keep = ~(begun & made.right & (share > most))
    keep &= ~(ended & ~made.right & (share < 1 - most))
    keep &= ~(half & (made.right | (share > some)))
    return keep


def collect(made: Pairs, keep: NDArray[np.bool_]) -> pens.Ink:
    """Return the points that are kept; a stroke is split where it leaves them."""
    before = np.roll(keep, 1) & (np.roll(made.stroke, 1) == made.stroke)
    before[:1] = False
    run = np.cumsum(keep & ~before)
    keep = keep & (np.bincount(run[keep], minlength=len(run) + 1)[run] > 1)
    order = np.flatnonzero(keep)[np.argsort(made.pair[keep], kind="stable")]
    begins = np.flatnonzero(np.diff(run[order], prepend=-1))
    digits = np.searchsorted(made.pair[order[begins]], np.arange(len(made.labels) + 1))
    strokes = np.append(begins, len(order))
    return pens.Ink(made.points[order], strokes.astype(np.int32), digits.astype(np.int32))


def _index(begins):
    """Return the index of the range that each element is in."""
    return np.repeat(np.arange(len(begins) - 1), np.diff(begins))


def _owner(ink):
    """Return the digit that each point belongs to."""
    return _index(ink.digits)[_index(ink.strokes)]


def _range(x, pair, n):
    """Return the least and the greatest x of each pair."""
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, pair, x)
    np.maximum.at(high, pair, x)
    return low, high


def _reach(points, pair, right, n):
    """Return the gap between the boxes of the two digits of each pair, (n,)."""
    _, end = _range(points[~right, 0], pair[~right], n)
    begin, _ = _range(points[right, 0], pair[right], n)
    return begin - end


def _clearance(points, pair, right, n):
    """Return how far each right digit may move left until it meets the left one, (n,)."""
    row = ((points[:, 1] - MIDDLE) // ROW + ROWS // 2).clip(1, ROWS - 2).astype(int)
    end, begin = np.full((n, ROWS), -np.inf), np.full((n, ROWS), np.inf)
    for k in (-1, 0, 1):  # also the rows above and below
        np.maximum.at(end, (pair[~right], row[~right] + k), points[~right, 0])
    np.minimum.at(begin, (pair[right], row[right]), points[right, 0])
    return (begin - end).min(axis=1)

"""From pen strokes to digits in reading order.

A drawing is first read as one digit. It is read as several only if their score is higher by `ONE`:
most drawings are one digit, and a 4 of two strokes looks much like a touching 61.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from data import canvas
from data.segments import row
from data.segments.graph import Block, Cut, Part
from data.segments.lines import digit_height, lines
from data.segments.symbols import Box, Line, Reading, Symbol, around

ONE = 3.0  # logarithm of the odds that a drawing is one digit
MOST_STROKES = 200  # a drawing of more is not divided
MOST_READ = 100  # candidates that the network reads for a drawing: more are scribbles

CUT = 3.0  # logarithm of the odds that a candidate cut in a stroke is not between two digits
WIDE = 1.1  # width over height: a wider stroke may run through two digits
STEP = 0.04  # of the height: between the points of a stroke to be cut
JOINED = 0.1  # of the height: strokes that are nearer to each other touch
NARROW = 0.12  # of the height: no piece of a cut stroke is narrower


def find(strokes: Iterable[Sequence | np.ndarray], classify: row.Classify) -> Reading:
    """Read the digits in a drawing.

    Parameters
    ----------
    strokes : iterable of array_like, each (P, 2)
        Points (x, y) of each stroke in pixels, y down.
    classify : callable
        Maps images (N, 28, 28) to probabilities (N, 10). It is asked for the whole drawing first.

    Returns
    -------
    Reading
        Of one symbol if the drawing is one digit, or none; its image is then
        `data.canvas.from_strokes` of all strokes. Without strokes there is no line.
    """
    inked = [np.asarray(stroke, np.float64) for stroke in strokes if len(stroke)]
    if not inked:
        return Reading()
    image = canvas.from_strokes(inked)
    (proba,) = classify(image[None])
    boxes = [box_of(stroke) for stroke in inked]
    one = Reading([Line([Symbol(str(int(proba.argmax())), around(boxes), image, proba)])])
    if len(inked) > MOST_STROKES:
        return one
    written = in_lines(inked)
    if len(written) == 1 and len(written[0]) == 1 and not written[0][0].cuts:
        return one
    limited = row.limited(classify, MOST_READ)
    try:
        found = [row.read(blocks, height_of(blocks), draw, limited) for blocks in written]
    except row.TooManyError:
        return one
    many = Reading(line for _, line in found)
    score = sum(score for score, _ in found)
    as_one = row.as_one(written, list(map(height_of, written)), proba)
    if len(many.symbols) < 2 or score <= as_one + ONE or any(map(_is_dot, many.symbols)):
        return one
    return many


def draw(parts: Sequence[Part]) -> np.ndarray:
    """Draw strokes as one digit, float32 (28, 28)."""
    return canvas.from_strokes([part.ink for part in parts])


def box_of(stroke: np.ndarray) -> Box:
    """Return the box around the points of a stroke, (P, 2)."""
    (left, top), (right, low) = stroke.min(axis=0), stroke.max(axis=0)
    return float(left), float(top), float(right), float(low)


def _is_dot(symbol):
    left, top, right, low = symbol.box
    return symbol.image is not None and max(right - left, low - top) < canvas.RADIUS


def in_lines(drawing: Sequence[np.ndarray]) -> list[list[Block]]:
    """Return strokes, each (P, 2), as lines of writing; those that may be two digits are cut."""
    return [_blocks(drawing, line) for line in lines([box_of(stroke) for stroke in drawing])]


def height_of(blocks: Sequence[Block]) -> float:
    """Return the height of the digits of a line, pixels."""
    return digit_height([box[3] - box[1] for box in (block.box for block in blocks)])


def _blocks(drawing, line):
    """Return the strokes of a line, given by their indices from left to right."""
    blocks, strokes = [], [drawing[i] for i in line]
    height = digit_height([np.ptp(stroke[:, 1]) for stroke in strokes])
    for k, stroke in enumerate(strokes):
        parts = [Part(box_of(piece), piece) for piece in cut(stroke, height)]
        cuts = [Cut(frozenset(range(i)), -CUT) for i in range(1, len(parts))]
        joined = _touches(k, strokes, JOINED * height)
        blocks.append(Block(parts, cuts, joined, turn=line[k]))
    return blocks


def _touches(k, strokes, near):
    """Return whether stroke ``k`` comes as near as ``near`` pixels to another one."""
    left, top, right, low = box_of(strokes[k])
    points = _resampled(strokes[k], near)
    for other in (stroke for i, stroke in enumerate(strokes) if i != k):
        x0, y0, x1, y1 = box_of(other)
        if max(x0 - right, left - x1, y0 - low, top - y1) > near:
            continue
        apart = points[:, None] - _resampled(other, near)
        if (np.hypot(*apart.transpose(2, 0, 1)) <= near).any():
            return True
    return False


def cut(stroke: np.ndarray, height: float) -> list[np.ndarray]:
    """Cut a wide stroke where it passes from left to right and does not come back.

    Parameters
    ----------
    stroke : ndarray, (P, 2)
    height : float
        Of the line's digits, pixels.

    Returns
    -------
    list of ndarray, each (p, 2)
        The pieces in the order of the stroke; the stroke itself if it is not wide.
    """
    if np.ptp(stroke[:, 0]) <= WIDE * height:
        return [stroke]
    points = _resampled(stroke, STEP * height)
    if points[-1, 0] < points[0, 0]:
        points = points[::-1]
    x, least = points[:, 0], NARROW * height
    once = (x >= np.maximum.accumulate(x)) & (x <= np.minimum.accumulate(x[::-1])[::-1])
    once &= (x - x.min() >= least) & (x.max() - x >= least)
    edges = np.flatnonzero(np.diff(once.astype(np.int8), prepend=0, append=0))
    places = [0]
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        middle = (first + end - 1) // 2
        long = x[end - 1] - x[first] > 2 * least
        for place in (first, middle, end - 1) if long else (middle,):
            if x[place] - x[: places[-1] + 1].max() >= (least if len(places) > 1 else -np.inf):
                places.append(int(place))
    return [points[a : b + 1] for a, b in pairwise([*places, len(points) - 1])]


def _resampled(stroke, step):
    """Return the points of a stroke and points between them, at most ``step`` pixels apart."""
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))]
    where = np.union1d(along, np.arange(0, along[-1], step))
    return np.stack([np.interp(where, along, axis) for axis in stroke.T], axis=1)

"""Divide a line of writing into digits so that the network's confidence in all of them is best.

A line is a row of parts from left to right: strokes, pieces of ink, or what candidate cuts made of
them. A candidate is a run of neighbouring parts that may be one digit; a path is a division of the
row into candidates. This is LeNet-5's segmentation graph, and the best path its Viterbi path. The
score of a path is a sum of logarithms of probabilities:

- of a candidate, the network's highest probability. The network was trained with non-digits, to
  which it gives low probabilities: that of half a digit, or of two, is low;
- of a candidate's size, because the digits of a line are about equally high;
- of each gap between two parts, given that they belong to two digits or to one.

The network is asked as seldom as possible: a candidate that it has not seen counts as certain. The
candidates of the best path are then read, all in one call, until the best path has none unread.
No unread candidate can be better than assumed, so the path is the best of all (A* with this bound).

References
----------
LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998,
sections V (heuristic over-segmentation, segmentation graph, Viterbi) and VI (non-characters).
Hart, Nilsson and Raphael, "A Formal Basis for the Heuristic Determination of Minimum Cost Paths",
1968.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from data.segments import signs as marks
from data.segments.symbols import Box, Line, Symbol, around

MOST_PARTS = 8  # of a candidate
WIDEST = 1.7  # of the line's height: a wider candidate of several parts is no digit
LEAST = 0.02  # probability: one that is lower counts as this
DIGIT = 2.0  # logarithm of the odds
TRUST = 6.0  # power of the network's probability in the score

# Logarithm of the odds that a gap is between two digits: a line through the gap, in heights of the
# line. Of the strokes of digits that people drew, 1 % have a gap above 0 between two strokes.
ODDS_TOUCHING = 1.2  # where the boxes of both sides just meet
ODDS_SLOPE = 15.0
ODDS_MOST = 7.0

SMALL = 0.62  # of the line's height: a digit is higher or wider
SMALL_COST = 15.0
LYING = 1.5  # width over height: a digit is less
LYING_COST = 3.0
PAIR = 0.8  # width over height: more is that of two digits rather than of one in several parts
PAIR_WHOLE = 1.0  # the same, of one piece of ink
PAIR_SLOPE = 10.0
MOST_COST = 8.0
SIGN_COST = 0.7  # a sign is less probable than a digit
SIGN_IN_DIGIT = 2.5  # what looks like a sign is seldom a part of a digit

Classify = Callable[[np.ndarray], np.ndarray]
"""Maps images, float32 (N, 28, 28), to probabilities, float32 (N, 10)."""


class TooManyError(Exception):
    """There are more candidates than the network is to read."""


def limited(classify: Classify, most: int) -> Classify:
    """Return a network that raises `TooManyError` before its images are more than ``most``."""
    asked = 0

    def ask(images):
        nonlocal asked
        asked += len(images)
        if asked > most:
            raise TooManyError
        return classify(images)

    return ask


class Part(NamedTuple):
    """A stroke or piece of ink, or what is between two candidate cuts.

    Attributes
    ----------
    box : Box
    ink : any
        What `Draw` takes.
    glue : float
        0 if it is apart from the part before it; else the odds against two digits there, as a
        logarithm: its ink goes on in the part before.
    """

    box: Box
    ink: Any
    glue: float = 0.0


Draw = Callable[[Sequence[Part]], np.ndarray]
"""Draws parts as one digit, float32 (28, 28)."""


def read(
    parts: Sequence[Part], height: float, draw: Draw, classify: Classify
) -> tuple[float, Line]:
    """Divide a line of writing into digits and signs.

    Parameters
    ----------
    parts : sequence of Part
        From left to right; at least one.
    height : float
        Of the line's digits, pixels.
    draw, classify : callable

    Returns
    -------
    score : float
        Logarithm of the probability of the best path.
    line : Line
        Its symbols, without specks.
    """
    scores = {run: -cost(parts, run, height) for run in candidates(parts, height)}
    split = split_costs(parts, height)
    apart = [not (part.glue or after.glue) for part, after in pairwise([*parts, Part((0,) * 4, 0)])]
    found = marks.find([part.box for part in parts], height)
    signs = {(i, i + 1): sign for i, sign in found.items() if apart[i]}
    for i, j in scores:
        scores[i, j] -= SIGN_IN_DIGIT * sum(i <= k < j for k, _ in signs)
    scores |= dict.fromkeys(signs, -SIGN_COST)
    seen: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}
    while True:
        score, path = _best_path(len(parts), scores, split)
        unread = [run for run in path if run not in seen and run not in signs]
        if not unread:
            break
        images = np.stack([draw(parts[i:j]) for i, j in unread])
        for run, image, proba in zip(unread, images, classify(images), strict=True):
            seen[run] = image, proba
            scores[run] += certainty(proba)
    symbols = []
    for i, j in path:
        box = around(part.box for part in parts[i:j])
        if (i, j) in signs:
            symbols.append(Symbol(signs[i, j], box))
        else:
            image, proba = seen[i, j]
            symbols.append(Symbol(str(int(proba.argmax())), box, image, proba))
    return score, Line(symbol for symbol in symbols if symbol.text)


def _best_path(n, scores, split):
    """Return the score and the runs of the best division of n parts (dynamic programming)."""
    best = [0.0] + [-np.inf] * n
    last = [0] * (n + 1)
    for (i, j), score in sorted(scores.items()):
        total = best[i] + score - (split[i] if i else 0)
        if total > best[j]:
            best[j], last[j] = total, i
    runs, j = [], n
    while j:
        runs.append((last[j], j))
        j = last[j]
    return float(best[n]), runs[::-1]


def candidates(parts: Sequence[Part], height: float) -> list[tuple[int, int]]:
    """Return the runs of parts that may be one digit; every single part is one."""
    left, _, right, _ = np.array([part.box for part in parts]).T
    return [
        (i, j)
        for i in range(len(parts))
        for j in range(i + 1, min(i + MOST_PARTS, len(parts)) + 1)
        if j == i + 1 or right[i:j].max() - left[i:j].min() <= WIDEST * height
    ]


def gap_odds(parts: Sequence[Part], height: float) -> np.ndarray:
    """Return the logarithm of the odds that two digits meet before each part; (n,), the first 0."""
    left, _, right, _ = np.array([part.box for part in parts]).T
    before = np.maximum.accumulate(right)[:-1]
    after = np.minimum.accumulate(left[::-1])[-2::-1]
    odds = ODDS_TOUCHING + ODDS_SLOPE * (after - before) / height
    glue = np.array([part.glue for part in parts[1:]])
    odds = np.where(glue > 0, -glue, odds)
    return np.r_[0, odds.clip(-ODDS_MOST, ODDS_MOST)]


def split_costs(parts: Sequence[Part], height: float) -> np.ndarray:
    """Return minus the logarithm of the probability that two digits meet before each part."""
    return np.logaddexp(0, -gap_odds(parts, height))


def certainty(proba: np.ndarray) -> float:
    """Return the part of a candidate's score that its probabilities, (10,), give: at most 0."""
    return TRUST * float(np.log(max(proba.max(), LEAST)))


def cost(parts: Sequence[Part], run: tuple[int, int], height: float) -> float:
    """Return minus the logarithm of the probability of a candidate's size and inner gaps."""
    i, j = run
    left, top, right, low = around(part.box for part in parts[i:j])
    wide, high = max(right - left, 1), max(low - top, 1)
    small = np.logaddexp(0, SMALL_COST * (SMALL - max(0.7 * wide, high) / height))
    lying = LYING_COST * max(0, wide / max(high, height / 4) - LYING)
    inner = np.logaddexp(0, gap_odds(parts, height)[i + 1 : j]).sum()
    pair = 0.0
    if j > i + 1:
        whole = all(part.glue for part in parts[i + 1 : j])
        usual, least = (PAIR_WHOLE, 0.0) if whole else (PAIR, -2.0)
        pair = float(np.clip(PAIR_SLOPE * (wide / high - usual), least, 6))
    return float(min(small + lying, MOST_COST) + inner + pair - DIGIT)


def as_one(lines: Sequence[Sequence[Part]], heights: Sequence[float], proba: np.ndarray) -> float:
    """Return the score of all parts of all lines as one digit.

    Parameters
    ----------
    lines : sequence of sequence of Part
        From top to bottom.
    heights : sequence of float
        Of the digits of each line.
    proba : ndarray, float32, (10,)
        What the network answered to all parts together.
    """
    parts = sorted((part for line in lines for part in line), key=lambda part: part.box[0])
    parts[0] = parts[0]._replace(glue=0.0)
    score = certainty(proba) - cost(parts, (0, len(parts)), max(heights))
    for k in range(1, len(lines)):
        foot = max(part.box[3] for part in lines[k - 1])
        head = min(part.box[1] for part in lines[k])
        odds = ODDS_TOUCHING + ODDS_SLOPE * (head - foot) / max(heights[k - 1 : k + 1])
        score -= float(np.logaddexp(0, min(odds, ODDS_MOST)))
    return score

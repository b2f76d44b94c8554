"""Divide a line of writing into digits so that the network's confidence in all of them is best.

A line is a graph (`data.segments.graph`) whose edges are candidates: ink that may be one digit. A
path through it is a division of the line into candidates. This is LeNet-5's segmentation graph, and
the best path its Viterbi path. The score of a path is a sum of logarithms of probabilities:

- of a candidate, the network's highest probability. The network was trained with non-digits, to
  which it gives low probabilities: that of half a digit, or of two, is low;
- of a candidate's size, because the digits of a line are about equally high, and of its time: the
  strokes of a digit are mostly drawn one after another;
- of each gap between two blocks, given that they belong to two digits or to one, and of each cut.

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

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from data.segments import signs as marks
from data.segments.graph import Block, Graph, Part
from data.segments.symbols import Box, Line, Symbol, around

MOST_BLOCKS = 8  # of a candidate
WIDEST = 1.7  # of the line's height: a wider candidate of several parts is no digit
LEAST = 0.02  # probability: one that is lower counts as this

# The score's weights. ``python -m benchmarks.numbers_fit`` fits them: the right readings of numbers
# by writers with odd numbers are to be most probable. DIGIT and ODDS_TOUCHING were then raised from
# 1.4 and -1: the network is less sure of the digits of new writers, and two that touch were often
# read as one. Odds are logarithms.
DIGIT = 2.0
TRUST = 4.5  # power of the network's probability p
SURE = 0.47  # power of 1 - p, by which p ** TRUST is divided
REST = 0.001  # least 1 - p: what is below counts as this

# The odds that a gap is between two digits: a line through the gap, in heights of the line.
ODDS_TOUCHING = 0.5  # where the boxes of both sides just meet
ODDS_SLOPE = 20.0
ODDS_MOST = 7.0

# Costs of small and wide ink, and of time. They are set by hand: those numbers hardly have any.
SMALL = 0.7  # of the line's height: a digit is higher or wider
SMALL_COST = 12.0
LYING = 1.5  # width over height: a digit is less
LYING_COST = 5.0
MOST_COST = 12.0
PAIR = 1.0  # width over height: a wider piece, or all ink if it is wider, may be two digits
PAIR_SLOPE = 4.6
PAIR_MOST = 2.8
BACK = 3.0  # a writer seldom comes back to a digit after writing another
SIGN_COST = 0.7  # a sign is less probable than a digit
SIGN_IN_DIGIT = 2.5  # what looks like a sign is seldom a part of a digit

Classify = Callable[[np.ndarray], np.ndarray]
"""Maps images, float32 (N, 28, 28), to probabilities, float32 (N, 10)."""

Draw = Callable[[Sequence[Part]], np.ndarray]
"""Draws parts as one digit, float32 (28, 28)."""


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


def read(
    blocks: Sequence[Block], height: float, draw: Draw, classify: Classify
) -> tuple[float, Line]:
    """Divide a line of writing into digits and signs.

    Parameters
    ----------
    blocks : sequence of Block
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
    line = candidates(blocks, height)
    score, path, seen = search(line, draw, classify)
    symbols = []
    for run in path:
        if run in line.signs:
            symbols.append(Symbol(line.signs[run], line.runs[run]))
        else:
            image, proba = seen[run]
            symbols.append(Symbol(str(int(proba.argmax())), line.runs[run], image, proba))
    return score, Line(symbol for symbol in symbols if symbol.text)


class Candidates(NamedTuple):
    """The candidates of a line of writing; a run is the pair of a candidate's nodes.

    Attributes
    ----------
    graph : Graph
    runs : dict of run to Box
    signs : dict of run to str
        Those that are no digits, and what they are; see `data.segments.signs`.
    scores : dict of run to float
        Of each, as if the network were certain of it.
    split : list of float
        Cost of each node; see `split_costs`.
    """

    graph: Graph
    runs: dict[tuple[int, int], Box]
    signs: dict[tuple[int, int], str]
    scores: dict[tuple[int, int], float]
    split: list[float]


def candidates(blocks: Sequence[Block], height: float) -> Candidates:
    """Return the candidates of a line of writing; the network has seen none of them.

    Parameters
    ----------
    blocks : sequence of Block
        From left to right; at least one.
    height : float
        Of the line's digits, pixels.
    """
    graph = Graph(blocks)
    runs = graph.runs(WIDEST * height, MOST_BLOCKS)
    bounds = graph.bounds.tolist()
    joined = {k for k, block in enumerate(blocks) if block.joined}
    found = marks.find([block.box for block in blocks], height, joined)
    signs = {(bounds[k], bounds[k + 1]): sign for k, sign in found.items()}
    gaps, split = gap_odds(graph, height), split_costs(graph, height)
    scores = {
        (i, j): -cost(graph, (i, j), box, height, gaps)
        - SIGN_IN_DIGIT * sum(i <= a and b <= j for a, b in signs)
        for (i, j), box in runs.items()
    } | dict.fromkeys(signs, -SIGN_COST)  # fmt: skip
    return Candidates(graph, runs, signs, scores, split)


def search(line: Candidates, draw: Draw, classify: Classify) -> tuple[float, list, dict]:
    """Read candidates until the best path has none unread.

    Returns
    -------
    score : float
    path : list of run
    seen : dict of run to (image, probabilities)
        All that the network has read.
    """
    seen: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}
    scores, order = dict(line.scores), sorted(line.scores)
    while True:
        score, path = _best_path(len(line.graph), order, scores, line.split)
        unread = [run for run in path if run not in seen and run not in line.signs]
        if not unread:
            return score, path, seen
        images = np.stack([draw(line.graph.inside(run)) for run in unread])
        for run, image, proba in zip(unread, images, classify(images), strict=True):
            seen[run] = image, proba
            scores[run] += certainty(proba)


def _best_path(n, order, scores, split):
    """Return the score and the runs of the best path through n nodes (dynamic programming)."""
    best = [0.0] + [-np.inf] * (n - 1)
    last = [0] * n
    for i, j in order:
        total = best[i] + scores[i, j] - split[i]
        if total > best[j]:
            best[j], last[j] = total, i
    runs, j = [], n - 1
    while j:
        runs.append((last[j], j))
        j = last[j]
    return float(best[-1]), runs[::-1]


def gap_odds(graph: Graph, height: float) -> np.ndarray:
    """Return the logarithm of the odds that two digits meet at each bound of blocks, (B + 1,).

    It is infinite at both ends.
    """
    odds = (ODDS_TOUCHING + ODDS_SLOPE * graph.gaps() / height).clip(-ODDS_MOST, ODDS_MOST)
    return np.r_[np.inf, odds, np.inf]


def split_costs(graph: Graph, height: float) -> list[float]:
    """Return minus the logarithm of the probability that two digits meet at each node."""
    odds = graph.odds.copy()
    odds[graph.bounds] = gap_odds(graph, height)
    return np.logaddexp(0, -odds).tolist()


def certainty(proba: np.ndarray) -> float:
    """Return the part of a candidate's score that its probabilities, (10,), give: at most 0."""
    best = float(proba.max())
    rest = max(1 - best, REST) / REST
    return TRUST * math.log(max(best, LEAST)) - SURE * math.log(rest)


def cost(graph: Graph, run: tuple[int, int], box: Box, height: float, gaps: np.ndarray) -> float:
    """Return minus the logarithm of the probability of a candidate's size, gaps and time.

    Parameters
    ----------
    graph : Graph
    run : tuple of int
        The candidate's two nodes.
    box : Box
    height : float
        Of the line's digits, pixels.
    gaps : ndarray, (B + 1,)
        As returned by `gap_odds`.
    """
    left, top, right, low = box
    wide, high = max(right - left, 1), max(low - top, 1)
    small = np.logaddexp(0, SMALL_COST * (SMALL - max(0.7 * wide, high) / height))
    lying = LYING_COST * max(0, wide / max(high, height / 4) - LYING)
    first = np.searchsorted(graph.bounds, run[0], "right")
    last = np.searchsorted(graph.bounds, run[1], "left")
    inner = np.logaddexp(0, gaps[first:last]).sum()
    pair = 0.0
    is_whole = run == (0, len(graph) - 1)
    if is_whole or (last == first and graph.cut[first - 1]):
        pair = float(np.clip(PAIR_SLOPE * (wide / high - PAIR), 0, PAIR_MOST))
    back = BACK * graph.returns(run)
    return float(min(small + lying, MOST_COST) + inner + pair + back - DIGIT)


def as_one(lines: Sequence[Sequence[Block]], heights: Sequence[float], proba: np.ndarray) -> float:
    """Return the score of all parts of all lines as one digit.

    Parameters
    ----------
    lines : sequence of sequence of Block
        From top to bottom.
    heights : sequence of float
        Of the digits of each line.
    proba : ndarray, float32, (10,)
        What the network answered to all parts together.
    """
    blocks = sorted((block for line in lines for block in line), key=lambda block: block.box[0])
    graph, height = Graph(blocks), max(heights)
    whole = 0, len(graph) - 1
    box = around(block.box for block in blocks)
    score = certainty(proba) - cost(graph, whole, box, height, gap_odds(graph, height))
    for k in range(1, len(lines)):
        foot = max(block.box[3] for block in lines[k - 1])
        head = min(block.box[1] for block in lines[k])
        odds = ODDS_TOUCHING + ODDS_SLOPE * (head - foot) / max(heights[k - 1 : k + 1])
        score -= float(np.logaddexp(0, min(odds, ODDS_MOST)))
    return score

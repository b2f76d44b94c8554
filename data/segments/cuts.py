"""Candidate cuts through ink where two digits may touch.

A cut is a path from the top of a piece of ink to its foot that crosses as little ink as possible,
by dynamic programming from row to row: one near each of many straight lines, upright and slanting.
Where two lines run into each other for a while, ink is thicker than a line. A cut passes its core
at next to no cost, so it parts the two lines lengthwise.

References
----------
LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998,
section V (candidate cuts). Wang and Jean, "Segmentation of Merged Characters by Neural Networks and
Shortest Path", 1994 (cuts as shortest paths).
"""

from collections.abc import Collection, Sequence

import numpy as np
from PIL import Image

from data.pictures.lines import line_width
from data.pictures.pieces import spread
from data.segments.graph import Block, Cut, Part
from data.segments.symbols import Box

CUT = 2.0  # logarithm of the odds against two digits at a candidate cut
OVERLAP = 1.6  # added to CUT for each height by which the left side overlaps the right one
WIDE = 0.7  # of the digits' height: a piece as wide may be two digits
SOLID = 0.5  # of the height: a piece whose lines are wider is a bar or a blot

ROWS = 60  # height at which cuts are looked for, pixels
STEP = 0.05  # of the height: between the lines near which a cut is looked for
SLANTS = (-0.2, 0.0, 0.2, 0.4, 0.6)  # of these lines: x to the right over y upwards
BAND = 0.12  # of the height: how far a cut strays from its line
ASIDE = 0.04  # cost of a step aside
LENGTH = 0.004  # cost of a row: of paths through paper the straight one is best
CORE = 0.1  # cost of ink in the core of what is thicker than a line; of other ink 1

MOST_LINES = 2.5  # a cut crosses no more lines
LEAST = 0.08  # of the height: a cut leaves lines as long on either side
SPLINTER = 0.3  # squares of the lines' width: less ink between cuts goes to the ink beside it
SAME = 2.0  # squares of the lines' width: cuts with less ink between them are the same


def block(coverage: np.ndarray, labels: np.ndarray, piece: int, box: Box, height: float) -> Block:
    """Return a piece of ink with its candidate cuts, and label its parts.

    Parameters
    ----------
    coverage : ndarray, float32, (H, W)
        Ink in [0, 1].
    labels : ndarray, int, (H, W)
        Index of each pixel's part; the parts of a piece that is cut get new ones.
    piece : int
    box : Box
        Of the piece, pixels.
    height : float
        Of the line's digits, pixels.
    """
    left, top, right, low = map(int, box)
    whole = Block([Part(box, piece)])
    if right - left <= WIDE * height:
        return whole
    part = slice(top, low), slice(left, right)
    mine = labels[part] == piece
    digits = coverage[part] * mine
    if line_width(digits) > SOLID * height:
        return whole
    paths, _ = find(digits, height)
    if not len(paths):
        return whole
    ys, xs = np.nonzero(mine)
    sides, of = _atoms(xs < paths[:, ys], SPLINTER * line_width(digits) ** 2)
    fresh = np.append(piece, labels.max() + 1 + np.arange(len(sides) - 1))
    labels[part][ys, xs] = fresh[of]
    parts = []
    for k, index in enumerate(fresh.tolist()):
        x, y = left + xs[of == k], top + ys[of == k]
        box = float(x.min()), float(y.min()), float(x.max() + 1), float(y.max() + 1)
        parts.append(Part(box, index))
    chosen = dict.fromkeys(frozenset(np.flatnonzero(side).tolist()) for side in sides.T)
    return Block(parts, [Cut(side, odds(side, parts, height)) for side in chosen
                         if 0 < len(side) < len(parts)])  # fmt: skip


def odds(left: Collection[int], parts: Sequence[Part], height: float) -> float:
    """Return the logarithm of the odds that two digits meet at a cut.

    Parameters
    ----------
    left : collection of int
        Indices of the parts on its left.
    parts : sequence of Part
        Of the piece of ink.
    height : float
        Of the line's digits, pixels.
    """
    end = max(parts[i].box[2] for i in left)
    begin = min(part.box[0] for i, part in enumerate(parts) if i not in left)
    return -CUT - OVERLAP * max(0.0, end - begin) / height


def _atoms(left, least):
    """Group pixels that are on the same side of every cut.

    Parameters
    ----------
    left : ndarray, bool, (cuts, P)
        Whether each pixel is on the left of each cut.
    least : float
        Pixels of a group; a smaller one is added to the group that is most like it.

    Returns
    -------
    sides : ndarray, bool, (groups, cuts)
    of : ndarray, int, (P,)
        Group of each pixel.
    """
    _, first, of, count = np.unique(
        np.packbits(left, axis=0),
        axis=1,
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    sides = left[:, first].T
    largest = np.arange(len(count)) == count.argmax()  # stays, even if it is small
    large = np.flatnonzero((count >= least) | largest)
    nearest = (sides[:, None] != sides[large]).sum(axis=2).argmin(axis=1)
    return sides[large], nearest[of.ravel()]


def find(ink: np.ndarray, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the candidate cuts of a piece of ink.

    Parameters
    ----------
    ink : ndarray, float32, (h, w)
        In [0, 1].
    height : float
        Of the line's digits, pixels.

    Returns
    -------
    cuts : ndarray, int, (cuts, h)
        First column to the right of the cut, in each row.
    crossed : ndarray, float, (cuts,)
        How many lines each crosses: the cost of its way through ink over the lines' width.
    """
    h, w = ink.shape
    scale = ROWS / height
    size = max(2, round(w * scale)), max(2, round(h * scale))
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
    width = max(line_width(small), 1.0)
    reach = int(width / 2 + 0.5)  # a square of 2 reach + 1 pixels does not fit into a line
    core = spread(np.pad(small > 0.5, reach), reach, np.minimum)[reach:-reach, reach:-reach]
    cost, paths = _seams(np.where(core, CORE * small, small))
    left = (np.arange(size[0]) <= paths[:, :, None]) * small  # ink on the left of each, flat
    left = left.reshape(len(left), -1)
    amount, total, least = left.sum(axis=1), small.sum(), LEAST * ROWS * width
    inner = (amount > least) & (total - amount > least) & (cost <= MOST_LINES * width)
    chosen: list[int] = []
    for k in np.flatnonzero(inner)[np.argsort(cost[inner], kind="stable")]:
        between = np.abs(left[chosen] - left[k]).sum(axis=1)
        if (between > SAME * width**2).all():
            chosen.append(int(k))
    rows = np.minimum((np.arange(h) + 0.5) * size[1] / h, size[1] - 1).astype(int)
    full = np.rint((paths[chosen][:, rows] + 1) * w / size[0]).astype(int)
    return full, cost[chosen] / width


def _seams(ink):
    """Return the cost and the path of the cheapest cut near each of many straight lines.

    Returns
    -------
    cost : ndarray, float, (K,)
    path : ndarray, int, (K, rows)
        Last column on the left of the cut, in each row.
    """
    rows, width = ink.shape
    reach = round(BAND * ROWS)
    offsets = np.arange(-reach, reach + 1)
    slant, column = (axis.ravel() for axis in np.meshgrid(SLANTS, np.arange(0, width, STEP * ROWS)))
    up = (rows - 1) / 2 - np.arange(rows)
    at = np.rint(column + slant * up[:, None]).astype(int)[:, :, None] + offsets  # (rows, K, band)
    there = ink[np.arange(rows)[:, None, None], at.clip(0, width - 1)]
    price = np.where((at >= 0) & (at < width), there, 0) + LENGTH
    total, came = price[0], []
    for row in price[1:]:
        padded = np.pad(total, ((0, 0), (1, 1)), constant_values=np.inf)
        steps = np.stack([padded[:, :-2] + ASIDE, padded[:, 1:-1], padded[:, 2:] + ASIDE])
        best = steps.argmin(axis=0)
        came.append(best - 1)
        total = np.take_along_axis(steps, best[None], axis=0)[0] + row
    end = total.argmin(axis=1)
    k = np.arange(len(end))
    cost, path = total[k, end], np.empty((len(end), rows), int)
    path[:, -1] = at[-1, k, end]
    for y in range(rows - 2, -1, -1):
        end = (end + came[y][k, end]).clip(0, len(offsets) - 1)
        path[:, y] = at[y, k, end]
    return cost, path

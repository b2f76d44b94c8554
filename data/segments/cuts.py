"""Candidate cuts through ink where two digits may touch.

A cut is a path from the top of a piece of ink to its foot that crosses as little ink as possible:
the path of least cost near a column, by dynamic programming from row to row.

References
----------
LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998,
section V (candidate cuts). Wang and Jean, "Segmentation of Merged Characters by Neural Networks and
Shortest Path", 1994 (cuts as shortest paths).
"""

import numpy as np
from PIL import Image

from data.pictures.lines import line_width
from data.segments.row import Part
from data.segments.symbols import Box

CUT = 2.5  # logarithm of the odds against two digits at a candidate cut
WIDE = 0.7  # of the digits' height: a piece as wide may be two digits
ROWS = 40  # height at which cuts are looked for, pixels
STEP = 0.05  # of the height: between the columns near which a cut is looked for
BAND = 0.12  # of the height: how far a cut strays from its column
ASIDE = 0.15  # cost of a step aside
LENGTH = 0.004  # cost of a row: of paths through paper the straight one is best
INK = 4.0  # the odds again for each line that a cut crosses after the first
NOTCH = 1.2  # lines that a cut at a notch counts as crossing, at most
NOTCH_FIRST = 0.5  # a cut at a notch is preferred to one that crosses this much less
NOTCH_BAND = 0.06  # of the height: how far a cut strays from a notch
NOTCH_NEAR, NOTCH_FAR = 0.08, 0.35  # of the height: where ink is no lower, and where it is higher
DEEP = 0.12  # of the height: depth of a notch
MOST_LINES = 3.5  # a cut crosses no more lines
SOLID = 0.5  # of the height: a piece whose lines are as wide is a bar or a blot
NARROW = 0.1  # of the height: the distance between two cuts, and from an edge


def parts(
    coverage: np.ndarray, labels: np.ndarray, piece: int, box: Box, height: float
) -> list[Part]:
    """Return what is between the candidate cuts of a piece of ink; ``labels`` gets new ones.

    Parameters
    ----------
    coverage : ndarray, float32, (H, W)
        Ink in [0, 1].
    labels : ndarray, int, (H, W)
        Index of each pixel's piece; changed.
    piece : int
    box : Box
        Of the piece, pixels.
    height : float
        Of the line's digits, pixels.
    """
    left, top, right, low = map(int, box)
    if right - left <= WIDE * height:
        return [Part(box, piece)]
    part = slice(top, low), slice(left, right)
    mine = labels[part] == piece
    digits = coverage[part] * mine
    if line_width(digits) > SOLID * height:
        return [Part(box, piece)]
    seams, crossed = find(digits, height)
    if not len(seams):
        return [Part(box, piece)]
    where = (np.arange(right - left) >= seams[:, :, None]).sum(axis=0)  # cuts to the left
    found: list[Part] = []
    fresh = labels.max() + 1
    for k in range(len(seams) + 1):
        ys, xs = np.nonzero(mine & (where == k))
        if not len(ys):
            continue
        index = piece if k == 0 else fresh
        fresh += k > 0
        labels[part][ys, xs] = index
        glue = CUT + INK * max(0, crossed[k - 1] - 1) if found else 0.0
        edges = xs.min(), ys.min(), xs.max() + 1, ys.max() + 1
        x0, y0, x1, y1 = map(float, edges)
        found.append(Part((left + x0, top + y0, left + x1, top + y1), index, glue))
    return found


def find(ink: np.ndarray, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the candidate cuts of a piece of ink, from left to right.

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
        How many lines each crosses: the length of its way through ink over the lines' width.
    """
    h, w = ink.shape
    scale = ROWS / height
    size = max(2, round(w * scale)), max(2, round(h * scale))
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
    edge, width = NARROW * ROWS, line_width(small)
    everywhere = np.arange(edge, size[0], STEP * ROWS)
    notches = _notches(small)
    paths = [_seams(small, notches, NOTCH_BAND), _seams(small, everywhere, BAND)]
    cost, seams = (np.concatenate(both) for both in zip(*paths, strict=True))
    cost /= width
    notched = np.arange(len(cost)) < len(notches)
    cost[notched] = np.minimum(cost[notched], NOTCH)
    middle = seams.mean(axis=1)
    chosen: list[int] = []
    for k in np.argsort(cost - NOTCH_FIRST * notched, kind="stable"):
        inner = edge <= middle[k] <= size[0] - edge and cost[k] <= MOST_LINES
        if inner and all(abs(middle[k] - middle[other]) >= edge for other in chosen):
            chosen.append(int(k))
    if not chosen:
        return np.zeros((0, h), int), np.zeros(0)
    chosen.sort(key=lambda k: middle[k])
    ordered = np.maximum.accumulate(seams[chosen], axis=0)  # cuts do not cross
    rows = np.minimum((np.arange(h) + 0.5) * size[1] / h, size[1] - 1).astype(int)
    return np.rint((ordered[:, rows] + 0.5) * w / size[0]).astype(int), cost[chosen]


def _notches(ink):
    """Return the columns at which the ink is lower than on both sides: where digits may touch."""
    inked = ink > 0.3
    extent = np.where(
        inked.any(axis=0), len(ink) - inked[::-1].argmax(axis=0) - inked.argmax(axis=0), 0
    )
    near, far = round(NOTCH_NEAR * ROWS), round(NOTCH_FAR * ROWS)
    padded = np.pad(extent, far)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * far + 1)
    low = extent == windows[:, far - near : far + near + 1].min(axis=1)
    deep = np.minimum(windows[:, :far].max(axis=1), windows[:, far + 1 :].max(axis=1)) - extent
    edges = np.flatnonzero(np.diff((low & (deep >= DEEP * ROWS)).astype(int), prepend=0, append=0))
    return (edges[::2] + edges[1::2] - 1) / 2


def _seams(ink, columns, band):
    """Return the cost and the path of the cheapest cut near each of some columns.

    Returns
    -------
    cost : ndarray, float, (K,)
    path : ndarray, int, (K, rows)
        Column of the cut in each row.
    """
    rows, width = ink.shape
    reach = max(1, round(band * ROWS))
    offsets = np.arange(-reach, reach + 1)
    at = np.rint(columns).astype(int)[:, None] + offsets  # (K, band)
    outside = (at < 0) | (at >= width)
    price = ink[:, at.clip(0, width - 1)] + LENGTH + np.where(outside, 10.0, 0.0)  # (rows, K, band)
    total, came = price[0], []
    for row in price[1:]:
        padded = np.pad(total, ((0, 0), (1, 1)), constant_values=np.inf)
        steps = np.stack([padded[:, :-2] + ASIDE, padded[:, 1:-1], padded[:, 2:] + ASIDE])
        best = steps.argmin(axis=0)
        came.append(best - 1)
        total = np.take_along_axis(steps, best[None], axis=0)[0] + row
    end = total.argmin(axis=1)
    k = np.arange(len(at))
    path = np.empty((len(at), rows), int)
    path[:, -1] = end
    for y in range(rows - 2, -1, -1):
        end = (end + came[y][k, end]).clip(0, len(offsets) - 1)
        path[:, y] = end
    return total[k, path[:, -1]] if len(k) else np.zeros(0), at[k[:, None], path]

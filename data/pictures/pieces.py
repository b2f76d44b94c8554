"""Connected pieces of a mask, and the running extremes that join or shrink them."""

from typing import NamedTuple

import numpy as np


class Pieces(NamedTuple):
    """The connected pieces of a mask.

    Attributes
    ----------
    labels : ndarray, int, (H, W)
        Index of each pixel's piece, -1 outside the mask.
    area : ndarray, int, (P,)
        Pixels of each piece.
    box : ndarray, int, (P, 4)
        First row, first column, last row and last column of each piece.
    """

    labels: np.ndarray
    area: np.ndarray
    box: np.ndarray

    @property
    def size(self) -> np.ndarray:
        """Height and width of each piece's box, (P, 2)."""
        return self.box[:, 2:] - self.box[:, :2] + 1

    def mask(self, kept: np.ndarray) -> np.ndarray:
        """Return where the pieces are for which ``kept``, bool (P,), is true."""
        return np.append(kept, False)[self.labels]


def label(mask: np.ndarray, diagonal: bool = True) -> Pieces:
    """Find the connected pieces of a mask.

    Runs of True along the rows are joined to the runs above that they touch, by union-find.

    Parameters
    ----------
    mask : ndarray, bool, (H, W)
    diagonal : bool
        Whether pixels that touch at a corner are connected.
    """
    H, W = mask.shape
    change = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(change == 1)
    ends = np.nonzero(change == -1)[1]
    root = _roots(rows * (W + 2) + starts, rows * (W + 2) + ends, W + 2, int(diagonal))
    _, piece = np.unique(root, return_inverse=True)
    number = int(piece.max(initial=-1)) + 1
    painted = np.zeros((H, W + 1), np.intp)
    painted[rows, starts] += piece + 1
    painted[rows, ends] -= piece + 1
    labels = np.cumsum(painted, axis=1)[:, :W] - 1
    area = np.bincount(piece, ends - starts, number).astype(np.intp)
    box = np.tile([H, W, -1, -1], (number, 1))
    for column, values, extreme in (
        (0, rows, np.minimum),
        (1, starts, np.minimum),
        (2, rows, np.maximum),
        (3, ends - 1, np.maximum),
    ):
        extreme.at(box[:, column], piece, values)
    return Pieces(labels, area, box)


def _roots(start, end, stride, reach):
    """Return the index of the first run of each run's piece."""
    first = np.searchsorted(end, start - stride - reach, "right")
    count = np.maximum(np.searchsorted(start, end - stride + reach, "left") - first, 0)
    below = np.repeat(np.arange(len(start)), count)
    above = np.arange(len(below)) - np.repeat(np.cumsum(count) - count - first, count)
    root = np.arange(len(start))
    while True:
        a, b = root[above], root[below]
        if (a == b).all():
            return root
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while (root[root] != root).any():
            root = root[root]


def running(values: np.ndarray, length: int, extreme: np.ufunc) -> np.ndarray:
    """Return the running extreme over ``length`` rows, in log2(length) steps.

    Parameters
    ----------
    values : ndarray, (H, W)
    length : int
    extreme : numpy.ufunc
        ``np.maximum`` or ``np.minimum``.

    Returns
    -------
    ndarray, (H - length + 1, W)
    """
    done = 1
    while done < length:
        step = min(done, length - done)
        values = extreme(values[step:], values[:-step])
        done += step
    return values


def spread(values: np.ndarray, reach: int, extreme: np.ufunc = np.maximum) -> np.ndarray:
    """Return the extreme within ``reach`` rows and columns of each pixel; edges are repeated."""
    for _ in range(2):
        padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
        values = running(padded, 2 * reach + 1, extreme).T
    return values


def closed(values: np.ndarray, reach: int) -> np.ndarray:
    """Fill what is narrower than ``2 * reach + 1``: a morphological closing."""
    padded = np.pad(values, reach)
    return spread(spread(padded, reach), reach, np.minimum)[reach:-reach, reach:-reach]


def inradius(mask: np.ndarray) -> int:
    """Return how many erosions empty a mask; each takes a pixel, at the picture's edge, too."""
    mask, times = np.pad(mask, 1), 0
    while mask.any():
        mask, times = spread(mask, 1, np.minimum), times + 1
    return times


def filled(mask: np.ndarray) -> np.ndarray:
    """Return a mask with its holes filled: all that is not connected to the picture's edge."""
    outside = label(np.pad(~mask, 1, constant_values=True), diagonal=False)
    return (outside.labels != outside.labels[0, 0])[1:-1, 1:-1]


def rectangularity(mask: np.ndarray) -> float:
    """Return a mask's area relative to that of the smallest rectangle around it, at any angle."""
    inner = spread(np.pad(mask, 1), 1, np.minimum)[1:-1, 1:-1]
    y, x = np.nonzero(mask & ~inner)
    angle = np.radians(np.arange(0, 90, 5))[:, None]
    across = np.cos(angle) * x + np.sin(angle) * y
    along = np.cos(angle) * y - np.sin(angle) * x
    areas = (np.ptp(across, axis=1) + 1) * (np.ptp(along, axis=1) + 1)
    return mask.sum() / areas.min()

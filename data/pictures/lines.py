"""Lines of a drawing: their width and their centre lines."""

from functools import cache

import numpy as np
from PIL import Image

THIN_FROM = 5.0  # pixels: lines are scaled to this width before thinning
SLIM_SIDE = 100  # pixels: longer side of a drawing whose lines are made narrower
LONGEST = 400  # pixels: limit of the drawing's side after scaling


def line_width(coverage: np.ndarray) -> float:
    """Return the mean line width of a drawing, in pixels.

    A line of length L and width w has the area A = L w and the perimeter P = 2 (L + w), so
    w = (P - sqrt(P^2 - 16 A)) / 4. The perimeter of a shape with soft edges is the integral of
    its gradient's magnitude (the co-area formula).

    Parameters
    ----------
    coverage : ndarray, float32, (H, W)
        Ink in [0, 1].

    Returns
    -------
    float
    """
    padded = np.pad(coverage, 1)
    dy = padded[1:, 1:] + padded[1:, :-1] - padded[:-1, 1:] - padded[:-1, :-1]
    dx = padded[1:, 1:] + padded[:-1, 1:] - padded[1:, :-1] - padded[:-1, :-1]
    outline = np.hypot(dx, dy).sum() / 2
    area = coverage.sum()
    return (outline - np.sqrt(max(outline**2 - 16 * area, 0))) / 4


def slimmed(digit: np.ndarray, by: float) -> np.ndarray:
    """Make the lines of a drawing narrower: take off what is near to its outline.

    Parameters
    ----------
    digit : ndarray, float32, (H, W)
        Ink in [0, 1].
    by : float
        How much narrower, pixels.

    Returns
    -------
    ndarray, float32, (h, w)
        Ink in the bounding box of what is left, at another scale.
    """
    scale = SLIM_SIDE / max(digit.shape)
    solid = np.pad(resize(digit, scale), 1)
    depth = by * scale / 2  # to take off all round, in pixels
    disc = [
        (y, x)
        for y in range(-int(depth + 1), int(depth + 2))
        for x in range(-int(depth + 1), int(depth + 2))
        if y * y + x * x <= depth * depth
    ]
    reach = int(depth + 1)
    padded = np.pad(solid, reach)
    H, W = solid.shape
    left = np.min(
        [padded[reach + y : reach + y + H, reach + x : reach + x + W] for y, x in disc], 0
    )
    if left.max() < 0.5:
        return digit
    rows, columns = (np.flatnonzero((left > 0.5).any(axis=axis)) for axis in (1, 0))
    return left[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def resize(digit: np.ndarray, scale: float) -> np.ndarray:
    """Scale a digit: with a box filter to shrink it, bicubic to enlarge it.

    Parameters
    ----------
    digit : ndarray, float32, (H, W)
        Ink in [0, 1].
    scale : float
        Ratio of new to old size.

    Returns
    -------
    ndarray, float32, (round(scale H), round(scale W))
        At least one pixel on each side; ink in [0, 1].
    """
    H, W = digit.shape
    size = (max(1, round(W * scale)), max(1, round(H * scale)))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(digit).resize(size, how)).clip(0, 1)


def centre_lines(digit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Trace the centre lines of a drawing.

    Parameters
    ----------
    digit : ndarray, float32, (H, W)
        Ink in [0, 1].

    Returns
    -------
    points : ndarray, float64, (P, 2)
        Points (x, y) on the lines, at some scale and offset.
    pairs : ndarray, int, (S, 2)
        Indices of the two end points of each segment; every point also pairs with itself.
    """
    scale = min(THIN_FROM / line_width(digit), LONGEST / max(digit.shape))
    mask = resize(digit, scale) > 0.5
    mask = thin(np.pad(mask, 1))
    index = np.full(mask.shape, -1)
    ys, xs = np.nonzero(mask)
    index[ys, xs] = np.arange(len(ys))
    pairs = [np.stack([index[mask]] * 2, 1)]
    for a, b in (
        (index[:, :-1], index[:, 1:]),
        (index[:-1], index[1:]),
        (index[:-1, :-1], index[1:, 1:]),
        (index[1:, :-1], index[:-1, 1:]),
    ):
        both = (a >= 0) & (b >= 0)
        pairs.append(np.stack([a[both], b[both]], 1))
    return np.stack([xs, ys], 1).astype(np.float64), np.concatenate(pairs)


def thin(mask: np.ndarray) -> np.ndarray:
    """Thin shapes to lines one pixel wide; ends and holes are kept.

    Parameters
    ----------
    mask : ndarray, bool, (H, W)
        Left unchanged.

    Returns
    -------
    ndarray, bool, (H, W)

    References
    ----------
    Zhang and Suen, "A Fast Parallel Algorithm for Thinning Digital Patterns", 1984.
    """
    padded = np.pad(mask, 1)
    flat, stride = padded.ravel(), padded.shape[1]
    around = [-stride, 1 - stride, 1, stride + 1, stride, stride - 1, -1, -stride - 1]
    ink = np.flatnonzero(flat)
    while True:
        before = len(ink)
        for taken in _removable():
            ring = flat[ink[:, None] + around]
            gone = taken[np.packbits(ring, axis=1, bitorder="little")[:, 0]]
            flat[ink[gone]] = False
            ink = ink[~gone]
        if len(ink) == before:
            return padded[1:-1, 1:-1]


@cache
def _removable():
    """Return which pixels the two steps of an iteration remove, bool (2, 256).

    A pixel is known by the bits of its eight neighbours, from the one above it on, clockwise.
    """
    ring = (np.arange(256)[:, None] >> np.arange(8)) & 1 == 1
    above, right, below, left = ring[:, ::2].T
    count, turns = ring.sum(axis=1), (~ring & np.roll(ring, -1, axis=1)).sum(axis=1)
    edge = (count >= 2) & (count <= 6) & (turns == 1)
    first = ~(above & right & below) & ~(right & below & left)
    second = ~(above & right & left) & ~(above & below & left)
    return np.stack([edge & first, edge & second])

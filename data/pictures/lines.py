"""The lines of a drawing: how wide they are, and where their middle runs."""

from itertools import pairwise

import numpy as np
from PIL import Image

THIN_FROM = 5.0  # pixels: how wide lines are made before they are thinned
LONGEST = 400  # pixels: but no drawing is made larger for it


def line_width(coverage: np.ndarray) -> float:
    """Return the width of the pen, in pixels, of lines given as ink in [0, 1].

    A line of length L and width w has the area A = L w and the outline P = 2 (L + w). The
    outline of a soft-edged shape is the total of its gradient (the co-area formula).

    Parameters
    ----------
    coverage : ndarray, float32, (H, W)

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


def resize(digit: np.ndarray, scale: float) -> np.ndarray:
    """Scale a digit, float32 (H, W) in [0, 1]; where it shrinks, pixels are averaged.

    Returns
    -------
    ndarray, float32
        ``scale`` times as high and wide, rounded, one pixel at least.
    """
    H, W = digit.shape
    size = (max(1, round(W * scale)), max(1, round(H * scale)))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(digit).resize(size, how)).clip(0, 1)


def centre_lines(digit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Thin a digit's lines to their middle.

    Parameters
    ----------
    digit : ndarray, float32, (H, W)
        Ink in [0, 1], in lines.

    Returns
    -------
    points : ndarray, (P, 2)
        x and y of each point on a line.
    pairs : ndarray, int, (S, 2)
        Which two points each segment joins; a lone point is joined to itself.
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
    """Thin shapes, a mask of bool (H, W), to lines one pixel wide: a mask of the same shape.

    Ends and holes stay.

    References
    ----------
    Zhang and Suen, "A Fast Parallel Algorithm for Thinning Digital Patterns", 1984.
    """
    mask = mask.copy()
    while True:
        before = mask.sum()
        for odd in (False, True):
            n = np.pad(mask, 1)
            p2, p3, p4, p5 = n[:-2, 1:-1], n[:-2, 2:], n[1:-1, 2:], n[2:, 2:]
            p6, p7, p8, p9 = n[2:, 1:-1], n[2:, :-2], n[1:-1, :-2], n[:-2, :-2]
            ring = (p2, p3, p4, p5, p6, p7, p8, p9, p2)
            count = np.sum(ring[:-1], axis=0)
            turns = sum((~a & b).astype(np.int8) for a, b in pairwise(ring))
            if odd:
                open_side = ~(p2 & p4 & p8) & ~(p2 & p6 & p8)
            else:
                open_side = ~(p2 & p4 & p6) & ~(p4 & p6 & p8)
            mask &= ~((count >= 2) & (count <= 6) & (turns == 1) & open_side)
        if mask.sum() == before:
            return mask

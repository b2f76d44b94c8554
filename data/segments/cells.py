"""Take off printed boxes around digits, as on forms and in the windows of meters.

A cell is a rectangle of paper that ink surrounds, with ink in it that does not touch the rim. The
ink around cells is a frame.
"""

import numpy as np

from data.pictures.ink import SOLID
from data.pictures.pieces import filled, label, rectangularity

MOST = 80  # regions of paper that are looked at, from the largest on
LEAST = 12  # pixels: side of the smallest cell
BOXY = 0.84  # of the rectangle around it: a cell fills more
TALL = 0.2  # of the cell's height: ink in it that is lower is no digit
THIN = 0.5  # of a frame's box: its ink is less


def without(coverage: np.ndarray) -> np.ndarray:
    """Return the ink without the frames of cells.

    Parameters
    ----------
    coverage : ndarray, float32, (H, W)
        Ink in [0, 1].
    """
    solid = coverage > SOLID
    papers = label(~solid, diagonal=False)
    H, W = solid.shape
    frame = np.zeros_like(solid)
    inside = np.zeros_like(solid)
    for index in np.argsort(-papers.area)[:MOST]:
        top, left, low, right = papers.box[index]
        if min(low - top, right - left) < LEAST or top == 0 or left == 0:
            continue
        if low == H - 1 or right == W - 1:
            continue
        part = slice(top, low + 1), slice(left, right + 1)
        box = filled(papers.labels[part] == index)
        if rectangularity(box) < BOXY or not _holds_ink(box & solid[part]):
            continue
        inside[part] |= box
        around = slice(top - 1, low + 2), slice(left - 1, right + 2)
        frame[around] |= solid[around]
    if not inside.any():
        return coverage
    pieces = label(solid)
    touched = np.bincount(pieces.labels[frame & ~inside], minlength=len(pieces.area)) > 0
    return coverage * ~(pieces.mask(touched) & ~inside) * ~_soft(pieces.mask(touched), inside)


def _holds_ink(ink):
    """Return whether there is ink as high as a digit in a cell."""
    rows = np.flatnonzero(ink.any(axis=1))
    return len(rows) > 0 and rows[-1] - rows[0] >= TALL * len(ink)


def _soft(frame, inside):
    """Return the pixels of soft edges around a frame."""
    near = np.zeros_like(frame)
    near[1:] |= frame[:-1]
    near[:-1] |= frame[1:]
    near[:, 1:] |= frame[:, :-1]
    near[:, :-1] |= frame[:, 1:]
    return near & ~inside

"""Separate ink from paper, and cut out the digit.

The picture may be a screen drawing, a scan or a photograph, dark on light or light on dark,
unevenly lit, with lines and frames around the digit.
"""

from typing import NamedTuple

import numpy as np

from data.pictures import grids, paper, region, rules
from data.pictures.pieces import closed, label, spread

MIN_CONTRAST = 0.06  # brightness: with less between ink and paper the picture is blank
MIN_PIECE = 0.03  # of the largest piece's area: a smaller piece is a speck
GRAIN = 0.2  # of all ink: if no piece is larger, the ink is noise
WHOLE = 0.5  # of all ink: if no piece is larger, gaps between pieces are looked for
GAP = 1 / 40  # of the picture's side: half the widest gap in a broken line
DENSE = 0.25  # of the area of joined pieces: their ink is more
SPECK = 0.04  # of the side of a photograph: smaller ink is noise of its paper
ROW = 3  # as many tall pieces side by side are not one digit
TALL = 0.6  # of the tallest piece's height: a tall one has more
APART = 0.05  # of the tallest piece's height: the gap between digits in a row
MOST = 0.8  # of all ink: the digits of a row
LEAST = 0.1  # of the picture's height: that of the digits of a row
SOLID = 0.25  # coverage: more is ink for certain, less may be the soft edge of a line
FAINT = 0.1  # coverage: less is no ink


class Found(NamedTuple):
    """What was found in a picture.

    Attributes
    ----------
    digit : ndarray, float32, (h, w), or None
        Coverage within the bounding box of the digit: the ink in each pixel, in [0, 1].
    trouble : str
        Why there is no digit; empty if there is one.
    """

    digit: np.ndarray | None
    trouble: str


BLANK = Found(None, "blank: no ink was found on its paper")
GRAINY = Found(None, "there is ink in it, but no digit: crop it to one digit on plain paper")


def find(grey: np.ndarray) -> Found:
    """Cut the digit out of a picture.

    Parameters
    ----------
    grey : ndarray, float32, (H, W)
        Brightness in [0, 1].
    """
    coverage = _coverage(grey)
    if coverage is None:
        return BLANK
    coverage = coverage * rules.in_box(coverage > SOLID)
    coverage = rules.without(grids.without(coverage))
    solid = coverage > SOLID
    solid = rules.without_rests(solid & rules.in_box(solid))
    pieces = label(solid)
    row = _digits_in_a_row(pieces)
    if row:
        return Found(None, f"{row} digits or letters in a row: crop it to one digit")
    kept, gap = _digit(solid, pieces)
    if not kept.any():
        return GRAINY
    if gap:
        coverage = closed(coverage, gap + 1)
    coverage = coverage * spread(np.pad(kept, 2), 2)[2:-2, 2:-2]
    rows, columns = (np.flatnonzero((coverage > FAINT).any(axis=axis)) for axis in (1, 0))
    return Found(coverage[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], "")


def _coverage(grey):
    """Return the ink in each pixel of the sheet or panel, in [0, 1]; None if it is blank."""
    grey = paper.trimmed(grey)
    inside = region.inside(grey)
    if inside is not grey:
        grey = paper.trimmed(inside)
    return covered(grey)


def covered(grey: np.ndarray, speck: float = SPECK) -> np.ndarray | None:
    """Return the ink in each pixel of a sheet that fills the picture; None if it is blank.

    Parameters
    ----------
    grey : ndarray, float32, (H, W)
        Brightness in [0, 1].
    speck : float
        Of the picture's longer side: a photograph without longer ink is blank.

    Returns
    -------
    ndarray, float32, (H, W), or None
        Ink in [0, 1].
    """
    contrast, noise = paper.contrast(grey)
    dark = contrast > max(paper.otsu(contrast), 5 * noise, MIN_CONTRAST / 2)
    if not dark.any():
        return None
    level = np.percentile(contrast[dark], 80)
    if level < MIN_CONTRAST or (noise and _all_specks(dark, speck)):
        return None
    coverage = np.clip(contrast / level, 0, 1)
    coverage[coverage < min(3 * noise / level, SOLID)] = 0
    return coverage


def _all_specks(dark, speck):
    """Return whether no piece of the ink in a large picture is longer than a speck."""
    box = label(spread(dark, 1)).box
    longest = (box[:, 2:] - box[:, :2] - 1).max()
    return max(dark.shape) > paper.SCAN_SIDE and longest < speck * max(dark.shape)


def _digits_in_a_row(pieces):
    """Return how many tall pieces stand side by side if they are most of the ink, else 0."""
    height = pieces.box[:, 2] - pieces.box[:, 0] + 1
    tall = height >= TALL * height.max(initial=0)
    if tall.sum() < ROW or pieces.area[tall].sum() < MOST * pieces.area.sum():
        return 0
    top, left, low, right = pieces.box[tall][np.argsort(pieces.box[tall, 1])].T
    apart = left[1:] - right[:-1] > APART * height.max()
    in_a_row = top.max() < low.min() and height.max() >= len(pieces.labels) * LEAST
    return int(tall.sum()) if apart.all() and in_a_row else 0


def _digit(solid, pieces):
    """Return the mask of the digit's pieces, without specks, and the widest gap in its lines.

    The mask is empty if the ink is all noise.
    """
    area, gap = pieces.area, 0
    widest = int(max(solid.shape) * GAP)
    while area.max(initial=0) < WHOLE * area.sum() and gap < widest:
        gap += 1
        joined = label(spread(np.pad(solid, gap), gap)[gap:-gap, gap:-gap])
        ink = np.bincount(joined.labels[solid], minlength=len(joined.area))
        best = ink.argmax()
        if ink[best] > WHOLE * ink.sum() and ink[best] > DENSE * joined.area[best]:
            return joined.mask(ink >= MIN_PIECE * ink.max()) & closed(solid, gap), gap
    if not area.size or area.max() < GRAIN * area.sum():
        return np.zeros(solid.shape, bool), 0
    return pieces.mask(area >= MIN_PIECE * area.max()), 0

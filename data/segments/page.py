"""Pieces of ink in a picture, as parts of lines of writing.

The ink is found as for one digit (`data.pictures.ink`), in a picture of twice the size, because its
digits may be small. Printed boxes are taken off, pieces are grouped into lines, and wide pieces are
cut where digits may touch (`data.segments.cuts`).
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from data import canvas
from data.errors import DataError
from data.pictures import grids, ink, paper, region, rules, tone
from data.pictures.lines import line_width
from data.pictures.open import shrunk
from data.pictures.pieces import label, spread
from data.segments import cells, cuts
from data.segments.graph import Block
from data.segments.lines import digit_height, lines

SIDE = 2 * tone.WORKING_SIDE  # pixels: larger pictures are shrunk to this side
SPECK = 0.06  # of the digits' height: a piece whose longer side is less is a speck
THIN = 0.7  # of the lines' width: a piece that is narrower is a speck
MOST = 500  # pieces: a picture of more is a page of text, or noise
LEAST = 0.02  # of the picture's longer side: its digits are higher
SOFT = 2  # pixels: how far the soft edge of a line reaches
STRIP = 1 / 20  # of the shorter side: ink at an edge that is mostly this near to it is no digit


class CrowdedError(DataError):
    """There is far too much ink for numbers: a page of text, or noise."""


@dataclass(frozen=True)
class Page:
    """The ink of a picture.

    Attributes
    ----------
    coverage : ndarray, float32, (H, W)
        Ink in [0, 1].
    labels : ndarray, int16, (H, W)
        Index of the part that a pixel belongs to, -1 outside all parts.
    lines : list of list of Block
        From top to bottom, and from left to right; the ink of their parts is the index of the
        part, their boxes are in pixels of ``coverage``.
    heights : list of float
        Of the digits of each line, pixels of ``coverage``.
    corner : (float, float)
        Left and top of ``coverage`` in the picture, in pixels of its file.
    scale : float
        Pixels of the picture's file in a pixel of ``coverage``.
    """

    coverage: np.ndarray
    labels: np.ndarray
    lines: list[list[Block]]
    heights: list[float]
    corner: tuple[float, float]
    scale: float

    def draw(self, parts) -> np.ndarray:
        """Draw parts as one digit, float32 (28, 28)."""
        left, top, right, low = np.array([part.box for part in parts]).T.astype(int)
        part = (
            slice(max(top.min() - SOFT, 0), low.max() + SOFT),
            slice(max(left.min() - SOFT, 0), right.max() + SOFT),
        )
        labels, inked = self.labels[part], self.coverage[part]
        mine = np.isin(labels, [part.ink for part in parts])
        near = spread(np.pad(mine, SOFT), SOFT)[SOFT:-SOFT, SOFT:-SOFT]
        digit = inked * (mine | (near & (labels < 0)))
        rows, columns = (np.flatnonzero((digit > ink.FAINT).any(axis=axis)) for axis in (1, 0))
        return canvas.like_mnist(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])

    def in_picture(self, box):
        """Return a box in pixels of the picture's file, upright."""
        left, top = self.corner
        x0, y0, x1, y1 = (self.scale * length for length in box)
        return left + x0, top + y0, left + x1, top + y1


def find(image: Image.Image) -> Page:
    """Find the ink of a picture.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode, upright.

    Raises
    ------
    DataError
        If there is no ink; the message does not name the picture.
    CrowdedError
        If there is far too much of it.
    """
    grey = tone.grey(image, SIDE)
    scale = shrunk(image) * max(image.size) / max(grey.shape)
    grey, corner = _sheet(grey)
    coverage = ink.covered(grey, LEAST)
    if coverage is None:
        raise DataError(ink.BLANK.trouble)
    coverage = cells.without(coverage)
    coverage = rules.without(grids.without(coverage))
    labels, boxes = _pieces(coverage)
    if not boxes:
        raise DataError(ink.GRAINY.trouble)
    written, heights = [], []
    for line in lines(boxes):
        height = digit_height([boxes[i][3] - boxes[i][1] for i in line])
        written.append([cuts.block(coverage, labels, i, boxes[i], height) for i in line])
        heights.append(height)
    top, left = corner
    return Page(coverage, labels, written, heights, (left * scale, top * scale), scale)


def _sheet(grey):
    """Return the sheet of paper in a picture, and the row and column of its corner."""
    trimmed = paper.trimmed(grey)
    first = _corner(trimmed, grey)
    inside = region.inside(trimmed)
    if inside is trimmed:
        return trimmed, first
    second = region.corner(trimmed)
    cut = paper.trimmed(inside)
    third = _corner(cut, inside)
    return cut, tuple(map(sum, zip(first, second, third, strict=True)))


def _corner(view, whole):
    """Return the row and column of ``whole``, which may be a view itself, where ``view`` begins."""
    begin = np.lib.array_utils.byte_bounds
    row, rest = divmod(begin(view)[0] - begin(whole)[0], whole.strides[0])
    return int(row), int(rest // whole.itemsize)


def _pieces(coverage):
    """Return the labels of the pieces that may be digits or signs, and their boxes.

    The height of the digits is the median over the ink: that of the piece which a random pixel of
    ink belongs to.
    """
    pieces = label(coverage > ink.SOLID)
    pieces = label(pieces.mask(~_along_edges(pieces)))
    high, wide = (pieces.box[:, axis + 2] - pieces.box[:, axis] + 1 for axis in (0, 1))
    if not len(high):
        return pieces.labels, []
    order = np.argsort(high)
    share = np.cumsum(pieces.area[order]) / pieces.area.sum()
    height = high[order][np.searchsorted(share, 0.5)]
    kept = np.maximum(high, wide) > SPECK * height
    pen = line_width(coverage * pieces.mask(kept))
    kept &= np.minimum(high, wide) > THIN * pen
    if kept.sum() > MOST:
        raise CrowdedError(f"more than {MOST} pieces of ink: crop it to the numbers")
    number = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
    boxes = [(float(left), float(top), float(right + 1), float(low + 1))
             for top, left, low, right in pieces.box[kept].tolist()]  # fmt: skip
    return number[pieces.labels].astype(np.int16), boxes


def _along_edges(pieces):
    """Return which pieces lie along the edges of the picture, (P,): rests of its surroundings."""
    near = np.ones(pieces.labels.shape, bool)
    strip = max(2, round(STRIP * min(near.shape)))
    near[strip:-strip, strip:-strip] = False
    share = np.bincount(pieces.labels[near & (pieces.labels >= 0)], minlength=len(pieces.area))
    H, W = near.shape
    top, left, low, right = pieces.box.T
    at_edge = (top == 0) | (left == 0) | (low == H - 1) | (right == W - 1)
    return at_edge & (share > pieces.area / 2)

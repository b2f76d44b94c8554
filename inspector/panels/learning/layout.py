"""Where the rows of a pass stand on the canvas: titles, tiles and frames, in pixels."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inspector.panels.learning.rows import Cell, Row
from inspector.parts.tiles import Tiling

VALUES, GRADIENTS = SIDES = 0, 1
WHOLE = None, None  # all cells of both sides of a row are shown
Shown = Mapping[int, tuple[int | None, int | None]]
"""How much is shown of rows that are not shown whole: the last cell of the values and of the
gradients, in row-major order; -1 shows none, None all."""
SCALES = 2, 1.5, 1, 0.75, 0.5, 0.25  # of tiles, until all rows fit


@dataclass(frozen=True)
class Frame:
    """A frame around cells of a row: from a corner (row, column) on, of one tile."""

    row: int
    side: int
    corner: tuple[int, int]
    size: tuple[int, int]
    tile: int
    strong: bool = False


@dataclass(frozen=True)
class Lengths:
    """Lengths of a layout, in pixels.

    Attributes
    ----------
    half : int
        Width for the tiles of one side.
    right : int
        x of the right side, from the left one.
    line : int
        Height of a title.
    inch : float
        Pixels of 1/96 inch.
    """

    half: int
    right: int
    line: int
    inch: float

    def pixels(self, size: float) -> int:
        """Convert a length from 1/96 inch, at least 1."""
        return max(1, round(size * self.inch))


@dataclass(frozen=True)
class Layout:
    """Positions of rows, from the top of the scrolled canvas.

    Attributes
    ----------
    lengths : Lengths
    tilings : list of Tiling
    tops : list of int
        y of each row's tiles; its title is above.
    bottom : int
    """

    lengths: Lengths
    tilings: list[Tiling]
    tops: list[int]
    bottom: int

    @classmethod
    def of(cls, rows: list[Row], lengths: Lengths, height: int | None = None) -> "Layout":
        """Place rows one below the other; with tiles as large as fit a height, if it is given."""
        if height is None:
            return cls._of(rows, lengths, 1)
        for scale in SCALES:
            found = cls._of(rows, lengths, scale)
            if found.bottom <= height:
                break
        return found

    @classmethod
    def _of(cls, rows, lengths, scale):
        tilings, tops, y, gap = [], [], lengths.pixels(4), lengths.pixels(3)
        for row in rows:
            side = tile_side(row, scale)
            tiling = Tiling.fit(
                row.indices.shape, lengths.half, lengths.pixels(side), gap if side > 8 else 1
            )
            y += lengths.line + gap
            tilings.append(tiling)
            tops.append(y)
            y += tiling.size[1] + lengths.pixels(8)
        return cls(lengths, tilings, tops, y)

    def span(self, row: int) -> tuple[int, int]:
        """Return the y of a row's title and of the end of its tiles."""
        top = self.tops[row]
        return top - self.lengths.line - self.lengths.pixels(3), top + self.tilings[row].size[1]

    def box(self, frame: Frame) -> tuple[int, int, int, int]:
        """Return the pixels (x0, y0, x1, y1) of a frame."""
        x0, y0, x1, y1 = self.tilings[frame.row].box(*frame.corner, frame.tile, *frame.size)
        left, top = frame.side * self.lengths.right, self.tops[frame.row]
        return x0 + left, y0 + top, x1 + left, y1 + top

    def locate(self, x: float, y: float) -> tuple[int, int, Cell] | None:
        """Return the row, the side and the cell at a pixel, None outside the tiles."""
        side = int(x >= self.lengths.right)
        for row, (top, tiling) in enumerate(zip(self.tops, self.tilings, strict=True)):
            if top <= y < top + tiling.size[1]:
                cell = tiling.locate(x - side * self.lengths.right, y - top)
                return None if cell is None else (row, side, cell)
        return None


def tile_side(row: Row, scale: float) -> float:
    """Return about how large a tile of a row is, in 1/96 inch; a few numbers are not scaled."""
    H, W, C = row.indices.shape
    if (H, W) == (1, 1):
        return 20 if C <= 16 else 8 * min(1, scale)
    return scale * (26 if row.name else 48)


def title_of(row: Row) -> str:
    """Return a row's title with its shape."""
    H, W, C = row.indices.shape
    shape = f"{C}" if (H, W) == (1, 1) else f"{H} x {W} x {C}"
    return f"{row.title}   {shape}"


def first_cells(array: np.ndarray, last: int) -> np.ndarray:
    """Return maps (H, W, C) with 0 after cell ``last``, as they are while they are computed.

    The cells of all maps are counted together; numbers without a map, (1, 1, C), one by one.
    """
    H, W, C = array.shape
    count = np.arange(C) if (H, W) == (1, 1) else np.arange(H * W).reshape(H, W, 1)
    return np.where(count <= last, array, 0)


def out_of_date(
    old: list[Row], new: list[Row], shown_before: Shown, shown: Shown, same_parameters: bool
) -> set[tuple[int, int]]:
    """Return the pictures, (row, side), that differ between two passes of the same rows."""
    found = set()
    for index, (before, after) in enumerate(zip(old, new, strict=True)):
        limits, limits_before = (each.get(index, WHOLE) for each in (shown, shown_before))
        for side in SIDES:
            kept = after.name and side == VALUES and same_parameters
            if (
                limits[side] != limits_before[side]
                or after.indices is not before.indices
                or after.so_far is not before.so_far
                or (after.passed is not before.passed and not kept)
            ):
                found.add((index, side))
    return found

"""Positions of all layers' numbers on one tall canvas: layer below layer, tile beside tile."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inspector.parts.tiles import Tiling

Place = tuple[int, int, int, int]  # layer (-1: the input), row, column, channel


@dataclass
class Layout:
    """Tilings of the layers, one below the other.

    Attributes
    ----------
    left : int
        x of every tiling, in pixels.
    tilings : list of Tiling
        By entry of `Network.maps`.
    tops : list of int
        y of each tiling.
    """

    left: int
    tilings: list[Tiling] = field(default_factory=list)
    tops: list[int] = field(default_factory=list)

    def add(self, tiling: Tiling, top: int) -> None:
        """Add the next layer's tiling at y = ``top``."""
        self.tilings.append(tiling)
        self.tops.append(top)

    def bottom(self, entry: int) -> int:
        """Return y below an entry's tiles."""
        return self.tops[entry] + self.tilings[entry].size[1]

    def locate(self, x: float, y: float) -> Place | None:
        """Return the place of the number at a pixel of the canvas."""
        for entry, (top, tiling) in enumerate(zip(self.tops, self.tilings, strict=True)):
            if top <= y < self.bottom(entry) and (at := tiling.locate(x - self.left, y - top)):
                return entry - 1, *at
        return None

    def box(self, place: Place, height: int = 1, width: int = 1) -> tuple[int, int, int, int]:
        """Return the pixels (x0, y0, x1, y1) of a patch, clipped to its tile."""
        layer, row, column, channel = place
        x0, y0, x1, y1 = self.tilings[layer + 1].box(row, column, channel, height, width)
        top = self.tops[layer + 1]
        return x0 + self.left, y0 + top, x1 + self.left, y1 + top


def moved(
    place: Place, change: Place, shapes: Sequence[tuple[int, int, int]], columns: int
) -> Place:
    """Return the place reached from another with the keys; it stops at the edges.

    In another layer it is the same part of the picture: row 13 of 24 becomes row 6 of 12.

    Parameters
    ----------
    place : Place
    change : tuple of int
        Of layer, row, column and channel.
    shapes : sequence of (H, W, C)
        Of the input and of every layer's maps.
    columns : int
        Tiles in a row, for numbers without a map: there the arrows move between channels.
    """
    layer, row, column, channel = place
    layers, down, right, channels = change
    before = shapes[layer + 1]
    layer = min(max(layer + layers, -1), len(shapes) - 2)
    H, W, C = shapes[layer + 1]
    row, column = (2 * row + 1) * H // (2 * before[0]), (2 * column + 1) * W // (2 * before[1])
    if (H, W) == (1, 1):
        channels, down, right = channels + right + down * columns, 0, 0
    at = (row + down, H), (column + right, W), (channel + channels, C)
    return (layer, *(min(max(i, 0), size - 1) for i, size in at))

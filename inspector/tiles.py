"""Maps as one image: a grid of tiles, one for each channel of a layer."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from inspector.palette import BACKGROUND, MARK, Palette, levels


def as_maps(array: np.ndarray) -> np.ndarray:
    """Return a layer's output for one image as maps (H, W, C): n numbers are n maps of 1 x 1."""
    return array if array.ndim == 3 else array.reshape(1, 1, -1)


@dataclass(frozen=True)
class Tiling:
    """Where the pixels of C maps of H x W lie on a wall of tiles, one tile per channel.

    Attributes
    ----------
    H, W, C : int
    zoom : int
        Side of one number on the wall, in pixels.
    columns : int
        Tiles side by side.
    gap : int
        Pixels between two tiles.
    """

    H: int
    W: int
    C: int
    zoom: int
    columns: int
    gap: int

    @classmethod
    def fit(cls, shape: tuple[int, int, int], width: int, tile: int, gap: int) -> "Tiling":
        """Lay out maps of ``shape``, each about ``tile`` pixels large, on a wall of ``width``."""
        H, W, C = shape
        zoom = max(1, min(round(tile / max(H, W)), (width - gap) // W))
        columns = max(1, min(C, (width + gap) // (W * zoom + gap)))
        return cls(H, W, C, zoom, columns, gap)

    @property
    def steps(self) -> tuple[int, int]:
        """From one tile to the next, (down, right), in pixels."""
        return self.H * self.zoom + self.gap, self.W * self.zoom + self.gap

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the wall in pixels."""
        down, right = self.steps
        return self.columns * right - self.gap, -(-self.C // self.columns) * down - self.gap

    def render(
        self, values: np.ndarray, limits, palette: Palette, crossed: np.ndarray | None = None
    ) -> Image.Image:
        """Draw the wall.

        Parameters
        ----------
        values : ndarray, shape (H, W, C)
        limits : float or ndarray of shape (C,)
            The number that has the strongest colour.
        palette : Palette
        crossed : ndarray of bool, shape (C,), optional
            Tiles to be crossed out.
        """
        z, (down, right) = self.zoom, self.steps
        rows = -(-self.C // self.columns)
        tiles = np.full((rows * self.columns, self.H * z, self.W * z), BACKGROUND, np.uint8)
        seen = levels(values, limits).transpose(2, 0, 1)
        tiles[: self.C] = seen.repeat(z, axis=1).repeat(z, axis=2)
        if crossed is not None and crossed.any():
            tiles[np.flatnonzero(crossed)[:, None], *_diagonals(*tiles.shape[1:])] = MARK
        wall = np.full((rows, down, self.columns, right), BACKGROUND, np.uint8)
        tiles = tiles.reshape(rows, self.columns, self.H * z, self.W * z)
        wall[:, : self.H * z, :, : self.W * z] = tiles.transpose(0, 2, 1, 3)
        wall = wall.reshape(rows * down, self.columns * right)
        width, height = self.size
        return Image.fromarray(palette.numbers[wall[:height, :width]])

    def locate(self, x: float, y: float) -> tuple[int, int, int] | None:
        """Return the (row, column, channel) that is drawn at pixel ``x, y``, None in a gap."""
        down, right = self.steps
        tile_row, inside_y = divmod(int(y), down)
        tile_column, inside_x = divmod(int(x), right)
        row, column = inside_y // self.zoom, inside_x // self.zoom
        channel = tile_row * self.columns + tile_column
        if min(x, y) < 0 or row >= self.H or column >= self.W:
            return None
        return (row, column, channel) if tile_column < self.columns and channel < self.C else None

    def box(self, row: int, column: int, channel: int, height: int = 1, width: int = 1):
        """Return the corners (x0, y0, x1, y1) of a number's square, or of a patch that is cut."""
        down, right = self.steps
        y, x = (channel // self.columns) * down, (channel % self.columns) * right
        rows = max(row, 0), min(row + height, self.H)
        columns = max(column, 0), min(column + width, self.W)
        z = self.zoom
        return x + columns[0] * z, y + rows[0] * z, x + columns[1] * z, y + rows[1] * z


def _diagonals(height, width):
    """The pixels of both diagonals of a tile, as (rows, columns)."""
    n = max(height, width)
    rows, columns = (np.linspace(0, size - 1, n).round().astype(int) for size in (height, width))
    return np.concatenate([rows, rows]), np.concatenate([columns, columns[::-1]])

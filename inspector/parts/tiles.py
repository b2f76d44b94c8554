"""Feature maps or kernels as one image: a grid of tiles, one per channel."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from inspector.theme.palette import BACKGROUND, MARK, Palette, levels


def as_maps(array: np.ndarray) -> np.ndarray:
    """Return a layer's output without N as feature maps (H, W, C); (n,) becomes (1, 1, n)."""
    return array if array.ndim == 3 else array.reshape(1, 1, -1)


@dataclass(frozen=True)
class Tiling:
    """Positions of the numbers of C feature maps, H x W each, in a grid of tiles.

    Attributes
    ----------
    H, W, C : int
        Height, width and number of the feature maps.
    zoom : int
        Side of the square that shows one number, in pixels.
    columns : int
        Number of tiles in a row of the grid.
    gap : int
        Distance between two tiles, in pixels.
    caption : int
        Height of the text below each tile, in pixels.
    """

    H: int
    W: int
    C: int
    zoom: int
    columns: int
    gap: int
    caption: int = 0

    @classmethod
    def fit(
        cls, shape: tuple[int, int, int], width: int, tile: int, gap: int, caption: int = 0
    ) -> "Tiling":
        """Return a grid at most ``width`` pixels wide, of tiles about ``tile`` pixels large."""
        H, W, C = shape
        zoom = max(1, min(round(tile / max(H, W)), (width - gap) // W))
        columns = max(1, min(C, (width + gap) // (W * zoom + gap)))
        return cls(H, W, C, zoom, columns, gap, caption)

    @property
    def pitch(self) -> tuple[int, int]:
        """Distance from one tile to the next, (down, right), in pixels."""
        return self.H * self.zoom + self.caption + self.gap, self.W * self.zoom + self.gap

    @property
    def size(self) -> tuple[int, int]:
        """Size of the grid, (width, height), in pixels."""
        down, right = self.pitch
        return self.columns * right - self.gap, -(-self.C // self.columns) * down - self.gap

    def render(
        self, values: np.ndarray, limits, palette: Palette, crossed: np.ndarray | None = None
    ) -> Image.Image:
        """Draw the grid.

        Parameters
        ----------
        values : ndarray, (H, W, C)
        limits : float or ndarray, (C,)
            The absolute value with the strongest colour.
        palette : Palette
        crossed : ndarray of bool, (C,), optional
            Which tiles to cross out.
        """
        z, (down, right) = self.zoom, self.pitch
        rows = -(-self.C // self.columns)
        tiles = np.full((rows * self.columns, self.H * z, self.W * z), BACKGROUND, np.uint8)
        maps = levels(values, limits).transpose(2, 0, 1)
        tiles[: self.C] = maps.repeat(z, axis=1).repeat(z, axis=2)
        if crossed is not None and crossed.any():
            tiles[np.flatnonzero(crossed)[:, None], *_diagonals(*tiles.shape[1:])] = MARK
        grid = np.full((rows, down, self.columns, right), BACKGROUND, np.uint8)
        tiles = tiles.reshape(rows, self.columns, self.H * z, self.W * z)
        grid[:, : self.H * z, :, : self.W * z] = tiles.transpose(0, 2, 1, 3)
        grid = grid.reshape(rows * down, self.columns * right)
        width, height = self.size
        return Image.fromarray(palette.numbers[grid[:height, :width]])

    def below(self, channel: int) -> tuple[int, int]:
        """Return the pixel (x, y) below the middle of a channel's tile."""
        down, right = self.pitch
        row, column = divmod(channel, self.columns)
        return column * right + self.W * self.zoom // 2, row * down + self.H * self.zoom

    def locate(self, x: float, y: float) -> tuple[int, int, int] | None:
        """Return the (row, column, channel) of the number at a pixel, None outside the tiles."""
        down, right = self.pitch
        tile_row, inside_y = divmod(int(y), down)
        tile_column, inside_x = divmod(int(x), right)
        row, column = inside_y // self.zoom, inside_x // self.zoom
        channel = tile_row * self.columns + tile_column
        if min(x, y) < 0 or row >= self.H or column >= self.W:
            return None
        return (row, column, channel) if tile_column < self.columns and channel < self.C else None

    def box(
        self, row: int, column: int, channel: int, height: int = 1, width: int = 1
    ) -> tuple[int, int, int, int]:
        """Return the pixels (x0, y0, x1, y1) of a patch, clipped to its tile; x1, y1 excluded."""
        down, right = self.pitch
        y, x = (channel // self.columns) * down, (channel % self.columns) * right
        rows = max(row, 0), min(row + height, self.H)
        columns = max(column, 0), min(column + width, self.W)
        z = self.zoom
        return x + columns[0] * z, y + rows[0] * z, x + columns[1] * z, y + rows[1] * z


def _diagonals(height, width):
    """Return the pixels of both diagonals of a tile, as (rows, columns)."""
    n = max(height, width)
    rows, columns = (np.linspace(0, size - 1, n).round().astype(int) for size in (height, width))
    return np.concatenate([rows, rows]), np.concatenate([columns, columns[::-1]])

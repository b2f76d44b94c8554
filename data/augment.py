"""Augmentation: warp each training image at random, so that every epoch shows new digits.

Slant, stretch and tremor do not change which digit it is. Each image gets a random affine map
(rotation, scale, shear, shift), a smooth random displacement (an elastic warp), and thicker or
thinner lines.

References
----------
Simard, Steinkraus, Platt, "Best Practices for Convolutional Neural Networks Applied to Visual
Document Analysis", 2003, section 2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

try:
    from data import kernels
except ImportError:  # without numba, NumPy does the same, more slowly
    kernels = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Warp:
    """A random warp of images; calling it warps a batch.

    Attributes
    ----------
    rotation : float
        Largest angle, degrees; drawn uniformly from [-rotation, rotation].
    scale : float
        Largest relative change of width and of height, each drawn log-uniformly from
        [1 / (1 + scale), 1 + scale].
    shear : float
        Largest horizontal shift per pixel of height; uniform, in both directions.
    shift : float
        Largest shift along x and along y, pixels; uniform, in both directions.
    elastic : float
        Standard deviation of the displacement, in pixels, at each knot of a grid over the image;
        interpolated bilinearly between knots.
    knots : int
        Knots of this grid along each side.
    pen : float
        Largest dilation (> 0) or erosion (< 0) strength; 1 moves edges by one pixel. Uniform in
        [-pen, pen].
    """

    rotation: float = 12.0
    scale: float = 0.12
    shear: float = 0.15
    shift: float = 1.5
    elastic: float = 0.5
    knots: int = 6
    pen: float = 0.7

    def __call__(
        self, images: NDArray[np.uint8], rng: np.random.Generator, part: slice = slice(None)
    ) -> NDArray[np.uint8]:
        """Warp a batch.

        Parameters
        ----------
        images : ndarray, uint8, (N, H, W)
            Left unchanged.
        rng : numpy.random.Generator
        part : slice
            Images to warp; the others are copied. Random numbers are drawn for all N, so an image
            is warped the same way whatever the part.

        Returns
        -------
        ndarray, uint8, (N, H, W)
        """
        N = len(images)
        angle = np.radians(self.rotation) * rng.uniform(-1, 1, N)
        wide, high = np.exp(np.log1p(self.scale) * rng.uniform(-1, 1, (2, N)))
        lean = self.shear * rng.uniform(-1, 1, N)
        cos, sin = np.cos(angle), np.sin(angle)
        # Maps coordinates in the warped image to coordinates in the original.
        matrix = np.empty((N, 2, 2), np.float32)
        matrix[:, 0, 0], matrix[:, 0, 1] = cos * wide, -sin * high + lean
        matrix[:, 1, 0], matrix[:, 1, 1] = sin * wide, cos * high
        shift = self.shift * rng.uniform(-1, 1, (N, 2)).astype(np.float32)
        pull = rng.standard_normal((N, self.knots, self.knots, 2), np.float32)
        pull *= np.float32(self.elastic)
        pen = self.pen * rng.uniform(-1, 1, N).astype(np.float32)
        compiled = kernels and kernels.COMPILING
        warp, redraw = (kernels.warp, kernels.redraw) if compiled else (_warp, _redraw)
        given = np.ascontiguousarray(images[part])
        warped, drawn = np.empty_like(given), np.array(images)
        warp(given, matrix[part], shift[part], pull[part], warped)
        redraw(warped, pen[part], drawn[part])
        return drawn


def _warp(images, matrix, shift, pull, warped):
    """NumPy twin of `data.kernels.warp`."""
    H, W = images.shape[1:]
    v, u = np.indices((H, W), np.float32)
    pulled = _sample(pull, u * (pull.shape[2] - 1) / W, v * (pull.shape[1] - 1) / H)
    around = np.stack([u - (W - 1) / 2, v - (H - 1) / 2], axis=-1)
    there = np.einsum("nij,vuj->nvui", matrix, around) + pulled
    there += (shift + np.float32([(W - 1) / 2, (H - 1) / 2]))[:, None, None]
    # A border of paper, one pixel wide; coordinates outside the image are clipped to it.
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))[..., None].astype(np.float32)
    x, y = (np.clip(there[..., k] + 1, 0, size + 1) for k, size in ((0, W), (1, H)))
    warped[...] = _sample(padded, x, y)[..., 0] + np.float32(0.5)


def _redraw(images, pen, drawn):
    """NumPy twin of `data.kernels.redraw`."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    H, W = images.shape[1:]
    cross = [(1, 1), (0, 1), (2, 1), (1, 0), (1, 2)]
    near = [padded[:, y : y + H, x : x + W].astype(np.float32) for y, x in cross]
    pen = pen[:, None, None]
    aim = np.where(pen > 0, np.maximum.reduce(near), np.minimum.reduce(near))
    drawn[...] = near[0] + np.abs(pen) * (aim - near[0]) + np.float32(0.5)


def _sample(grids, x, y):
    """Interpolate grids (N, H, W, D) bilinearly at x and y, (H', W') or one set for each grid."""
    _, H, W, _ = grids.shape
    left, top = np.minimum(x.astype(int), W - 2), np.minimum(y.astype(int), H - 2)
    a, b = (x - left)[..., None], (y - top)[..., None]
    n = np.arange(len(grids))[:, None, None]
    above = grids[n, top, left] * (1 - a) + grids[n, top, left + 1] * a
    below = grids[n, top + 1, left] * (1 - a) + grids[n, top + 1, left + 1] * a
    return above * (1 - b) + below * b

"""Augmentation: no two passes through the training images show the same digits.

People lean, stretch and shake their digits in ways that do not change what they mean. A batch is
warped likewise: each image is turned, scaled, sheared and shifted as a whole, pulled about
smoothly from place to place (an elastic warp), and drawn with a broader or a finer pen, by amounts
drawn at random for it.

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
except ImportError:  # no numba here: the same pictures, slowly
    kernels = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Warp:
    """How far images are warped, at most, unless said otherwise; all drawn evenly.

    Attributes
    ----------
    rotation : float
        Degrees, either way.
    scale : float
        Share by which the width and, apart from it, the height grow or shrink.
    shear : float
        Pixels sideways per pixel of height, either way.
    shift : float
        Pixels, either way, across and down.
    elastic : float
        Standard deviation, in pixels, of the pull at each knot of a grid over the image; between
        the knots it is interpolated.
    knots : int
        Of the grid, along each side.
    pen : float
        Share of the way, either way, on which a pixel goes to the most ink, or to the least, of
        itself and its four neighbours: 1 moves the edges of all lines by a pixel.
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
        """Return warped copies of ``images``, uint8, shape (N, H, W), in the same shape.

        Only a ``part`` of them is warped, if one is given, but what is drawn is drawn for all: an
        image comes out the same whatever the part.
        """
        N = len(images)
        angle = np.radians(self.rotation) * rng.uniform(-1, 1, N)
        wide, high = np.exp(np.log1p(self.scale) * rng.uniform(-1, 1, (2, N)))
        lean = self.shear * rng.uniform(-1, 1, N)
        cos, sin = np.cos(angle), np.sin(angle)
        # From a place in the warped image to the place in the original that is seen there.
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
    """Do what `data.kernels.warp` does, in NumPy."""
    H, W = images.shape[1:]
    v, u = np.indices((H, W), np.float32)
    pulled = _sample(pull, u * (pull.shape[2] - 1) / W, v * (pull.shape[1] - 1) / H)
    around = np.stack([u - (W - 1) / 2, v - (H - 1) / 2], axis=-1)
    there = np.einsum("nij,vuj->nvui", matrix, around) + pulled
    there += (shift + np.float32([(W - 1) / 2, (H - 1) / 2]))[:, None, None]
    # One more row and column of paper on each side: what lies further out is paper, too.
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))[..., None].astype(np.float32)
    x, y = (np.clip(there[..., k] + 1, 0, size + 1) for k, size in ((0, W), (1, H)))
    warped[...] = _sample(padded, x, y)[..., 0] + np.float32(0.5)


def _redraw(images, pen, drawn):
    """Do what `data.kernels.redraw` does, in NumPy."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    H, W = images.shape[1:]
    cross = [(1, 1), (0, 1), (2, 1), (1, 0), (1, 2)]
    near = [padded[:, y : y + H, x : x + W].astype(np.float32) for y, x in cross]
    pen = pen[:, None, None]
    aim = np.where(pen > 0, np.maximum.reduce(near), np.minimum.reduce(near))
    drawn[...] = near[0] + np.abs(pen) * (aim - near[0]) + np.float32(0.5)


def _sample(grids, x, y):
    """Interpolate each of ``grids`` (N, H, W, D) at its own, or all at the same, (x, y)."""
    _, H, W, _ = grids.shape
    left, top = np.minimum(x.astype(int), W - 2), np.minimum(y.astype(int), H - 2)
    a, b = (x - left)[..., None], (y - top)[..., None]
    n = np.arange(len(grids))[:, None, None]
    above = grids[n, top, left] * (1 - a) + grids[n, top, left + 1] * a
    below = grids[n, top + 1, left] * (1 - a) + grids[n, top + 1, left + 1] * a
    return above * (1 - b) + below * b

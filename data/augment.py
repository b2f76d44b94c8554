"""Augmentation: warp each training image at random, so that every epoch shows new digits.

Slant, stretch and tremor do not change which digit it is. Each image gets a random affine map
(rotation, scale, shear, shift), a smooth random displacement (an elastic warp), and thicker or
thinner lines. A few look like scans of other collections: stretched to fill a square, with thick
lines, or in two tones.

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
    scans : float
        Share of images that look like other scans, in [0, 1]. Three changes are applied to them,
        each with probability 1/2: a stretch towards a square, lines up to two pixels wider, and
        sharper edges.
    """

    rotation: float = 12.0
    scale: float = 0.12
    shear: float = 0.15
    shift: float = 1.5
    elastic: float = 0.5
    knots: int = 6
    pen: float = 0.7
    scans: float = 0.0

    def __call__(self, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Warp images at random.

        Parameters
        ----------
        images : ndarray, uint8, (N, H, W)
            Left unchanged.
        rng : numpy.random.Generator

        Returns
        -------
        ndarray, uint8, (N, H, W)
        """
        return self.apply(images, *self.numbers(len(images), rng))

    def numbers(
        self, n: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Draw the random numbers that warp n images.

        Returns
        -------
        uniform : ndarray, float64, (n, 7 or 14)
            In [0, 1); 14 columns if some images look like scans.
        normal : ndarray, float32, (n, knots, knots, 2)
            Standard normal: displacements of the knots.
        """
        uniform = rng.random((n, 14 if self.scans else 7))
        return uniform, rng.standard_normal((n, self.knots, self.knots, 2), np.float32)

    def apply(
        self, images: NDArray[np.uint8], uniform: NDArray[np.float64], normal: NDArray[np.float32]
    ) -> NDArray[np.uint8]:
        """Warp N images with given random numbers, a row of `numbers` for each image.

        How an image is warped depends on its row alone, not on the images beside it.
        """
        turn, log_wide, log_high, lean, *shifts, stroke = 2 * uniform.T[:7] - 1
        angle = np.radians(self.rotation) * turn
        wide, high = (np.exp(np.log1p(self.scale) * log) for log in (log_wide, log_high))
        cos, sin = np.cos(angle), np.sin(angle)
        # Maps coordinates in the warped image to coordinates in the original.
        matrix = np.empty((len(images), 2, 2), np.float32)
        matrix[:, 0, 0], matrix[:, 0, 1] = cos * wide, self.shear * lean - sin * high
        matrix[:, 1, 0], matrix[:, 1, 1] = sin * wide, cos * high
        shift = np.stack(shifts, axis=1).astype(np.float32) * np.float32(self.shift)
        pen = (self.pen * stroke).astype(np.float32)
        sharp = np.zeros(len(images), np.float32)
        if self.scans:
            scan, *halves, power, thickness, sharpness = uniform.T[7:]
            stretched, thick, two_toned = ((scan < self.scans) & (half < 0.5) for half in halves)
            chosen = np.flatnonzero(stretched)
            _stretch(images, chosen, matrix, shift, 0.3 + 0.8 * power[chosen])
            pen = np.where(thick, 2 * thickness, pen).astype(np.float32)
            sharp = np.where(two_toned, 0.2 + 0.8 * sharpness, 0).astype(np.float32)
        compiled = kernels and kernels.COMPILING
        warp, redraw = (kernels.warp, kernels.redraw) if compiled else (_warp, _redraw)
        warped, drawn = np.empty_like(images), np.empty_like(images)
        pull = normal * np.float32(self.elastic)
        warp(np.ascontiguousarray(images), matrix, shift, pull, warped)
        redraw(warped, pen.clip(-1, 1), drawn)
        if self.scans:
            _finish_scans(drawn, pen, sharp, redraw)
        return drawn


def _stretch(images, chosen, matrix, shift, power):
    """Make the chosen maps stretch their digits towards a square, around their centre of mass.

    A digit `tall / wide` times as high as wide becomes that to the ``power`` wider.
    """
    side = images.shape[-1]
    columns = images[chosen].sum(axis=1, dtype=np.float32)
    wide = np.maximum((columns > 0).sum(axis=1), 1)
    tall = (images[chosen] > 0).any(axis=2).sum(axis=1)
    middle = columns @ np.arange(side, dtype=np.float32) / np.maximum(columns.sum(axis=1), 1)
    factor = np.maximum(tall / wide, 1) ** power
    matrix[chosen, 0] /= factor[:, None]
    shift[chosen, 0] = middle - (side - 1) / 2 + shift[chosen, 0] / factor


def _finish_scans(drawn, pen, sharp, redraw):
    """Dilate images a second time if their pen is larger than 1, and sharpen edges, in place."""
    thick, two_toned = np.flatnonzero(pen > 1), np.flatnonzero(sharp)
    if len(thick):
        twice = np.empty_like(drawn[thick])
        redraw(drawn[thick], pen[thick] - 1, twice)
        drawn[thick] = twice
    if len(two_toned):
        share = sharp[two_toned, None, None]
        tones = (drawn[two_toned].astype(np.float32) - 110) / (1.02 - share) + 110 + 17.5 * share
        drawn[two_toned] = tones.clip(0, 255)


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

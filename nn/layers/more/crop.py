"""Cropping: cut rows and columns off every image."""

import numpy as np

from ..base import Layer
from ..window import Window


class Crop2D(Layer):
    """Remove rows and columns on each side; the reverse of `ZeroPad2D`.

    Parameters
    ----------
    crop : int, pair of int, or pair of pairs
        ((above, below), (left, right)) in pixels.
    """

    def __init__(self, crop):
        sides = None if isinstance(crop, str) else crop  # "same" is a padding only
        try:
            self._frame = Window.of(1, 1, sides)  # its padding is what is cut off
        except ValueError:
            raise ValueError(f"crop must be numbers of pixels, not {crop!r}") from None
        super().__init__(crop=self._frame.pad)

    def _forward(self, x, train):
        """Return the middle of ``x``, shape (N, H, W, C)."""
        _, H, W, _ = x.shape
        (above, below), (left, right) = self._frame.padding(H, W)
        return x[:, above : H - below, left : W - right], None

    def _backward(self, dout, _cache):
        """Return the gradient for ``x``: dout, and zeros for what was cut off."""
        return np.pad(dout, ((0, 0), *self._frame.padding(0, 0), (0, 0)))

    def _input_axes(self, ndim):
        return "N", "H", "W", "C"

    def _output_shape(self, shape):
        H, W, C = shape
        rows, columns = self._frame.padded_size(0, 0)
        if rows >= H or columns >= W:
            raise ValueError(f"an image of {H} x {W} has no pixels left after the crop")
        return H - rows, W - columns, C

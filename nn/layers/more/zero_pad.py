"""Zero padding as a layer of its own: a frame of zeros around every image."""

import numpy as np

from ..base import Layer
from ..window import Window


class ZeroPad2D(Layer):
    """Add rows and columns of zeros on each side.

    Parameters
    ----------
    pad : int, pair of int, or pair of pairs
        ((above, below), (left, right)) in pixels; see `nn.layers.window.Window`.
    """

    def __init__(self, pad):
        if isinstance(pad, str):
            raise ValueError(f"pad must be numbers of pixels, not {pad!r}")
        self.window = Window.of(1, 1, pad)  # of one pixel: only its padding counts
        super().__init__(pad=self.window.pad)

    def _forward(self, x, train):
        """Return ``x``, shape (N, H, W, C), in its frame."""
        _, H, W, _ = x.shape
        return np.pad(x, ((0, 0), *self.window.padding(H, W), (0, 0))), (H, W)

    def _backward(self, dout, size):
        """Return the gradient for ``x``: dout without the frame, which does not depend on x."""
        (H, W), ((above, _), (left, _)) = size, self.window.padding(*size)
        return dout[:, above : above + H, left : left + W]

    def _input_axes(self, ndim):
        return "N", "H", "W", "C"

    def _output_shape(self, shape):
        H, W, C = shape
        return (*self.window.padded_size(H, W), C)

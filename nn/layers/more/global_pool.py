"""Global pooling: one number per channel, whatever the size of the map."""

import numpy as np

from ..base import Layer


class _GlobalPool(Layer):
    """Base class of both.

    Parameters
    ----------
    keepdims : bool
        Whether the output is a map of one pixel, (1, 1, C), instead of a vector, (C,).
    """

    def __init__(self, keepdims: bool = False):
        super().__init__(keepdims=bool(keepdims))

    def _shaped(self, pooled):
        """Return (N, C) numbers in the shape of the output."""
        return pooled[:, None, None, :] if self.config["keepdims"] else pooled

    def _input_axes(self, ndim):
        return "N", "H", "W", "C"

    def _output_shape(self, shape):
        return (1, 1, shape[-1]) if self.config["keepdims"] else shape[-1:]


class GlobalAvgPool2D(_GlobalPool):
    """Keep the mean of each channel of (N, H, W, C).

    Parameters
    ----------
    keepdims : bool
        Whether the output is a map of one pixel, (1, 1, C), instead of a vector, (C,).

    References
    ----------
    Lin, Chen and Yan, "Network In Network", 2014, section 3.2.
    """

    def _forward(self, x, train):
        """Return the mean over rows and columns."""
        return self._shaped(x.mean(axis=(1, 2))), x.shape

    def _backward(self, dout, shape):
        """Return the gradient for ``x``: each of the H * W values has the weight 1 / (H * W)."""
        N, H, W, C = shape
        return np.broadcast_to(dout.reshape(N, 1, 1, C) / (H * W), shape).astype(dout.dtype)


class GlobalMaxPool2D(_GlobalPool):
    """Keep the largest value of each channel of (N, H, W, C); of equals, the first.

    Parameters
    ----------
    keepdims : bool
        Whether the output is a map of one pixel, (1, 1, C), instead of a vector, (C,).
    """

    def _forward(self, x, train):
        """Return the maximum over rows and columns."""
        N, H, W, C = x.shape
        rows = x.reshape(N, H * W, C)
        winner = rows.argmax(axis=1)[:, None, :]
        return self._shaped(np.take_along_axis(rows, winner, axis=1)[:, 0]), (winner, x.shape)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``: dout for the winner of each channel, zero elsewhere."""
        winner, (N, H, W, C) = cache
        dx = np.zeros((N, H * W, C), dout.dtype)
        np.put_along_axis(dx, winner, dout.reshape(N, 1, C), axis=1)
        return dx.reshape(N, H, W, C)

    def _choices(self, cache):
        winner, _ = cache
        return winner

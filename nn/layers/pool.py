"""Pooling: each window of a feature map is reduced to one number, channel by channel.

::

    MaxPool2D   out[n, p, q, c] = max  over i, j of x[n, p*SH + i, q*SW + j, c]
    AvgPool2D   out[n, p, q, c] = mean over i, j of x[n, p*SH + i, q*SW + j, c]

The maximum says that a feature is in the window, not where: a digit shifted by one pixel gives
almost the same output.
"""

import math
import operator

import numpy as np

from .base import Layer
from .im2col import col2im, im2col
from .window import Window


class _Pool(Layer):
    """Base class of both: a window applied to each channel."""

    def __init__(self, size, *, stride=None, pad=0, **more):
        self.window = Window.of(size, size if stride is None else stride, pad, "size")
        window = self.window
        added = map(max, window.padding(0, 0))
        if pad != "same" and any(map(operator.ge, added, window.kernel)):
            raise ValueError(
                f"pad must be smaller than the window {window.kernel}, not {pad!r}: "
                "some windows would see nothing but padding"
            )
        super().__init__(size=window.kernel, stride=window.stride, pad=window.pad, **more)

    def _windows(self, x, fill):
        """Return the windows of ``x`` as rows, shape (N, OH, OW, KH * KW, C)."""
        cols = im2col(x, self.window, fill)
        N, OH, OW, KH, KW, C = cols.shape
        return cols.reshape(N, OH, OW, KH * KW, C)

    def _fold(self, dcols, image_size):
        """Sum the gradients of all windows, shape (N, OH, OW, KH * KW, C), per pixel."""
        N, OH, OW, _, C = dcols.shape
        return col2im(dcols.reshape(N, OH, OW, *self.window.kernel, C), image_size, self.window)

    def _input_axes(self, ndim):
        return "N", "H", "W", "C"

    def _output_shape(self, shape):
        H, W, C = shape
        return (*self.window.output_size(H, W), C)


class MaxPool2D(_Pool):
    """Keep the largest value of each window.

    Parameters
    ----------
    size : int or pair of int
        KH x KW pixels.
    stride : int or pair of int, optional
        Pixels from one position of the window to the next; ``size`` by default, so that windows
        neither overlap nor leave gaps.
    pad : int, pair of int or "same"
        Padding on each side, of -inf, which is never the maximum; see `nn.layers.window.Window`.

    Of several equal maxima, the first in row-major order is the winner and receives the whole
    gradient. A NaN wins over every number.
    """

    def _forward(self, x, train):
        """Return the maxima, shape (N, OH, OW, C), of ``x`` of shape (N, H, W, C)."""
        cols = self._windows(x, fill=-np.inf)
        winner = cols.argmax(axis=3)[:, :, :, None, :]
        out = np.take_along_axis(cols, winner, axis=3)[:, :, :, 0, :]
        return out, (winner, x.shape)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``, shape (N, H, W, C).

        A small change of the winner changes the output equally, and one of another value does
        not: the winner gets dout, the others zero.
        """
        winner, (_, H, W, _) = cache
        N, OH, OW, C = dout.shape
        KH, KW = self.window.kernel
        dcols = np.zeros((N, OH, OW, KH * KW, C), dout.dtype)
        np.put_along_axis(dcols, winner, dout[:, :, :, None, :], axis=3)
        return self._fold(dcols, (H, W))

    def _choices(self, cache):
        winner, _ = cache
        return winner


class AvgPool2D(_Pool):
    """Keep the mean of each window.

    Parameters
    ----------
    size, stride, pad
        As in `MaxPool2D`.
    count_pad : bool
        Whether the mean includes the padding, as zeros.
    """

    def __init__(self, size, *, stride=None, pad=0, count_pad: bool = True):
        super().__init__(size, stride=stride, pad=pad, count_pad=bool(count_pad))

    def _forward(self, x, train):
        """Return the means, shape (N, OH, OW, C), of ``x`` of shape (N, H, W, C)."""
        total = self._windows(x, fill=0.0).sum(axis=3)
        return total / self._counts(x.shape, x.dtype), x.shape

    def _backward(self, dout, shape):
        """Return the gradient for ``x``, shape (N, H, W, C).

        Each of the n values counted has the weight 1 / n in the mean.
        """
        N, OH, OW, C = dout.shape
        KH, KW = self.window.kernel
        share = (dout / self._counts(shape, dout.dtype))[:, :, :, None, :]
        return self._fold(np.broadcast_to(share, (N, OH, OW, KH * KW, C)), shape[1:3])

    def _counts(self, shape, dtype):
        """Return the number of values in each mean, to divide (N, OH, OW, C) by."""
        if self.config["count_pad"]:
            return dtype.type(math.prod(self.window.kernel))
        _, H, W, _ = shape
        return im2col(np.ones((1, H, W, 1), dtype), self.window).sum(axis=(3, 4))

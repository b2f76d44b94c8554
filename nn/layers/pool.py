"""Pooling: each window of a map is summed up in one number, channel by channel.

::

    MaxPool2D   out[n, p, q, c] = max  over i, j of x[n, p*SH + i, q*SW + j, c]
    AvgPool2D   out[n, p, q, c] = mean over i, j of x[n, p*SH + i, q*SW + j, c]

The maximum asks whether a feature is anywhere in the window, and so forgets where exactly: a digit
drawn one pixel to the left still gives much the same answer.
"""

import math

import numpy as np

from .im2col import col2im, im2col
from .window import Window, Windowed


class _Pool(Windowed):
    """What the two pools share: a window that treats each channel by itself."""

    def __init__(self, size, *, stride=None, pad=0, **more):
        self.window = Window.of(size, size if stride is None else stride, pad, "size")
        if self.window.pad != "same" and any(
            max(added) >= k
            for added, k in zip(self.window.padding(0, 0), self.window.kernel, strict=True)
        ):
            raise ValueError(
                f"pad must be smaller than the window {self.window.kernel}, not {pad!r}: "
                "some windows would see nothing but padding"
            )
        window = self.window
        super().__init__(size=window.kernel, stride=window.stride, pad=window.pad, **more)

    def _windows(self, x, fill):
        """Return the windows of ``x`` as rows, shape (N, OH, OW, KH * KW, C)."""
        self._expect(x.shape, "N", "H", "W", "C")
        self._stops(*x.shape[1:3])
        cols = im2col(x, self.window, fill)
        N, OH, OW, KH, KW, C = cols.shape
        return cols.reshape(N, OH, OW, KH * KW, C)

    def _fold(self, dcols, image_size):
        """Add the gradients of all windows, shape (N, OH, OW, KH * KW, C), up per pixel."""
        N, OH, OW, _, C = dcols.shape
        return col2im(dcols.reshape(N, OH, OW, *self.window.kernel, C), image_size, self.window)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return (OH, OW, C) for maps of ``shape`` (H, W, C)."""
        self._expect(("N", *shape), "N", "H", "W", "C")
        return (*self._stops(*shape[:2]), shape[2])


class MaxPool2D(_Pool):
    """Keep the largest value of each window.

    Parameters
    ----------
    size : int or pair of int
        KH x KW pixels.
    stride : int or pair of int, optional
        Pixels from one stop to the next; the window's own size if not given, so that windows
        neither overlap nor leave gaps.
    pad : int, pair of int or "same"
        Padding on each side, as `nn.layers.window.Window` takes it. It counts as -inf, so that it
        never wins.

    Where several values of a window are the largest, the first one in reading order is the winner
    and receives all of the gradient. A NaN wins over every number.
    """

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return the maxima, shape (N, OH, OW, C), of ``x`` of shape (N, H, W, C)."""
        cols = self._windows(x, fill=-np.inf)
        winner = cols.argmax(axis=3)[:, :, :, None, :]
        out = np.take_along_axis(cols, winner, axis=3)[:, :, :, 0, :]
        return self._remember(train, out, winner, x.shape)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient for ``x``, shape (N, H, W, C).

        A small change of the winner changes the output by as much, a small change of any other
        value does nothing: the winner gets dout, the others zero.
        """
        winner, (_, H, W, _) = self._recall(dout)
        N, OH, OW, C = dout.shape
        KH, KW = self.window.kernel
        dcols = np.zeros((N, OH, OW, KH * KW, C), dout.dtype)
        np.put_along_axis(dcols, winner, dout[:, :, :, None, :], axis=3)
        return self._fold(dcols, (H, W))

    def choices(self) -> np.ndarray | None:
        """Return which tap of its window each output took."""
        return None if self._memory is None else self._memory[1][0]


class AvgPool2D(_Pool):
    """Keep the mean of each window.

    Parameters
    ----------
    size : int or pair of int
        KH x KW pixels.
    stride : int or pair of int, optional
        Pixels from one stop to the next; the window's own size if not given.
    pad : int, pair of int or "same"
        Padding on each side, as `nn.layers.window.Window` takes it.
    count_pad : bool
        Whether padding takes part in the mean, as zeros, or is left out of it.
    """

    def __init__(self, size, *, stride=None, pad=0, count_pad: bool = True):
        super().__init__(size, stride=stride, pad=pad, count_pad=bool(count_pad))

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return the means, shape (N, OH, OW, C), of ``x`` of shape (N, H, W, C)."""
        total = self._windows(x, fill=0.0).sum(axis=3)
        return self._remember(train, total / self._counts(x), x.shape)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient for ``x``, shape (N, H, W, C).

        Each of the values counted moves the mean by the same share of its own change.
        """
        (shape,) = self._recall(dout)
        N, OH, OW, C = dout.shape
        KH, KW = self.window.kernel
        share = (dout / self._counts(np.empty(shape, dout.dtype)))[:, :, :, None, :]
        return self._fold(np.broadcast_to(share, (N, OH, OW, KH * KW, C)), shape[1:3])

    def _counts(self, x):
        """Return how many values each window of ``x`` counts, to divide (N, OH, OW, C) by."""
        if self.config["count_pad"]:
            return x.dtype.type(math.prod(self.window.kernel))
        ones = np.ones((1, *x.shape[1:3], 1), x.dtype)
        return im2col(ones, self.window).sum(axis=(3, 4))

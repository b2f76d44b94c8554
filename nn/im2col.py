"""Windows as rows: how a convolution becomes one matrix product.

A 2x2 window slides over a 3x3 image of one channel and stops at four places. ``im2col`` writes
what the window sees at each stop into a row of its own::

      image            stops of the window             cols
    a  b  c        a b    b c    d e    e f          a b d e
    d  e  f        d e    e f    g h    h i          b c e f
    g  h  i                                          d e g h
                                                     e f h i

A convolution multiplies each row with the same weights and adds up: ``cols @ w``. That is a matrix
product, the one operation that every machine does at full speed; the price is memory, because
neighbouring windows overlap and their common pixels are written down more than once.

With N images of C channels, a window of KH x KW and OH x OW stops, the shapes are::

    x     (N, H, W, C)
    cols  (N, OH, OW, KH, KW, C)      reshaped to (N * OH * OW, KH * KW * C) for the product

Going back, ``col2im`` is the *adjoint* of ``im2col``: the one linear map for which

    sum(im2col(x) * cols) == sum(x * col2im(cols))        for every x and every cols.

``im2col`` copies the pixel ``e`` above into four rows, so ``col2im`` adds those four places up into
the one pixel: what was copied on the way out is summed on the way home. This is the chain rule: a
pixel that was used four times receives four gradients. (It is not the inverse:
``col2im(im2col(x))`` counts the middle pixel four times.)

Neither loops over images or windows, only over the KH x KW taps of the window: the values that tap
(i, j) sees at all stops form one strided slice of the image.

References
----------
Chellapilla, Puri, Simard, "High Performance Convolutional Neural Networks for Document Processing",
2006, section 3.
"""

import math
from dataclasses import dataclass

import numpy as np

from .layer import pair


@dataclass(frozen=True)
class Window:
    """Where a sliding window stops: the one place that knows padding and output sizes.

    Attributes
    ----------
    kernel, stride : tuple of int
        (height, width) in pixels.
    pad : tuple or "same"
        Rows added above and below, columns added left and right; a pair in place of either number
        adds unevenly: ((0, 1), 2) is a row below and two columns on either side. "same" adds as
        few as give ceil(H / stride) x ceil(W / stride) stops; an odd one goes below or to the
        right.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int | tuple[int, int], int | tuple[int, int]] | str

    @classmethod
    def of(cls, kernel, stride, pad) -> "Window":
        """Check a layer's arguments, each an int or a pair of ints, and make a window of them."""
        return cls(pair("window", kernel, least=1), pair("stride", stride, least=1), _padding(pad))

    def padding(self, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return ((above, below), (left, right)) for an image of this size."""
        if self.pad != "same":
            return tuple(p if isinstance(p, tuple) else (p, p) for p in self.pad)
        both = []
        for size, k, s in zip((height, width), self.kernel, self.stride, strict=True):
            total = max((-(-size // s) - 1) * s + k - size, 0)
            both.append((total // 2, total - total // 2))
        return tuple(both)

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Return (OH, OW), the number of stops; an edge too small for one more is left out.

        Raises
        ------
        ValueError
            If the window does not fit into the padded image even once.
        """
        padded = [
            size + sum(added)
            for size, added in zip((height, width), self.padding(height, width), strict=True)
        ]
        if padded[0] < self.kernel[0] or padded[1] < self.kernel[1]:
            raise ValueError(
                f"a window of {self.kernel[0]} x {self.kernel[1]} does not fit into an image of "
                f"{height} x {width} padded to {padded[0]} x {padded[1]}"
            )
        return tuple(
            (size - k) // s + 1 for size, k, s in zip(padded, self.kernel, self.stride, strict=True)
        )

    def floats(self, height: int, width: int) -> int:
        """Return how many floats a map of one channel takes, padded or as rows: the larger."""
        (above, below), (left, right) = self.padding(height, width)
        padded = (above + height + below) * (left + width + right)
        return max(padded, math.prod(self.output_size(height, width)) * math.prod(self.kernel))


def _padding(pad):
    """Return ``pad`` as `Window` keeps it: an even pair becomes the one number that it is."""
    if isinstance(pad, str):
        if pad != "same":
            raise ValueError(f'pad must be an int, a pair of ints or "same", not {pad!r}')
        return pad
    if not isinstance(pad, (tuple, list)) or len(pad) != 2:
        return pair("pad", pad, least=0)
    both = (pair("pad", one, least=0) for one in pad)
    return tuple(before if before == after else (before, after) for before, after in both)


def im2col(x: np.ndarray, window: Window, fill: float = 0.0) -> np.ndarray:
    """Write what the window sees at each of its stops side by side.

    Parameters
    ----------
    x : ndarray, shape (N, H, W, C)
    window : Window
    fill : float
        The value of the padding: 0 for a convolution, -inf for a maximum.

    Returns
    -------
    ndarray, shape (N, OH, OW, KH, KW, C)
        A copy, in the dtype of ``x``.
    """
    N, H, W, C = x.shape
    (KH, KW), (OH, OW) = window.kernel, window.output_size(H, W)
    padded = np.pad(x, ((0, 0), *window.padding(H, W), (0, 0)), constant_values=fill)
    cols = np.empty((N, OH, OW, KH, KW, C), x.dtype)
    for i in range(KH):
        for j in range(KW):
            cols[:, :, :, i, j, :] = padded[:, *_tap(window, i, j, OH, OW)]
    return cols


def col2im(cols: np.ndarray, image_size: tuple[int, int], window: Window) -> np.ndarray:
    """Add every window's values up where they came from: the adjoint of `im2col`.

    Parameters
    ----------
    cols : ndarray, shape (N, OH, OW, KH, KW, C)
    image_size : tuple of int
        (H, W) of the image without its padding.
    window : Window

    Returns
    -------
    ndarray, shape (N, H, W, C)
        What fell on the padding is dropped.
    """
    N, OH, OW, KH, KW, C = cols.shape
    H, W = image_size
    (above, below), (left, right) = window.padding(H, W)
    padded = np.zeros((N, above + H + below, left + W + right, C), cols.dtype)
    for i in range(KH):
        for j in range(KW):
            # += and not =: overlapping windows share pixels, and a pixel's gradients add up.
            padded[:, *_tap(window, i, j, OH, OW)] += cols[:, :, :, i, j, :]
    return padded[:, above : above + H, left : left + W, :]


def _tap(window: Window, i: int, j: int, OH: int, OW: int) -> tuple[slice, slice]:
    """Return the rows and columns of the padded image that tap (i, j) sees over all stops."""
    SH, SW = window.stride
    return slice(i, i + SH * OH, SH), slice(j, j + SW * OW, SW)

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

import numpy as np

from .window import Window


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
    (above, _), (left, _) = window.padding(H, W)
    padded = np.zeros((N, *window.padded_size(H, W), C), cols.dtype)
    for i in range(KH):
        for j in range(KW):
            # += and not =: overlapping windows share pixels, and a pixel's gradients add up.
            padded[:, *_tap(window, i, j, OH, OW)] += cols[:, :, :, i, j, :]
    return padded[:, above : above + H, left : left + W, :]


def _tap(window: Window, i: int, j: int, OH: int, OW: int) -> tuple[slice, slice]:
    """Return the rows and columns of the padded image that tap (i, j) sees over all stops."""
    SH, SW = window.stride
    return slice(i, i + SH * OH, SH), slice(j, j + SW * OW, SW)

"""Windows as rows: how a convolution becomes one matrix product.

A 2x2 window has four positions on a 3x3 image of one channel. ``im2col`` copies the pixels in the
window at each position to a row of ``cols``::

      image         positions of the window            cols
    a  b  c        a b    b c    d e    e f          a b d e
    d  e  f        d e    e f    g h    h i          b c e f
    g  h  i                                          d e g h
                                                     e f h i

A convolution multiplies each row by the same weights and sums: ``cols @ w``. That is a matrix
product, for which every machine has fast code. The price is memory: neighbouring windows overlap,
and their common pixels are stored more than once.

With N images of C channels, a KH x KW window and OH x OW positions, the shapes are::

    x     (N, H, W, C)
    cols  (N, OH, OW, KH, KW, C)      reshaped to (N * OH * OW, KH * KW * C) for the product

In the backward pass, ``col2im`` is the *adjoint* of ``im2col``: the linear map for which

    sum(im2col(x) * cols) == sum(x * col2im(cols))        for every x and every cols.

``im2col`` copies the pixel ``e`` above into four rows, so ``col2im`` sums those four values into
one pixel. This is the chain rule: a pixel that was used four times receives four gradients. (It is
not the inverse: ``col2im(im2col(x))`` counts the middle pixel four times.)

Neither loops over images or windows, only over the KH x KW taps of the window: the pixels under
tap (i, j) at all positions form one strided slice of the image.

References
----------
Chellapilla, Puri, Simard, "High Performance Convolutional Neural Networks for Document Processing",
2006, section 3.
"""

import numpy as np

from .window import Window


def im2col(x: np.ndarray, window: Window, fill: float = 0.0) -> np.ndarray:
    """Copy the pixels in the window at every position.

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
    """Sum the values of all windows per pixel: the adjoint of `im2col`.

    Parameters
    ----------
    cols : ndarray, shape (N, OH, OW, KH, KW, C)
    image_size : tuple of int
        (H, W) of the image without its padding.
    window : Window

    Returns
    -------
    ndarray, shape (N, H, W, C)
        Sums in the padding are dropped.
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
    """Return the rows and columns of the padded image under tap (i, j) at all positions."""
    SH, SW = window.stride
    return slice(i, i + SH * OH, SH), slice(j, j + SW * OW, SW)

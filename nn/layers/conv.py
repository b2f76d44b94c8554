"""Convolution: the same small kernel is applied at every position of the image.

At position (p, q) of the window, for output channel o::

    out[n, p, q, o] = b[o] + sum over i, j, c of  x[n, p*SH + i, q*SW + j, c] * w[i, j, c, o]

where x is padded first. With `nn.layers.im2col` this is one matrix product, and so is each of its
gradients. (Mathematicians call it a cross-correlation: the kernel is not flipped.)
"""

import numpy as np

from .base import Layer, Shape
from .checks import count, float_dtype
from .im2col import col2im, im2col
from .init import constant, he_normal
from .window import Window


class Conv2D(Layer):
    """Convolve images of ``in_channels`` channels into maps of ``out_channels`` channels.

    Parameters
    ----------
    in_channels, out_channels : int
        C and OC.
    kernel_size : int or pair of int
        KH x KW pixels.
    stride : int or pair of int
        Pixels from one position of the window to the next.
    pad : int, pair of int or "same"
        Zeros added on each side; see `nn.layers.window.Window`.
    bias : bool
        Whether to add ``b``.
    rng : numpy.random.Generator, optional
        Draws the initial weights; unseeded by default.
    dtype : dtype
        Of the parameters.

    ``params["w"]`` has the shape (KH, KW, C, OC), ``params["b"]`` (OC,).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size,
        *,
        stride=1,
        pad=0,
        bias: bool = True,
        rng: np.random.Generator | None = None,
        dtype=np.float32,
    ):
        self.window = Window.of(kernel_size, stride, pad, "kernel_size")
        super().__init__(
            in_channels=count("in_channels", in_channels),
            out_channels=count("out_channels", out_channels),
            kernel_size=self.window.kernel,
            stride=self.window.stride,
            pad=self.window.pad,
            bias=bool(bias),
            dtype=float_dtype(dtype).name,
        )
        (KH, KW), C, OC = self.window.kernel, in_channels, out_channels
        self.params["w"] = he_normal((KH, KW, C, OC), KH * KW * C, rng, dtype)
        if bias:
            self.params["b"] = constant(0, (OC,), dtype)

    def _forward(self, x, train):
        """Convolve ``x`` of shape (N, H, W, C) into (N, OH, OW, OC)."""
        w = self.params["w"]
        KH, KW, C, OC = w.shape
        cols = im2col(x, self.window)
        N, OH, OW = cols.shape[:3]
        cols = cols.reshape(N * OH * OW, KH * KW * C)
        out = cols @ w.reshape(KH * KW * C, OC)
        if "b" in self.params:
            out += self.params["b"]
        return out.reshape(N, OH, OW, OC), (cols, x.shape)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``, shape (N, H, W, C).

        out = cols @ w + b, so each factor's gradient is dout times the other factor, transposed:
        dw = cols.T @ dout and dcols = dout @ w.T; b was added to every row, so db sums the rows.
        Each pixel was copied into cols, so col2im sums the gradients of its copies.
        """
        cols, (_, H, W, C) = cache
        w = self.params["w"]
        KH, KW, C, OC = w.shape
        N, OH, OW, OC = dout.shape
        drows = dout.reshape(N * OH * OW, OC)
        self.grads["w"] = (cols.T @ drows).reshape(w.shape)
        if "b" in self.params:
            self.grads["b"] = drows.sum(axis=0)
        dcols = drows @ w.reshape(KH * KW * C, OC).T
        return col2im(dcols.reshape(N, OH, OW, KH, KW, C), (H, W), self.window)

    def _input_axes(self, ndim):
        return "N", "H", "W", self.config["in_channels"]

    def _output_shape(self, shape):
        H, W, _ = shape
        return (*self.window.output_size(H, W), self.config["out_channels"])

    def multiply_adds(self, shape: Shape) -> int:
        """Return OH * OW * KH * KW * C * OC, the products of one image."""
        OH, OW, _ = self.output_shape(shape)
        return OH * OW * self.params["w"].size

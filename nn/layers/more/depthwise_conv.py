"""Depthwise convolution: every channel has kernels of its own, and channels are not summed.

A separable convolution is one of these followed by a 1x1 `nn.Conv2D`, which mixes the channels: for
C channels in and OC out, KH * KW * C + C * OC weights instead of KH * KW * C * OC.
"""

import numpy as np

from ..base import Layer, Shape
from ..checks import count, float_dtype, pair
from ..im2col import col2im, im2col
from ..init import constant, he_normal
from ..window import Window


class DepthwiseConv2D(Layer):
    """Convolve each of C channels into M channels: (N, H, W, C) into (N, OH, OW, C * M).

    Parameters
    ----------
    channels : int
        C.
    kernel_size, stride, pad, bias, rng, dtype
        As in `nn.Conv2D`.
    multiplier : int
        M.
    dilation : int or pair of int
        Pixels from one tap of the kernel to the next.

    ``params["w"]`` has the shape (KH, KW, C, M), ``params["b"]`` (C * M,); output channel c * M + m
    is kernel m of input channel c.

    References
    ----------
    Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", 2017, section 1.
    """

    def __init__(
        self, channels: int, kernel_size, *, multiplier: int = 1, dilation=1, stride=1, pad=0,
        bias: bool = True, rng: np.random.Generator | None = None, dtype=np.float32,
    ):  # fmt: skip
        C, M = count("channels", channels), count("multiplier", multiplier)
        KH, KW = pair("kernel_size", kernel_size, least=1)
        DH, DW = pair("dilation", dilation, least=1)
        self.window = Window.of(((KH - 1) * DH + 1, (KW - 1) * DW + 1), stride, pad)
        super().__init__(
            channels=C, kernel_size=(KH, KW), multiplier=M, dilation=(DH, DW),
            stride=self.window.stride, pad=self.window.pad, bias=bool(bias),
            dtype=float_dtype(dtype).name,
        )  # fmt: skip
        self.params["w"] = he_normal((KH, KW, C, M), KH * KW, rng, dtype)
        if bias:
            self.params["b"] = constant(0, (C * M,), dtype)

    def _forward(self, x, train):
        """Convolve ``x`` of shape (N, H, W, C) into (N, OH, OW, C * M)."""
        DH, DW = self.config["dilation"]
        cols = im2col(x, self.window)[:, :, :, ::DH, ::DW]
        out = np.einsum("npqijc,ijcm->npqcm", cols, self.params["w"], optimize=True)
        out = out.reshape(*cols.shape[:3], -1)
        return out + self.params["b"] if "b" in self.params else out, (cols, x.shape[1:3])

    def _backward(self, dout, cache):
        """Return the gradient for ``x``: each factor's is dout times the other factor."""
        cols, size = cache
        w = self.params["w"]
        if "b" in self.params:
            self.grads["b"] = dout.sum(axis=(0, 1, 2))
        dout = dout.reshape(*dout.shape[:3], *w.shape[2:])
        self.grads["w"] = np.einsum("npqijc,npqcm->ijcm", cols, dout, optimize=True)
        whole = np.zeros((*dout.shape[:3], *self.window.kernel, w.shape[2]), dout.dtype)
        DH, DW = self.config["dilation"]
        whole[:, :, :, ::DH, ::DW] = np.einsum("npqcm,ijcm->npqijc", dout, w, optimize=True)
        return col2im(whole, size, self.window)

    def _input_axes(self, ndim):
        return "N", "H", "W", self.config["channels"]

    def _output_shape(self, shape):
        H, W, C = shape
        return (*self.window.output_size(H, W), C * self.config["multiplier"])

    def multiply_adds(self, shape: Shape) -> int:
        """Return OH * OW * KH * KW * C * M, the products of one image."""
        OH, OW, _ = self.output_shape(shape)
        return OH * OW * self.params["w"].size

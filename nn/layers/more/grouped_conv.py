"""Grouped and dilated convolution: fewer weights, or a wider view with as many.

With ``groups`` = G the channels are cut into G parts, and each part of the input gives one part of
the output: 1 / G of the weights. With ``dilation`` = D the taps of the kernel are D pixels apart:
3 x 3 weights see a square of 2 D + 1 pixels, as a kernel with zeros between its taps would.
"""

import numpy as np

from ..base import Layer, Shape
from ..checks import count, float_dtype, pair
from ..im2col import col2im, im2col
from ..init import constant, he_normal
from ..window import Window


class GroupedConv2D(Layer):
    """Convolve each group of channels on its own, with a kernel that may be dilated.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, pad, bias, rng, dtype
        As in `nn.Conv2D`; the channels must be multiples of ``groups``.
    groups : int
        G.
    dilation : int or pair of int
        D: pixels from one tap to the next.

    ``params["w"]`` has the shape (KH, KW, C / G, OC), ``params["b"]`` (OC,).

    References
    ----------
    Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural
    Networks", 2012, section 3.5 (groups); Yu and Koltun, "Multi-Scale Context Aggregation by
    Dilated Convolutions", 2016, section 2.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size, *, groups: int = 1, dilation=1,
        stride=1, pad=0, bias: bool = True, rng: np.random.Generator | None = None,
        dtype=np.float32,
    ):  # fmt: skip
        C, OC = count("in_channels", in_channels), count("out_channels", out_channels)
        KH, KW = pair("kernel_size", kernel_size, least=1)
        DH, DW = pair("dilation", dilation, least=1)
        G = count("groups", groups)
        if C % G or OC % G:
            raise ValueError(f"{C} and {OC} channels cannot be cut into {G} groups")
        self.window = Window.of(((KH - 1) * DH + 1, (KW - 1) * DW + 1), stride, pad)
        super().__init__(
            in_channels=C, out_channels=OC, kernel_size=(KH, KW), groups=G,
            dilation=(DH, DW), stride=self.window.stride, pad=self.window.pad, bias=bool(bias),
            dtype=float_dtype(dtype).name,
        )  # fmt: skip
        C //= G
        self.params["w"] = he_normal((KH, KW, C, OC), KH * KW * C, rng, dtype)
        if bias:
            self.params["b"] = constant(0, (OC,), dtype)

    def _forward(self, x, train):
        """Convolve ``x`` of shape (N, H, W, C) into (N, OH, OW, OC)."""
        cols = self._taps(im2col(x, self.window))
        out = np.einsum("npqijgc,ijcgo->npqgo", cols, self._grouped(), optimize=True)
        out = out.reshape(*cols.shape[:3], -1)
        return out + self.params["b"] if "b" in self.params else out, (cols, x.shape[1:3])

    def _backward(self, dout, cache):
        """Return the gradient for ``x``: `nn.Conv2D`'s, group by group; gaps get no gradient."""
        cols, size = cache
        w = self._grouped()
        if "b" in self.params:
            self.grads["b"] = dout.sum(axis=(0, 1, 2))
        dout = dout.reshape(*dout.shape[:3], *w.shape[3:])
        dw = np.einsum("npqijgc,npqgo->ijcgo", cols, dout, optimize=True)
        self.grads["w"] = dw.reshape(self.params["w"].shape)
        dcols = np.einsum("npqgo,ijcgo->npqijgc", dout, w, optimize=True)
        whole = np.zeros((*dout.shape[:3], *self.window.kernel, *dcols.shape[5:]), dout.dtype)
        DH, DW = self.config["dilation"]
        whole[:, :, :, ::DH, ::DW] = dcols
        return col2im(whole.reshape(*whole.shape[:5], -1), size, self.window)

    def _taps(self, cols):
        """Return the pixels under the taps, shape (N, OH, OW, KH, KW, G, C / G)."""
        DH, DW = self.config["dilation"]
        cols = cols[:, :, :, ::DH, ::DW]
        return cols.reshape(*cols.shape[:5], self.config["groups"], -1)

    def _grouped(self):
        """Return the weights, shape (KH, KW, C / G, G, OC / G)."""
        w = self.params["w"]
        return w.reshape(*w.shape[:3], self.config["groups"], -1)

    def _input_axes(self, ndim):
        return "N", "H", "W", self.config["in_channels"]

    def _output_shape(self, shape):
        H, W, _ = shape
        return (*self.window.output_size(H, W), self.config["out_channels"])

    def multiply_adds(self, shape: Shape) -> int:
        """Return OH * OW * KH * KW * C / G * OC, the products of one image."""
        OH, OW, _ = self.output_shape(shape)
        return OH * OW * self.params["w"].size

"""Convolution: the same small set of weights looks at every place of the image.

At stop (p, q) of the window, for output channel o::

    out[n, p, q, o] = b[o] + sum over i, j, c of  x[n, p*SH + i, q*SW + j, c] * w[i, j, c, o]

with the image padded first. Written with `nn.layers.im2col` this is one matrix product, and so is
each of its gradients. (Mathematicians call it a cross-correlation: the kernel is not flipped.)
"""

import math

import numpy as np

from .checks import count, float_dtype, pair
from .im2col import col2im, im2col
from .init import he_normal
from .window import Window, Windowed


class Conv2D(Windowed):
    """Convolve images of ``in_channels`` channels into maps of ``out_channels`` channels.

    Parameters
    ----------
    in_channels, out_channels : int
        C and OC.
    kernel_size : int or pair of int
        KH x KW pixels.
    stride : int or pair of int
        Pixels from one stop of the window to the next.
    pad : int, pair of int or "same"
        Zeros added on each side, evenly or not; see `nn.layers.window.Window`.
    bias : bool
        Whether to add ``b``.
    rng : numpy.random.Generator, optional
        Draws the first weights; without one they differ from run to run.
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
        shapes = self.param_shapes(**self.config)
        self.params["w"] = he_normal(shapes["w"], math.prod(shapes["w"][:3]), rng, dtype)
        if bias:
            self.params["b"] = np.zeros(shapes["b"], dtype)

    @staticmethod
    def param_shapes(in_channels, out_channels, kernel_size, bias=True, **_config):
        """Return the shapes of ``w`` and ``b``; see `Layer.param_shapes`."""
        KH, KW = pair("kernel_size", kernel_size, least=1)
        shapes = {"w": (KH, KW, in_channels, out_channels)}
        return shapes | {"b": (out_channels,)} if bias else shapes

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Convolve ``x`` of shape (N, H, W, C) into (N, OH, OW, OC).

        Raises
        ------
        ValueError
            If ``x`` has another number of channels, or is smaller than the kernel.
        """
        w = self.params["w"]
        KH, KW, C, OC = w.shape
        self._expect(x.shape, "N", "H", "W", C)
        self._stops(*x.shape[1:3])
        cols = im2col(x, self.window)
        N, OH, OW = cols.shape[:3]
        cols = cols.reshape(N * OH * OW, KH * KW * C)
        out = cols @ w.reshape(KH * KW * C, OC)
        if "b" in self.params:
            out += self.params["b"]
        return self._remember(train, out.reshape(N, OH, OW, OC), cols, x.shape)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient for ``x``, shape (N, H, W, C).

        out = cols @ w + b, so each factor's gradient is dout times the other factor, transposed:
        dw = cols.T @ dout and dcols = dout @ w.T; b was added to every row, so db sums the rows.
        The pixels were copied into cols, so their gradients are added up again by col2im.
        """
        cols, (_, H, W, C) = self._recall(dout)
        w = self.params["w"]
        KH, KW, C, OC = w.shape
        N, OH, OW, OC = dout.shape
        drows = dout.reshape(N * OH * OW, OC)
        self.grads["w"] = (cols.T @ drows).reshape(w.shape)
        if "b" in self.params:
            self.grads["b"] = drows.sum(axis=0)
        dcols = drows @ w.reshape(KH * KW * C, OC).T
        return col2im(dcols.reshape(N, OH, OW, KH, KW, C), (H, W), self.window)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return (OH, OW, OC) for an image of ``shape`` (H, W, C)."""
        self._expect(("N", *shape), "N", "H", "W", self.config["in_channels"])
        return (*self._stops(*shape[:2]), self.config["out_channels"])

    def multiply_adds(self, shape: tuple[int, ...]) -> int:
        """Return OH * OW * KH * KW * C * OC, the products of one image."""
        OH, OW, _ = self.output_shape(shape)
        return OH * OW * self.params["w"].size

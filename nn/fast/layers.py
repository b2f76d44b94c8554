"""The fused and buffered layers that `nn.fuse` makes a network of.

`ConvReLUPool` stands for a run of Conv2D, ReLU and perhaps MaxPool2D:

- forward is one call: the product of patches and weights, whose sums stay in registers while the
  patches are read where they lie, without im2col; only their maximum after bias and ReLU is
  stored, and the winner's place. Convolutions of 3x3 go by Winograd's algorithm where it pays;
- backward walks only the winners. After a 2x2 pool at most a quarter of the convolution's outputs
  carry a gradient, and the ReLU takes more; all other products would be with zero.

The twins of BatchNorm, Dense, Dropout and ReLU do what the plain layers do, in buffers. The rules,
such as where a window stops, are the plain layers' own.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np

from ..layers.base import Layer, Shape
from ..layers.batchnorm import BatchNorm
from ..layers.conv import Conv2D
from ..layers.dropout import Dropout
from ..layers.pool import MaxPool2D
from . import kernels
from .plan import aligned, convolution, kept_size, scratch_size


class FastLayer(Layer):
    """A layer in buffers: parameters, gradients and statistics are those of a plain layer.

    Attributes
    ----------
    calls : list of (callable, tuple), optional
        If given, the layer computes nothing; it notes here which functions it would call on its
        buffers (`nn.fast.tape`). So whatever depends on the batch's numbers goes through `_call`.
    """

    def __init__(self, plain: Layer):
        super().__init__(**plain.config)
        self.plain = plain
        self.params, self.grads, self.state = plain.params, plain.grads, plain.state
        self._buffers: dict[str, np.ndarray] = {}
        self.calls: list[tuple[Callable, tuple]] | None = None

    def _call(self, function: Callable, *args: Any) -> None:
        """Call a function that writes to buffers, or note the call if there is a list for it."""
        if self.calls is None:
            function(*args)
        else:
            self.calls.append((function, args))

    def check_input(self, shape: tuple) -> Shape:
        """Return what the plain layer does, and raise its errors."""
        return self.plain.check_input(shape)

    def replica(self) -> Self:
        """Return a layer that shares ``params`` with this one and has all else to itself."""
        twin = super().replica()
        twin._buffers = {}
        return twin

    def _buffer(self, name: str, shape: tuple[int, ...], dtype=np.float32) -> np.ndarray:
        """Return an array of ``shape``, the same memory each time unless it has to grow."""
        buffer = self._buffers.get(name)
        if buffer is None or len(buffer) < shape[0] or buffer.shape[1:] != shape[1:]:
            buffer = self._buffers[name] = aligned(shape, np.dtype(dtype))
        return buffer[: shape[0]]


NOTHING = np.empty(0, np.float32)
"""In place of parameters that a layer does not have."""


class ConvReLUPool(FastLayer):
    """Convolution, ReLU and, if ``pool`` is given, a max-pool whose windows do not overlap.

    Parameters
    ----------
    conv : Conv2D
    pool : MaxPool2D, optional
    """

    def __init__(self, conv: Conv2D, pool: MaxPool2D | None = None):
        super().__init__(conv)
        self.conv, self.pool = conv, pool
        self.input_gradient = True
        self._operations: dict[tuple[int, int], np.ndarray] = {}

    def check_input(self, shape: tuple) -> Shape:
        """Return what the convolution and the pool do, and raise their errors."""
        maps = self.conv.check_input(shape)
        return maps if self.pool is None else self.pool.output_shape(maps)

    def _forward(self, x, train):
        """Return the pooled maps, shape (N, OH, OW, OC), of ``x`` of shape (N, H, W, C)."""
        op = self._operation(*x.shape[1:3])
        OH, OW, OC = (int(op[i]) for i in (kernels.F.OH, kernels.F.OW, kernels.F.OC))
        rows = self._padded(x, bool(op[kernels.F.tile]))
        out = self._buffer("out", (len(x), OH, OW, OC))
        winner = self._buffer("winner", out.shape if train else (0,), np.uint8)
        self._call(
            kernels.convolve, op, len(x), rows.reshape(-1), self.params["w"].reshape(-1),
            self.params.get("b", NOTHING), (NOTHING,) * 4,
            self._buffer("kept", (kept_size(op),)), self._buffer("scratch", (scratch_size(op),)),
            out.reshape(-1), winner.reshape(-1),
        )  # fmt: skip
        return out, (rows, winner, x.shape)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``, unless it is not asked for; fill ``grads``."""
        rows, winner, shape = cache
        dout = np.ascontiguousarray(dout)
        if "b" in self.params:
            self.grads["b"] = self._buffer("db", self.params["b"].shape)
            self._call(kernels.bias_gradient, winner, dout, self.grads["b"])
        _, KW, C, _ = self.params["w"].shape
        self.grads["w"] = self._buffer("dw", self.params["w"].shape)
        if KW * C < kernels.LANES and not self.input_gradient:
            self._call(
                kernels.weight_gradient, self._operation(*shape[1:3]), rows.reshape(-1),
                winner.reshape(-1), dout.reshape(-1), self._buffer("sums", (5 * kernels.BLOCK,)),
                self.grads["w"].reshape(-1),
            )  # fmt: skip
            return None
        dx = self._both_gradients(rows, winner, dout)
        return self._unpadded(dx, shape) if self.input_gradient else None

    def _operation(self, height, width):
        """Return what the kernels are told of images of this size."""
        op = self._operations.get((height, width))
        if op is None:
            op = convolution(self.conv, self.pool, height, width, exact=True)
            self._operations[height, width] = op
        return op

    def _padded(self, x, behind):
        """Return ``x`` with its padding, as rows: shape (N, HP, WP * C).

        If ``behind``, some floats behind its end can be read if C is no multiple of BLOCK. An
        array that cannot be written is copied, too: it is of another type to numba, which would
        compile everything again.
        """
        N, H, W, C = x.shape
        window = self.conv.window
        (above, _), (left, _) = window.padding(H, W)
        HP, WP = window.padded_size(H, W)
        if (HP, WP) == (H, W) and x.flags.writeable and not (behind and C % kernels.BLOCK):
            return np.ascontiguousarray(x).reshape(N, H, W * C)
        # Made of zeros and only ever written inside: the padding stays. Images of another size
        # have another inside, and so a buffer of their own.
        padded = self._buffer(f"{H} x {W}, padded", (N, HP, WP, C))
        self._call(np.copyto, padded[:, above : above + H, left : left + W], x)
        return padded.reshape(N, HP, WP * C)

    def _both_gradients(self, rows, winner, dout):
        """Fill ``grads["w"]`` and return the gradient for ``rows``, from the winners alone."""
        KH, KW, C, OC = self.params["w"].shape
        w, dw = (self._buffer(name, (OC, KH, KW * C)) for name in ("w by channel", "dw by channel"))
        self._call(np.copyto, w.reshape(OC, -1), self.params["w"].reshape(-1, OC).T)
        dx = self._buffer("dx padded", rows.shape)
        (_, OH, OW, _), (SH, SW) = dout.shape, self.conv.window.stride
        PH, PW = (1, 1) if self.pool is None else self.pool.window.kernel
        start = self._buffer("start", (OH * OW + 1,), np.intp)
        gradient = self._buffer("gradient", (OH * OW + 1,))
        places = self._buffer("places", (kernels.DEAD + 1,), np.intp)
        self._call(
            kernels.gradients, rows, w, winner, dout, SH, SW * C, PH, PW, dw, dx, places, start,
            gradient,
        )  # fmt: skip
        self._call(np.copyto, self.grads["w"].reshape(-1, OC), dw.reshape(OC, -1).T)
        return dx

    def _unpadded(self, padded, shape):
        """Return the maps (N, H, W, C) inside of ``padded``, shape (N, HP, WP * C)."""
        N, H, W, C = shape
        (above, _), (left, _) = self.conv.window.padding(H, W)
        inside = padded.reshape(N, padded.shape[1], padded.shape[2] // C, C)
        inside = inside[:, above : above + H, left : left + W]
        if inside.flags.c_contiguous:
            return inside
        dx = self._buffer("dx", shape)
        self._call(np.copyto, dx, inside)
        return dx


class FastBatchNorm(FastLayer):
    """`nn.BatchNorm`, in two passes over the batch instead of ten."""

    plain: BatchNorm

    def _forward(self, x, train):
        """Return ``x``, shape (N, ..., C), normalised."""
        C = self.config["channels"]
        rows = np.ascontiguousarray(x).reshape(-1, C)
        mean, var = self._buffer("mean", (C,), np.float64), self._buffer("var", (C,), np.float64)
        if train:
            m = self.plain.count_values(x)
            self._call(kernels.moments, rows, mean, var)
            self._call(self.plain.track, mean, var, m)
        else:
            mean[...], var[...] = self.state["mean"], self.state["var"]
        inv_std = self._buffer("inv_std", (C,))
        out, x_hat = self._buffer("out", x.shape), self._buffer("x_hat", x.shape)
        self._call(
            kernels.normalise, rows, mean, var, self.config["eps"], self.params["gamma"],
            self.params["beta"], inv_std, x_hat.reshape(-1, C), out.reshape(-1, C),
        )  # fmt: skip
        return out, (x_hat, inv_std)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``, in its shape; fill ``grads``."""
        x_hat, inv_std = cache
        C = dout.shape[-1]
        dx = self._buffer("dx", dout.shape)
        for name in ("gamma", "beta"):
            self.grads[name] = self._buffer(f"d{name}", (C,))
        self._call(
            kernels.normalise_backward, np.ascontiguousarray(dout).reshape(-1, C),
            x_hat.reshape(-1, C), self.params["gamma"], inv_std, self.grads["gamma"],
            self.grads["beta"], dx.reshape(-1, C),
        )  # fmt: skip
        return dx


class FastDense(FastLayer):
    """`nn.Dense`, in buffers."""

    def _forward(self, x, train):
        """Return ``x @ w + b``, shape (N, out_features), for ``x`` of shape (N, in_features)."""
        w = self.params["w"]
        out = self._buffer("out", (len(x), w.shape[1]))
        self._call(np.matmul, x, w, out)
        if "b" in self.params:
            self._call(np.add, out, self.params["b"], out)
        return out, x

    def _backward(self, dout, x):
        """Return the gradient for ``x``, shape (N, in_features); fill ``grads``."""
        w = self.params["w"]
        self.grads["w"], dx = self._buffer("dw", w.shape), self._buffer("dx", x.shape)
        self._call(np.matmul, x.T, dout, self.grads["w"])
        if "b" in self.params:
            self.grads["b"] = self._buffer("db", w.shape[1:])
            self._call(np.add.reduce, dout, 0, None, self.grads["b"])
        self._call(np.matmul, dout, w.T, dx)
        return dx


class FastDropout(FastLayer):
    """`nn.Dropout`, in buffers; the same generator gives the same mask."""

    plain: Dropout

    def _forward(self, x, train):
        """Return ``x`` itself or, in training, ``x`` times the scaled mask."""
        if not train:
            return x, None
        out, scale = self._buffer("out", x.shape), self._buffer("scale", x.shape)
        x = np.ascontiguousarray(x)
        self._call(self._drop, x.reshape(-1), scale.reshape(-1), out.reshape(-1))
        return out, scale

    def _drop(self, x, scale, out):
        """Draw the mask; fill ``scale`` and ``out``."""
        bits = self.plain.rng.integers(2**64, size=-(-x.size // 4), dtype=np.uint64)
        rate = self.config["rate"]
        kernels.drop(bits.view(np.uint16), round(rate * 2**16), 1 / (1 - rate), x, scale, out)

    def _backward(self, dout, scale):
        """Return the gradient for ``x``: ``dout`` times the same scaled mask."""
        dx = self._buffer("dx", dout.shape)
        self._call(np.multiply, dout, scale, dx)
        return dx


class FastReLU(FastLayer):
    """`nn.ReLU`, in buffers."""

    def _forward(self, x, train):
        """Return ``max(x, 0)`` in the shape of ``x``."""
        out = self._buffer("out", x.shape)
        self._call(partial(np.maximum, out=out), x, np.float32(0))
        return out, out

    def _backward(self, dout, out):
        """Return the gradient for ``x``: dout where x was positive, zero elsewhere."""
        dx = self._buffer("dx", out.shape)
        self._call(self._where_positive, out, dout, dx)
        return dx

    @staticmethod
    def _where_positive(out, dout, dx):
        dx.fill(0)
        np.copyto(dx, dout, where=out > 0)

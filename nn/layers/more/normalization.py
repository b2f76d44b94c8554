"""Normalization: subtract a mean and divide by a deviation, both measured before the training."""

import numpy as np

from ..base import Layer
from ..checks import count, float_dtype
from ..init import constant

LEAST = 1e-7
"""Lower bound of the deviation that is divided by."""


class Normalization(Layer):
    """``out = (x - mean) / max(sqrt(var), 1e-7)``, along the last axis.

    Unlike `nn.BatchNorm` it does the same in training, and nothing in it is trained.

    Parameters
    ----------
    channels : int
        C, the size of the last axis.
    dtype : dtype
        Of ``mean`` and ``var`` in ``state``; both (C,), initially 0 and 1.
    """

    def __init__(self, channels: int, *, dtype=np.float32):
        C = count("channels", channels)
        super().__init__(channels=C, dtype=float_dtype(dtype).name)
        self.state["mean"] = constant(0, (C,), dtype)
        self.state["var"] = constant(1, (C,), dtype)

    def _forward(self, x, train):
        """Return ``x`` normalised, in its own shape and dtype."""
        return ((x - self.state["mean"]) / self._deviation()).astype(x.dtype, copy=False), None

    def _backward(self, dout, _cache):
        """Return the gradient for ``x``: dout divided by the deviation."""
        return (dout / self._deviation()).astype(dout.dtype, copy=False)

    def _deviation(self):
        return np.maximum(np.sqrt(self.state["var"]), LEAST)

    def _input_axes(self, ndim):
        C = self.config["channels"]
        return ("N", C) if ndim == 2 else ("N", "H", "W", C)

"""Rescaling: the same affine map for every value, for data in other units."""

import math

from .base import Layer


class Rescaling(Layer):
    """Bring data into the range that a network was trained on: ``out = scale * x + offset``.

    Parameters
    ----------
    scale, offset : float
        Finite. They are constants, which training does not change.
    """

    def __init__(self, scale: float = 1.0, offset: float = 0.0):
        if not (math.isfinite(scale) and math.isfinite(offset)):
            raise ValueError(f"scale and offset must be finite, not {scale!r} and {offset!r}")
        super().__init__(scale=float(scale), offset=float(offset))

    def _forward(self, x, train):
        """Return ``scale * x + offset`` in the shape and dtype of ``x``."""
        number = x.dtype.type
        return x * number(self.config["scale"]) + number(self.config["offset"]), None

    def _backward(self, dout, _cache):
        """Return the gradient for ``x``: ``scale * dout``."""
        return dout * dout.dtype.type(self.config["scale"])

"""Hard sigmoid: a straight line, cut off at 0 and 1, instead of the sigmoid's curve."""

import numpy as np

from ..base import Layer
from .arguments import finite


class HardSigmoid(Layer):
    """``out = min(max(slope * x + offset, 0), 1)``, element-wise.

    Parameters
    ----------
    slope, offset : float
        Finite. Keras 3 and PyTorch use 1/6 and 1/2, Keras 2 and ONNX 0.2 and 1/2.
    """

    def __init__(self, slope: float = 0.2, offset: float = 0.5):
        super().__init__(slope=finite("slope", slope), offset=finite("offset", offset))

    def _forward(self, x, train):
        """Return the line through ``offset``, cut off at 0 and 1."""
        number = x.dtype.type
        line = number(self.config["slope"]) * x + number(self.config["offset"])
        return np.clip(line, 0, 1), (line > 0) & (line < 1)

    def _backward(self, dout, inside):
        """Return the gradient for ``x``: ``slope`` inside, zero where the line is cut off."""
        return np.where(inside, dout * dout.dtype.type(self.config["slope"]), 0)

    def _choices(self, inside):
        return inside

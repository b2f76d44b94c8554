"""Leaky ReLU: a ReLU that lets a little of a negative number through, so that no unit dies."""

import numpy as np

from ..base import Layer
from .arguments import finite


class LeakyReLU(Layer):
    """``out = x`` where x > 0, ``slope * x`` elsewhere, element-wise.

    Parameters
    ----------
    slope : float
        Finite; Keras uses 0.3 by default, PyTorch and ONNX 0.01.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013,
    section 2.
    """

    def __init__(self, slope: float = 0.01):
        super().__init__(slope=finite("slope", slope))

    def _forward(self, x, train):
        """Return ``x`` where it is positive, else ``slope * x``."""
        slope = np.where(x > 0, 1, x.dtype.type(self.config["slope"]))
        return x * slope, slope

    def _backward(self, dout, slope):
        """Return the gradient for ``x``: each output is its input times a constant slope."""
        return dout * slope

    def _choices(self, slope):
        return slope

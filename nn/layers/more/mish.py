"""Mish: each number times the tanh of its softplus."""

import numpy as np

from ..base import Layer
from .sigmoid import sigmoid


class Mish(Layer):
    """``out = x * tanh(log(1 + exp(x)))``, element-wise.

    References
    ----------
    Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019, section 2.
    """

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return ``x * tanh(softplus(x))`` in the shape of ``x``."""
        t = np.tanh(np.logaddexp(x.dtype.type(0), x))
        return x * t, (x, t)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``: t + x * (1 - t^2) * sigmoid(x), by product and chain."""
        x, t = cache
        return dout * (t + x * (1 - t * t) * sigmoid(x))

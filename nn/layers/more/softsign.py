"""Softsign: squash any number into (-1, 1) by division, ``out = x / (1 + |x|)``."""

import numpy as np

from ..base import Layer


class Softsign(Layer):
    """``out = x / (1 + |x|)``, element-wise: like Tanh, with longer tails.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010, section 3.2.
    """

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return ``x / (1 + |x|)`` in the shape of ``x``."""
        below = 1 + np.abs(x)
        return x / below, below

    def _backward(self, dout, below):
        """Return the gradient for ``x``: d out / d x = 1 / (1 + |x|)^2."""
        return dout / (below * below)

"""Softplus: a ReLU with a rounded corner, ``out = log(1 + exp(x))``."""

import numpy as np

from ..base import Layer
from .sigmoid import sigmoid


class Softplus(Layer):
    """``out = log(1 + exp(x))``, element-wise.

    References
    ----------
    Dugas et al., "Incorporating Second-Order Functional Knowledge for Better Option Pricing", 2001,
    section 3.
    """

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return ``log(exp(0) + exp(x))``, which logaddexp computes without overflow."""
        return np.logaddexp(x.dtype.type(0), x), x

    def _backward(self, dout, x):
        """Return the gradient for ``x``: the slope is the sigmoid of ``x``."""
        return dout * sigmoid(x)

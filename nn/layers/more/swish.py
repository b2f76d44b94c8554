"""Swish, also called SiLU: each number times its sigmoid."""

from ..base import Layer
from .sigmoid import sigmoid


class Swish(Layer):
    """``out = x / (1 + exp(-x))``, element-wise.

    References
    ----------
    Ramachandran, Zoph and Le, "Searching for Activation Functions", 2017, section 4.
    """

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return ``x * sigmoid(x)`` in the shape of ``x``."""
        s = sigmoid(x)
        return x * s, (x, s)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``, by the product rule: s + x * s * (1 - s)."""
        x, s = cache
        return dout * (s + x * s * (1 - s))

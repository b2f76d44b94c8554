"""Sigmoid: squash any number into (0, 1), ``out = 1 / (1 + exp(-x))``."""

import numpy as np

from ..base import Layer


class Sigmoid(Layer):
    """Logistic function, element-wise. Far from zero it is flat, and gradients vanish."""

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return ``1 / (1 + exp(-x))`` in the shape of ``x``."""
        out = sigmoid(x)
        return out, out

    def _backward(self, dout, out):
        """Return the gradient for ``x``: d out / d x = out * (1 - out)."""
        return dout * out * (1 - out)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the logistic function of ``x``; exp of a negative number cannot overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)

"""GELU: each number times the probability that a normal variable is below it."""

import math

import numpy as np

from ..base import Layer

erf = np.vectorize(math.erf, otypes=[float])
"""NumPy has no error function; Python's is slow and exact."""


class GELU(Layer):
    """``out = x * P(X < x)`` with X normal, P = (1 + erf(x / sqrt 2)) / 2, element-wise.

    Parameters
    ----------
    approximate : bool
        Whether P is ``(1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2`` instead.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016, section 2.
    """

    def __init__(self, approximate: bool = False):
        super().__init__(approximate=bool(approximate))

    def _forward(self, x, train):
        """Return ``x * P(x)`` in the shape and dtype of ``x``."""
        if self.config["approximate"]:
            P = (1 + np.tanh(self._inner(x))) / 2
        else:
            P = ((1 + erf(x / math.sqrt(2))) / 2).astype(x.dtype)
        return x * P, (x, P)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``, by the product rule: P(x) + x * P'(x).

        P' is the normal density; of the approximation, (1 - tanh^2) / 2 times the inner slope.
        """
        x, P = cache
        if self.config["approximate"]:
            slope = 2 * P * (1 - P) * (math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x))
        else:
            slope = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        return dout * (P + x * slope)

    @staticmethod
    def _inner(x):
        return math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)

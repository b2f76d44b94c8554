"""ELU: a ReLU whose negative side bends smoothly towards -alpha."""

import numpy as np

from ..base import Layer
from .arguments import finite


class ELU(Layer):
    """``out = x`` where x > 0, ``alpha * (exp(x) - 1)`` elsewhere, element-wise.

    Parameters
    ----------
    alpha : float
        Finite.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Exponential Linear Units", 2016, section 3.
    """

    def __init__(self, alpha: float = 1.0):
        super().__init__(alpha=finite("alpha", alpha))

    def _forward(self, x, train):
        """Return ``x`` where it is positive, else ``alpha * (exp(x) - 1)``."""
        bent = x.dtype.type(self.config["alpha"]) * np.expm1(np.minimum(x, 0))
        return np.where(x > 0, x, bent), (x > 0, bent)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``: the slope is 1, or alpha * exp(x) = bent + alpha."""
        positive, bent = cache
        return np.where(positive, dout, dout * (bent + dout.dtype.type(self.config["alpha"])))

    def _choices(self, cache):
        positive, _ = cache
        return positive

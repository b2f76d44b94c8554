"""SELU: an ELU scaled so that deep networks keep mean 0 and variance 1 without BatchNorm."""

import numpy as np

from ..base import Layer

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


class SELU(Layer):
    """``out = SCALE * x`` where x > 0, ``SCALE * ALPHA * (exp(x) - 1)`` elsewhere, element-wise.

    References
    ----------
    Klambauer et al., "Self-Normalizing Neural Networks", 2017, equation 2 and appendix A1 (the
    constants).
    """

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return the scaled ELU of ``x``."""
        number = x.dtype.type
        bent = number(SCALE * ALPHA) * np.expm1(np.minimum(x, 0))
        return np.where(x > 0, number(SCALE) * x, bent), (x > 0, bent)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``: SCALE, or bent + SCALE * ALPHA where x < 0."""
        (positive, bent), number = cache, dout.dtype.type
        return dout * np.where(positive, number(SCALE), bent + number(SCALE * ALPHA))

    def _choices(self, cache):
        positive, _ = cache
        return positive

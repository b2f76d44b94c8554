"""Hard swish: each number times its hard sigmoid, ``out = x * min(max(x + 3, 0), 6) / 6``."""

import numpy as np

from ..base import Layer


class HardSwish(Layer):
    """``out = x * min(max(x + 3, 0), 6) / 6``, element-wise.

    References
    ----------
    Howard et al., "Searching for MobileNetV3", 2019, section 5.2.
    """

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return ``x`` times its hard sigmoid."""
        return x * np.clip(x + 3, 0, 6) / 6, x

    def _backward(self, dout, x):
        """Return the gradient for ``x``: 0 below -3, 1 above 3, between them (2 x + 3) / 6."""
        return dout * np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * x + 3) / 6))

    def _choices(self, x):
        return np.sign(x + 3) + np.sign(x - 3)

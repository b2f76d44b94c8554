"""Clip: limit every number to a range; from 0 to 6 this is ReLU6."""

import math

import numpy as np

from ..base import Layer


class Clip(Layer):
    """``out = min(max(x, low), high)``, element-wise.

    Parameters
    ----------
    low, high : float or None
        The range; None or infinity for no limit.
    """

    def __init__(self, low: float | None = 0.0, high: float | None = 6.0):
        bottom = -math.inf if low is None else float(low)
        top = math.inf if high is None else float(high)
        if not bottom < top:
            raise ValueError(f"low must be less than high, not {low!r} and {high!r}")
        super().__init__(
            low=None if bottom == -math.inf else bottom, high=None if top == math.inf else top
        )

    def _forward(self, x, train):
        """Return ``x`` limited to the range."""
        out = np.clip(x, self.config["low"], self.config["high"])
        return out, out == x

    def _backward(self, dout, inside):
        """Return the gradient for ``x``: dout inside the range, zero where x was limited."""
        return np.where(inside, dout, 0)

    def _choices(self, inside):
        return inside

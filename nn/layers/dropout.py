"""Dropout: in training, set random values to zero, so that the network relies on none of them."""

from typing import Self

import numpy as np

from .base import Layer


class Dropout(Layer):
    """Set each value to zero with probability ``rate`` in training; do nothing otherwise.

    The others are divided by 1 - rate ("inverted" dropout): this keeps the expected value, so
    inference needs no rescaling.

    Parameters
    ----------
    rate : float
        In [0, 1).
    rng : numpy.random.Generator, optional
        Draws the mask; unseeded by default.

    References
    ----------
    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014,
    section 10.
    """

    def __init__(self, rate: float, *, rng: np.random.Generator | None = None):
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be in [0, 1), not {rate!r}")
        super().__init__(rate=float(rate))
        self.rng = np.random.default_rng() if rng is None else rng

    def _forward(self, x, train):
        """Return ``x`` itself or, in training, ``x`` times the scaled mask."""
        if not train:
            return x, None
        rate = self.config["rate"]
        # 16 random bits a value, four values a draw: a float each would take three times as long.
        bits = self.rng.integers(2**64, size=-(-x.size // 4), dtype=np.uint64).view(np.uint16)
        kept = bits[: x.size].reshape(x.shape) >= round(rate * 2**16)
        scale = kept * x.dtype.type(1 / (1 - rate))
        return x * scale, scale

    def _backward(self, dout, scale):
        """Return the gradient for ``x``: ``dout`` times the same scaled mask."""
        return dout * scale

    def replica(self) -> Self:
        """Return a layer with a generator of its own; see `Layer.replica`."""
        twin = super().replica()
        twin.rng = self.rng.spawn(1)[0]
        return twin

"""Gaussian noise: in training, add random numbers, so that nothing relies on exact values."""

import numpy as np

from ..dropout import Dropout
from .arguments import finite


class GaussianNoise(Dropout):
    """``out = x + stddev * normal`` in training; nothing otherwise.

    A subclass of `nn.Dropout`, so that `Sequential.dropouts` includes it.

    Parameters
    ----------
    stddev : float
        Standard deviation of the noise; at least 0.
    rng : numpy.random.Generator, optional
        Draws the noise; unseeded by default.
    """

    def __init__(self, stddev: float, *, rng: np.random.Generator | None = None):
        if finite("stddev", stddev) < 0:
            raise ValueError(f"stddev must not be negative, not {stddev!r}")
        super().__init__(0, rng=rng)
        self.config = {"stddev": float(stddev)}

    def _forward(self, x, train):
        """Return ``x`` or, in training, ``x`` plus noise."""
        if not train:
            return x, None
        return x + self.config["stddev"] * self.rng.standard_normal(x.shape, x.dtype), None

    def _backward(self, dout, _cache):
        """Return the gradient for ``x``: ``dout``, as the noise does not depend on x."""
        return dout

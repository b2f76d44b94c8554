"""Dropout: in training, values are dropped at random, so that none is relied upon."""

from typing import Self

import numpy as np

from .base import Layer


class Dropout(Layer):
    """Set each value to zero with probability ``rate`` in training; do nothing otherwise.

    What is kept is divided by 1 - rate ("inverted" dropout), so that the expected value is the same
    with and without it, and nothing has to be rescaled when the network is used.

    Parameters
    ----------
    rate : float
        In [0, 1).
    rng : numpy.random.Generator, optional
        Draws what is dropped; an unseeded one, if not given.

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
        """Return ``x`` itself or, in training, with values dropped and the rest scaled up."""
        if not train:
            return x, None
        rate = self.config["rate"]
        kept = self.rng.random(x.shape, dtype=np.float32) >= np.float32(rate)
        scale = kept * x.dtype.type(1 / (1 - rate))
        return x * scale, scale

    def _backward(self, dout, scale):
        """Return the gradient for ``x``: each value's gradient is scaled as the value was."""
        return dout * scale

    def replica(self) -> Self:
        """Return a layer with a generator of its own; see `Layer.replica`."""
        twin = super().replica()
        twin.rng = self.rng.spawn(1)[0]
        return twin

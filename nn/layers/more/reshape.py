"""Reshape: the same numbers in another shape, in row-major order."""

import math

from ..base import Layer
from .arguments import sizes


class Reshape(Layer):
    """Give every image the shape ``shape``, which must hold as many numbers.

    Parameters
    ----------
    shape : tuple of int
        Without N.
    """

    def __init__(self, shape: tuple[int, ...]):
        super().__init__(shape=sizes("shape", shape))

    def _forward(self, x, train):
        """Return ``x`` of shape (N, ...) as (N, *shape)."""
        return x.reshape(len(x), *self.config["shape"]), x.shape

    def _backward(self, dout, shape):
        """Return dout, reshaped to the shape of the input."""
        return dout.reshape(shape)

    def _output_shape(self, shape):
        if math.prod(shape) != math.prod(self.config["shape"]):
            raise ValueError(f"an input of shape {shape} cannot become {self.config['shape']}")
        return self.config["shape"]

"""Permute: the axes of an image in another order."""

import numpy as np

from ..base import Layer
from .arguments import sizes


class Permute(Layer):
    """Transpose every image: axis i of the output is axis ``axes[i]`` of the input.

    Parameters
    ----------
    axes : tuple of int
        A permutation of 1, 2, ... (N, axis 0, stays first): (3, 1, 2) puts channels first.
    """

    def __init__(self, axes: tuple[int, ...]):
        axes = sizes("axes", axes)
        if sorted(axes) != list(range(1, len(axes) + 1)):
            raise ValueError(f"axes must be a permutation of 1 to {len(axes)}, not {axes}")
        super().__init__(axes=axes)

    def _forward(self, x, train):
        """Return ``x`` with its axes permuted."""
        return x.transpose(0, *self.config["axes"]), None

    def _backward(self, dout, _cache):
        """Return dout, its axes back in the order of the input."""
        return dout.transpose(0, *(1 + np.argsort(self.config["axes"])))

    def _output_shape(self, shape):
        axes = self.config["axes"]
        if len(shape) != len(axes):
            raise ValueError(f"it permutes {len(axes)} axes, an input of shape {shape} has others")
        return tuple(shape[axis - 1] for axis in axes)

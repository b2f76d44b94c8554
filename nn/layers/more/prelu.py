"""PReLU: a leaky ReLU whose slope for negative numbers is trained."""

import numpy as np

from ..base import Layer
from ..checks import float_dtype
from ..init import constant
from .arguments import sizes


class PReLU(Layer):
    """``out = x`` where x > 0, ``alpha * x`` elsewhere, element-wise.

    Parameters
    ----------
    shape : tuple of int
        Shape of ``alpha``: sizes of the input's last axes, or 1 where it is shared along an axis;
        (C,) has one slope per channel.
    dtype : dtype
        Of ``params["alpha"]``, initially 0.25.

    References
    ----------
    He et al., "Delving Deep into Rectifiers", 2015, section 2.1.
    """

    def __init__(self, shape: tuple[int, ...], *, dtype=np.float32):
        shape = sizes("shape", shape)
        super().__init__(shape=shape, dtype=float_dtype(dtype).name)
        self.params["alpha"] = constant(0.25, shape, dtype)

    def _forward(self, x, train):
        """Return ``x`` where it is positive, else ``alpha * x``."""
        return np.where(x > 0, x, self.params["alpha"] * x), x

    def _backward(self, dout, x):
        """Return the gradient for ``x``; one alpha serves many values, so dalpha is their sum."""
        alpha = self.params["alpha"]
        dalpha = np.where(x > 0, 0, x * dout)
        lead = x.ndim - alpha.ndim
        shared = tuple(lead + i for i, n in enumerate(alpha.shape) if n == 1)
        summed = dalpha.sum(axis=(*range(lead), *shared), keepdims=True)
        self.grads["alpha"] = summed.reshape(alpha.shape)
        return np.where(x > 0, dout, alpha * dout)

    def _output_shape(self, shape):
        wanted = self.config["shape"]
        last = shape[max(len(shape) - len(wanted), 0) :]
        if len(last) != len(wanted) or any(
            a not in (1, n) for a, n in zip(wanted, last, strict=True)
        ):
            raise ValueError(f"alpha of shape {wanted} does not fit an input of shape {shape}")
        return shape

    def _choices(self, x):
        return x > 0

"""A dense layer: every output is a weighted sum of all inputs, ``out = x @ w + b``."""

import numpy as np

from .base import Layer, Shape
from .checks import count, float_dtype
from .init import constant, glorot_uniform


class Dense(Layer):
    """Connect ``in_features`` inputs with ``out_features`` outputs.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool
        Whether to add ``b``.
    rng : numpy.random.Generator, optional
        Draws the initial weights; unseeded by default.
    dtype : dtype
        Of the parameters.

    ``params["w"]`` has the shape (in_features, out_features), ``params["b"]`` (out_features,).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        rng: np.random.Generator | None = None,
        dtype=np.float32,
    ):
        super().__init__(
            in_features=count("in_features", in_features),
            out_features=count("out_features", out_features),
            bias=bool(bias),
            dtype=float_dtype(dtype).name,
        )
        shape = in_features, out_features
        self.params["w"] = glorot_uniform(shape, in_features, out_features, rng, dtype)
        if bias:
            self.params["b"] = constant(0, (out_features,), dtype)

    def _forward(self, x, train):
        """Return ``x @ w + b``, shape (N, out_features), for ``x`` of shape (N, in_features)."""
        out = x @ self.params["w"]
        if "b" in self.params:
            out += self.params["b"]
        return out, x

    def _backward(self, dout, x):
        """Return the gradient for ``x``, shape (N, in_features).

        Each factor's gradient is dout times the other factor, transposed; b was added to every
        row, so db sums the rows.
        """
        self.grads["w"] = x.T @ dout
        if "b" in self.params:
            self.grads["b"] = dout.sum(axis=0)
        return dout @ self.params["w"].T

    def _input_axes(self, ndim):
        return "N", self.config["in_features"]

    def _output_shape(self, shape):
        return (self.config["out_features"],)

    def multiply_adds(self, shape: Shape) -> int:
        """Return in_features * out_features."""
        return self.params["w"].size

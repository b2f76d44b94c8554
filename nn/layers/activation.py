"""The activations ReLU and Softmax, and Flatten, which turns feature maps into vectors."""

import math

import numpy as np

from .base import Layer


class ReLU(Layer):
    """Rectified linear unit: ``out = max(x, 0)``, element-wise. Any shape; a NaN stays a NaN."""

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return ``max(x, 0)`` in the shape of ``x``."""
        return np.maximum(x, 0), x > 0

    def _backward(self, dout, positive):
        """Return the gradient for ``x``: dout where x was positive, zero elsewhere.

        There is no derivative at x = 0; the one from the left, 0, is used.
        """
        return np.where(positive, dout, 0)

    def _choices(self, positive):
        return positive


class Softmax(Layer):
    """Turn each row of logits into probabilities: ``out = exp(x) / sum(exp(x))``.

    For training, prefer logits and `nn.SoftmaxCrossEntropy`, which is more accurate.
    """

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return the probabilities, shape (N, K), of logits ``x`` of shape (N, K)."""
        out = softmax(x)
        return out, out

    def _backward(self, dout, out):
        """Return the gradient for ``x``, shape (N, K).

        d out_i / d x_j = out_i * (1[i = j] - out_j): raising one logit lowers every other
        probability, hence the second term.
        """
        return out * (dout - (dout * out).sum(axis=1, keepdims=True))

    def _input_axes(self, ndim):
        return "N", "K"


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the softmax of each row of ``x``, shape (N, K).

    The largest logit of a row is subtracted first: the result is the same, and exp cannot overflow.
    """
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Flatten(Layer):
    """Reshape each image to one row: (N, H, W, C) becomes (N, H * W * C)."""

    def __init__(self):
        super().__init__()

    def _forward(self, x, train):
        """Return ``x`` of shape (N, ...) as (N, features)."""
        return x.reshape(len(x), math.prod(x.shape[1:])), x.shape

    def _backward(self, dout, shape):
        """Return dout, reshaped to the shape of the input."""
        return dout.reshape(shape)

    def _output_shape(self, shape):
        return (math.prod(shape),)

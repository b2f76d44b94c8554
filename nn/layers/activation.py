"""Element by element: ReLU and Softmax, and the Flatten that stands between images and vectors."""

import math

import numpy as np

from .base import Layer


class ReLU(Layer):
    """Keep what is positive: ``out = max(x, 0)``. Any shape; a NaN stays a NaN."""

    def __init__(self):
        super().__init__()

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return ``max(x, 0)`` in the shape of ``x``."""
        return self._remember(train, np.maximum(x, 0), x > 0)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient for ``x``: dout where x was positive, zero elsewhere.

        At exactly 0, where the slope jumps, we take the slope to the left: 0.
        """
        (positive,) = self._recall(dout)
        return np.where(positive, dout, 0)

    def choices(self) -> np.ndarray | None:
        """Return where the input was positive."""
        return None if self._memory is None else self._memory[1][0]


class Softmax(Layer):
    """Turn each row of logits into probabilities: ``out = exp(x) / sum(exp(x))``.

    For training, prefer logits and `nn.SoftmaxCrossEntropy`, which is more exact.
    """

    def __init__(self):
        super().__init__()

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return the probabilities, shape (N, K), of logits ``x`` of shape (N, K)."""
        self._expect(x.shape, "N", "K")
        out = softmax(x)
        return self._remember(train, out, out)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient for ``x``, shape (N, K).

        d out_i / d x_j = out_i * (1[i = j] - out_j): raising one logit lowers every other
        probability, which is the second term.
        """
        (out,) = self._recall(dout)
        return out * (dout - (dout * out).sum(axis=1, keepdims=True))


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the softmax of each row of ``x``, shape (N, K).

    The largest logit of a row is subtracted first: the result is the same, and exp cannot overflow.
    """
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Flatten(Layer):
    """Lay each image out as one row: (N, H, W, C) becomes (N, H * W * C)."""

    def __init__(self):
        super().__init__()

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return ``x`` of shape (N, ...) as (N, features)."""
        out = x.reshape(len(x), math.prod(x.shape[1:]))
        return self._remember(train, out, x.shape)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return dout in the shape that the input had: nothing was computed, only laid out."""
        (shape,) = self._recall(dout)
        return dout.reshape(shape)

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return (H * W * C,)."""
        return (math.prod(shape),)

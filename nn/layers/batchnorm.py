"""Batch normalisation: give every channel mean 0 and variance 1, then a scale and shift of its own.

::

    x_hat = (x - mean) / sqrt(var + eps)        out = gamma * x_hat + beta

In training, mean and var are those of the batch at hand, over all its images and places. In use
there may be one image only, so running averages of what training saw stand in for them.
"""

import math

import numpy as np

from .base import Layer
from .checks import count, float_dtype


class BatchNorm(Layer):
    """Normalise each channel, the last axis, of (N, C) or (N, H, W, C).

    Parameters
    ----------
    channels : int
        C.
    momentum : float
        In [0, 1): how much of the running averages each training batch leaves in place.
    eps : float
        Added to the variance, so that a constant channel divides by something.
    dtype : dtype
        Of the parameters and the running statistics.

    ``params`` holds ``gamma`` and ``beta``, ``state`` holds ``mean`` and ``var``, all of shape
    (C,).

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization", 2015: algorithm 1 (training), algorithm 2 (use, with
    the unbiased variance), section 3 (backward).
    """

    def __init__(
        self, channels: int, *, momentum: float = 0.9, eps: float = 1e-5, dtype=np.float32
    ):
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be in [0, 1), not {momentum!r}")
        if not 0 < eps < math.inf:
            raise ValueError(f"eps must be positive and finite, not {eps!r}")
        super().__init__(
            channels=count("channels", channels),
            momentum=float(momentum),
            eps=float(eps),
            dtype=float_dtype(dtype).name,
        )
        self.params["gamma"] = np.ones(channels, dtype)
        self.params["beta"] = np.zeros(channels, dtype)
        self.state["mean"] = np.zeros(channels, dtype)
        self.state["var"] = np.ones(channels, dtype)

    @staticmethod
    def param_shapes(channels, **_config):
        """Return the shapes of ``gamma`` and ``beta``; see `Layer.param_shapes`."""
        return {"gamma": (channels,), "beta": (channels,)}

    def expect(self, shape: tuple, train: bool = False) -> None:
        """See that ``shape`` is (N, C) or (N, H, W, C), and none of them 0 in training.

        Raises
        ------
        ValueError
            If it is not.
        """
        C = self.config["channels"]
        self._expect(shape, *(("N", C) if len(shape) == 2 else ("N", "H", "W", C)))
        if train and not math.prod(shape):
            raise ValueError("BatchNorm: an empty batch has no mean to train with")

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return ``x`` normalised, in its own shape.

        Raises
        ------
        ValueError
            If ``x`` has another number of channels, or if a training batch is empty.
        """
        self.expect(x.shape, train)
        if train:
            mean, var = self._batch_statistics(x)
        else:
            mean, var = self.state["mean"], self.state["var"]
        inv_std = 1 / np.sqrt(var + x.dtype.type(self.config["eps"]))
        x_hat = (x - mean) * inv_std
        out = self.params["gamma"] * x_hat + self.params["beta"]
        return self._remember(train, out, x_hat, inv_std)

    def _batch_statistics(self, x):
        """Return the mean and variance of each channel, and move the running ones towards them."""
        m = x.size // x.shape[-1]
        axes = tuple(range(x.ndim - 1))
        # In float64: a sum of many float32 numbers far from zero would lose the variance.
        mean, var = (f(axes, dtype=np.float64).astype(x.dtype) for f in (x.mean, x.var))
        self.track(mean, var, m)
        return mean, var

    def track(self, mean: np.ndarray, var: np.ndarray, m: int) -> None:
        """Move the running statistics towards those of a batch of ``m`` values per channel."""
        keep = self.config["momentum"]
        unbiased = var * (m / max(m - 1, 1))
        for name, now in (("mean", mean), ("var", unbiased)):
            self.state[name][...] = keep * self.state[name] + (1 - keep) * now

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return ``shape``."""
        self.expect(("N", *shape))
        return shape

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """Return the gradient for ``x``, in its shape.

        A value reaches the loss on three ways: by itself, through the mean and through the
        variance. The last two are the same for all values of a channel; they take away what part
        of the gradient would only shift or scale the channel as a whole, which normalising undoes:
        dx = gamma / std * (dout - mean(dout) - x_hat * mean(dout * x_hat)).
        """
        x_hat, inv_std = self._recall(dout)
        axes = tuple(range(dout.ndim - 1))
        self.grads["gamma"] = (dout * x_hat).sum(axes)
        self.grads["beta"] = dout.sum(axes)
        m = dout.size // dout.shape[-1]
        through_mean = self.grads["beta"] / m
        through_var = x_hat * (self.grads["gamma"] / m)
        return self.params["gamma"] * inv_std * (dout - through_mean - through_var)

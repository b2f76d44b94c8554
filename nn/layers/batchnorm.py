"""Batch normalisation: give each channel mean 0 and variance 1, then a trained scale and shift.

::

    x_hat = (x - mean) / sqrt(var + eps)        out = gamma * x_hat + beta

In training, mean and var are those of the batch, over all images and positions. At inference they
are running averages from training, because a batch may be a single image.
"""

import math

import numpy as np

from .base import Layer
from .checks import count, float_dtype
from .init import constant


class BatchNorm(Layer):
    """Normalise each channel, the last axis, of (N, C) or (N, H, W, C).

    Parameters
    ----------
    channels : int
        C.
    momentum : float
        In [0, 1): the share of the running averages that each training batch keeps.
    eps : float
        Added to the variance, to avoid division by zero in a constant channel.
    dtype : dtype
        Of ``gamma`` and ``beta`` in ``params``, ``mean`` and ``var`` in ``state``; all (C,).

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization", 2015: algorithm 1 (training), algorithm 2 (inference,
    with the unbiased variance), section 3 (backward).
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
        self.params["gamma"] = constant(1, (channels,), dtype)
        self.params["beta"] = constant(0, (channels,), dtype)
        self.state["mean"] = constant(0, (channels,), dtype)
        self.state["var"] = constant(1, (channels,), dtype)

    def _forward(self, x, train):
        """Return ``x`` normalised, in its own shape; ValueError if a training batch is empty."""
        if train:
            mean, var = self._batch_statistics(x)
        else:
            mean, var = self.state["mean"], self.state["var"]
        inv_std = 1 / np.sqrt(var + x.dtype.type(self.config["eps"]))
        x_hat = (x - mean) * inv_std
        out = self.params["gamma"] * x_hat + self.params["beta"]
        return out, (x_hat, inv_std)

    def _batch_statistics(self, x):
        """Return the mean and variance of each channel; update the running ones."""
        m = self.count_values(x)
        axes = tuple(range(x.ndim - 1))
        # In float64: a sum of many float32 numbers far from zero would lose the variance.
        mean, var = (f(axes, dtype=np.float64).astype(x.dtype) for f in (x.mean, x.var))
        self.track(mean, var, m)
        return mean, var

    @staticmethod
    def count_values(x: np.ndarray) -> int:
        """Return the number of values per channel; raise ValueError if a batch has none."""
        if not x.size:
            raise ValueError("BatchNorm: an empty batch has no mean to train with")
        return x.size // x.shape[-1]

    def track(self, mean: np.ndarray, var: np.ndarray, m: int) -> None:
        """Move the running statistics towards those of a batch of ``m`` values per channel."""
        keep = self.config["momentum"]
        unbiased = var * (m / max(m - 1, 1))
        for name, now in (("mean", mean), ("var", unbiased)):
            self.state[name][...] = keep * self.state[name] + (1 - keep) * now

    def _input_axes(self, ndim):
        C = self.config["channels"]
        return ("N", C) if ndim == 2 else ("N", "H", "W", C)

    def _backward(self, dout, cache):
        """Return the gradient for ``x``, in its shape.

        A value affects the loss directly, through the mean and through the variance. The last two
        terms remove the part of the gradient that would only shift or scale the whole channel,
        which normalisation undoes:
        dx = gamma / std * (dout - mean(dout) - x_hat * mean(dout * x_hat)).
        """
        x_hat, inv_std = cache
        axes = tuple(range(dout.ndim - 1))
        self.grads["gamma"] = (dout * x_hat).sum(axes)
        self.grads["beta"] = dout.sum(axes)
        m = dout.size // dout.shape[-1]
        through_mean = self.grads["beta"] / m
        through_var = x_hat * (self.grads["gamma"] / m)
        return self.params["gamma"] * inv_std * (dout - through_mean - through_var)

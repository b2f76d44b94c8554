"""Initial weights: random, of a variance at which activations neither vanish nor explode.

The sum of ``fan_in`` independent products has ``fan_in`` times the variance of one. Weights of
variance 1 / fan_in keep it constant. A ReLU halves the mean square, so before a ReLU it is
2 / fan_in.
"""

from contextvars import ContextVar

import numpy as np

PLACEHOLDERS = ContextVar("PLACEHOLDERS", default=False)  # see `nn.saving.limits.build`


def he_normal(shape, fan_in: int, rng: np.random.Generator | None, dtype) -> np.ndarray:
    """Draw weights of variance 2 / fan_in, for a layer before a ReLU.

    Parameters
    ----------
    shape : tuple of int
    fan_in : int
        Number of products summed in one output.
    rng : numpy.random.Generator, optional
        Unseeded by default.
    dtype : dtype

    References
    ----------
    He et al., "Delving Deep into Rectifiers", 2015, section 2.2.
    """
    if PLACEHOLDERS.get():
        return constant(0, shape, dtype)
    rng = np.random.default_rng() if rng is None else rng
    return (rng.standard_normal(shape) * np.sqrt(2.0 / fan_in)).astype(dtype)


def glorot_uniform(
    shape, fan_in: int, fan_out: int, rng: np.random.Generator | None, dtype
) -> np.ndarray:
    """Draw weights of variance 2 / (fan_in + fan_out), for a layer without a ReLU after it.

    ``fan_out`` is the number of outputs that depend on one input; for the rest see `he_normal`.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010, section 4.2.1.
    """
    if PLACEHOLDERS.get():
        return constant(0, shape, dtype)
    rng = np.random.default_rng() if rng is None else rng
    limit = np.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape).astype(dtype)


def constant(value: float, shape, dtype) -> np.ndarray:
    """Return an array filled with one value, such as the initial biases."""
    same = np.broadcast_to(np.array(value, dtype), shape)
    return same if PLACEHOLDERS.get() else same.copy()

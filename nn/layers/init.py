"""First weights: random, and just wide enough that signals neither fade nor explode.

The sum of ``fan_in`` products of independent numbers has a variance ``fan_in`` times as large as
one product's. Weights of variance 1 / fan_in keep it level; a ReLU then throws half of it away, so
a layer in front of one takes 2 / fan_in.
"""

from contextvars import ContextVar

import numpy as np

PLACEHOLDERS = ContextVar("PLACEHOLDERS", default=False)  # see `nn.saving.limits.build`


def he_normal(shape, fan_in: int, rng: np.random.Generator | None, dtype) -> np.ndarray:
    """Draw weights of variance 2 / fan_in, for a layer that a ReLU follows.

    Parameters
    ----------
    shape : tuple of int
    fan_in : int
        The number of products that are added up in one output.
    rng : numpy.random.Generator, optional
        An unseeded one, if not given.
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
    """Draw weights of variance 2 / (fan_in + fan_out), for a layer that gives logits.

    ``fan_out`` is the number of outputs that an input is a part of; the rest is as in `he_normal`.

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
    """Return an array of one value, such as the zeros that biases start with."""
    same = np.broadcast_to(np.array(value, dtype), shape)
    return same if PLACEHOLDERS.get() else same.copy()

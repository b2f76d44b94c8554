"""Small networks and images that several tests of the network share."""

import numpy as np

from nn import (
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
)


def network(*last, dtype=np.float32, size=8, seed=1):
    """A small classifier of three classes with a layer of nearly every kind, and biases not 0."""
    rng = np.random.default_rng(seed)
    kept = size // 2
    model = Sequential(
        [
            Conv2D(1, 4, 3, pad="same", rng=rng, dtype=dtype),
            BatchNorm(4, dtype=dtype),
            ReLU(),
            MaxPool2D(2),
            Dropout(0.25, rng=rng),
            Flatten(),
            Dense(kept * kept * 4, 3, rng=rng, dtype=dtype),
            *last,
        ]
    )
    for array in (model.named_params() | model.named_state()).values():
        array += rng.uniform(0, 0.2, array.shape).astype(dtype)
    return model


def images(N, size=8, seed=2):
    return np.random.default_rng(seed).integers(0, 256, (N, size, size), dtype=np.uint8)

"""Networks that the tests of `nn.explain` share."""

from pathlib import Path

import numpy as np

from nn import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Rescaling,
    Sequential,
    Softmax,
)

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "weights" / "mnist.npz"
EXACT = {"rng": np.random.default_rng(3), "dtype": np.float64}


def trained_batchnorm(channels):
    """Return a float64 BatchNorm whose statistics and parameters are all random."""
    layer = BatchNorm(channels, dtype=np.float64)
    rng = np.random.default_rng(channels)
    layer.params["gamma"][:], layer.params["beta"][:] = rng.uniform(0.5, 2, (2, channels))
    layer.state["mean"][:], layer.state["var"][:] = rng.uniform(0.1, 3, (2, channels))
    return layer


def exact_networks():
    """Yield the name, channels and float64 layers of networks on images of (9, 8, C)."""
    yield "all kinds", 1, [
        Conv2D(1, 4, 3, **EXACT), ReLU(), MaxPool2D(2), trained_batchnorm(4),
        Conv2D(4, 3, (2, 3), pad="same", **EXACT), trained_batchnorm(3), ReLU(),
        AvgPool2D(2, stride=1), Flatten(), Dropout(0.6), Dense(12, 5, **EXACT), Softmax(),
    ]  # fmt: skip
    yield "two channels, ends in logits", 2, [
        Conv2D(2, 3, 3, stride=2, bias=False, **EXACT), ReLU(), Flatten(),
        Dense(36, 6, **EXACT), ReLU(), trained_batchnorm(6), Dense(6, 4, **EXACT),
    ]  # fmt: skip
    yield "no convolution", 1, [
        Dropout(0.5), Flatten(), Dense(72, 7, **EXACT), ReLU(), Dense(7, 3, **EXACT),
    ]  # fmt: skip


def logits(model, x):
    """Return the output of ``model`` at inference, before any softmax."""
    layers = model.layers[:-1] if isinstance(model.layers[-1], Softmax) else model.layers
    for layer in layers:
        x = layer.forward(x)
    return x


def unusual_network(rng):
    """Return a network of what the shipped one lacks, for images of (11, 7, 2).

    Strides, padding, no bias, means, hidden dense layers.
    """
    return Sequential(
        [
            Rescaling(-0.7, 0.3),
            Conv2D(2, 12, (3, 2), stride=(2, 1), pad=1, bias=False, rng=rng),
            AvgPool2D(3, stride=1, pad=1, count_pad=False),
            AvgPool2D(3, stride=2, pad=1),
            ReLU(),
            MaxPool2D(2, stride=1, pad=1),
            Conv2D(12, 3, (2, 4), pad="same", rng=rng),
            Flatten(),
            Dense(60, 20, bias=False, rng=rng),
            BatchNorm(20),
            ReLU(),
            Dense(20, 5, rng=rng),
            Softmax(),
        ]
    )

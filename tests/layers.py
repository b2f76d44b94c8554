"""One of every kind of layer, for tests that ask something of all of them."""

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
    Softmax,
)

LAYERS = {  # for each: how to make it, and the shape of one input
    "conv": (lambda dtype, rng: Conv2D(2, 3, (3, 2), stride=2, rng=rng, dtype=dtype), (6, 5, 2)),
    "conv same": (lambda dtype, rng: Conv2D(2, 3, 3, pad="same", rng=rng, dtype=dtype), (4, 3, 2)),
    "conv flat": (lambda dtype, rng: Conv2D(2, 3, 1, bias=False, rng=rng, dtype=dtype), (4, 3, 2)),
    "max pool": (lambda dtype, rng: MaxPool2D(2), (5, 4, 3)),
    "max pool overlap": (lambda dtype, rng: MaxPool2D(3, stride=2, pad=1), (5, 6, 3)),
    "avg pool": (lambda dtype, rng: AvgPool2D((2, 3), stride=1, pad="same"), (4, 5, 3)),
    "dense": (lambda dtype, rng: Dense(6, 4, rng=rng, dtype=dtype), (6,)),
    "dense flat": (lambda dtype, rng: Dense(6, 4, bias=False, rng=rng, dtype=dtype), (6,)),
    "batchnorm": (lambda dtype, rng: BatchNorm(5, dtype=dtype), (5,)),
    "batchnorm images": (lambda dtype, rng: BatchNorm(3, eps=1e-3, dtype=dtype), (4, 2, 3)),
    "relu": (lambda dtype, rng: ReLU(), (3, 4, 2)),
    "softmax": (lambda dtype, rng: Softmax(), (5,)),
    "flatten": (lambda dtype, rng: Flatten(), (3, 4, 2)),
    "dropout": (lambda dtype, rng: Dropout(0.4, rng=rng), (3, 4)),
}


def made(name, dtype=np.float64, N=3):
    """A layer, always the same, with an input of N and a gradient for its output."""
    make, shape = LAYERS[name]
    rng = np.random.default_rng(3)
    layer = make(dtype, rng)
    for array in (layer.params | layer.state).values():
        array += rng.uniform(0, 0.5, array.shape).astype(dtype)  # no zeros and ones by chance
    x = rng.standard_normal((N, *shape)).astype(dtype)
    dout = rng.standard_normal((N, *layer.output_shape(shape))).astype(dtype)
    return layer, x, dout


def scattered(array):
    """The same numbers as a view that is contiguous in no way."""
    wide = np.full(tuple(2 * size for size in array.shape), np.nan, array.dtype)
    view = wide[tuple(slice(None, None, -2) for _ in array.shape)]
    view[...] = array
    return view

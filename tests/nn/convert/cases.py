"""Networks of one further layer, as the converters' tests write them."""

import numpy as np

from nn import Dense, Flatten, Sequential, Softmax
from nn.layers.more.cases import cases

CASES = {title: (shape, layer) for title, shape, layer in cases(np.random.default_rng(1), "f4")}
"""Input shape, with N, and layer of each case."""


def with_softmax(layer, shape):
    """Return a network of a layer and a softmax over all that it gives; ``shape`` has no N."""
    return Sequential([layer, *_flatten(layer, shape), Softmax()])


def with_classes(layer, shape):
    """Return a network of a layer and a dense layer of four classes; ``shape`` has no N."""
    size = int(np.prod(layer.output_shape(shape)))
    dense = Dense(size, 4, rng=np.random.default_rng(6))
    return Sequential([layer, *_flatten(layer, shape), dense, Softmax()])


def _flatten(layer, shape):
    return [Flatten()] if len(layer.output_shape(shape)) > 1 else []

"""One example of each layer of this folder, for the gradient check and the tests."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..base import Layer, Shape
from . import (
    ELU,
    GELU,
    SELU,
    Clip,
    Crop2D,
    DepthwiseConv2D,
    GaussianNoise,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    GroupedConv2D,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    Mish,
    Normalization,
    Permute,
    PReLU,
    Reshape,
    Sigmoid,
    Softplus,
    Softsign,
    SpatialDropout2D,
    Swish,
    Tanh,
    ZeroPad2D,
)

SHAPE = (2, 6, 5, 4)
"""Shape (N, H, W, C) of a batch that every example accepts."""


def cases(rng: np.random.Generator, dtype=np.float64) -> Iterator[tuple[str, Shape, Layer]]:
    """Yield a title, the shape of a batch and a layer for it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws weights and statistics.
    dtype : dtype
        Of both.
    """
    exact: dict[str, Any] = {"rng": rng, "dtype": dtype}
    normalization = Normalization(4, dtype=dtype)
    normalization.state["mean"][...] = rng.standard_normal(4)
    normalization.state["var"][...] = rng.uniform(0.5, 2, 4)
    for layer in (
        Sigmoid(), Tanh(), LeakyReLU(0.3), PReLU((4,), dtype=dtype), ELU(0.7), SELU(), GELU(),
        Swish(), Mish(), Softplus(), Softsign(), HardSigmoid(), HardSwish(), Clip(-0.5, 0.75),
        Reshape((4, 15, 2)), Permute((3, 1, 2)), ZeroPad2D(((1, 0), (2, 1))), Crop2D((1, (0, 2))),
        GroupedConv2D(4, 6, (3, 2), groups=2, stride=(2, 1), pad=1, **exact),
        DepthwiseConv2D(4, (3, 2), multiplier=2, stride=2, pad="same", **exact),
        GlobalAvgPool2D(), GlobalMaxPool2D(), normalization, SpatialDropout2D(0.4),
        GaussianNoise(0.1),
    ):  # fmt: skip
        yield type(layer).__name__, SHAPE, layer
    for title, layer in (
        ("PReLU shared", PReLU((6, 1, 4), dtype=dtype)),
        ("GELU approximate", GELU(approximate=True)),
        ("Clip ReLU6", Clip(0, 6)),
        ("GroupedConv2D dilated", GroupedConv2D(4, 3, 2, dilation=(3, 2), bias=False, **exact)),
        ("DepthwiseConv2D dilated", DepthwiseConv2D(4, 3, dilation=2, pad=1, **exact)),
        ("GlobalAvgPool2D keepdims", GlobalAvgPool2D(keepdims=True)),
        ("GlobalMaxPool2D keepdims", GlobalMaxPool2D(keepdims=True)),
    ):
        yield title, SHAPE, layer

"""A convolutional neural network written by hand, on NumPy alone."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # one line, not a failing import
    version = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Python 3.11 or newer is needed; this is Python {version}")

from .layers.activation import Flatten, ReLU, Softmax
from .layers.batchnorm import BatchNorm
from .layers.conv import Conv2D
from .layers.dense import Dense
from .layers.dropout import Dropout
from .layers.more import (
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
from .layers.pool import AvgPool2D, MaxPool2D
from .layers.rescaling import Rescaling
from .loss import SoftmaxCrossEntropy
from .model import Sequential
from .optim import SGD, Adadelta, Adam
from .saving.modelfile import ModelFileError

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "SGD",
    "Adadelta",
    "Adam",
    "AvgPool2D",
    "BatchNorm",
    "Clip",
    "Conv2D",
    "Crop2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GroupedConv2D",
    "HardSigmoid",
    "HardSwish",
    "LeakyReLU",
    "MaxPool2D",
    "Mish",
    "ModelFileError",
    "Normalization",
    "PReLU",
    "Permute",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Softplus",
    "Softsign",
    "SpatialDropout2D",
    "Swish",
    "Tanh",
    "ZeroPad2D",
    "fuse",
]


def __getattr__(name):
    """Import ``fuse``, and numba with it, only when it is asked for: drawing needs neither."""
    if name == "fuse":
        from .fast import fuse

        return fuse
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

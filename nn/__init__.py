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
from .layers.pool import AvgPool2D, MaxPool2D
from .layers.rescaling import Rescaling
from .loss import SoftmaxCrossEntropy
from .model import Sequential
from .optim import SGD, Adadelta, Adam
from .saving.modelfile import ModelFileError

__all__ = [
    "SGD",
    "Adadelta",
    "Adam",
    "AvgPool2D",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "MaxPool2D",
    "ModelFileError",
    "ReLU",
    "Rescaling",
    "Sequential",
    "Softmax",
    "SoftmaxCrossEntropy",
    "fuse",
]


def __getattr__(name):
    """Import ``fuse``, and numba with it, only when it is asked for: drawing needs neither."""
    if name == "fuse":
        from .fast import fuse

        return fuse
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

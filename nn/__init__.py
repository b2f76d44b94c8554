"""A convolutional neural network written by hand, on NumPy alone."""

from .activation import Flatten, ReLU, Softmax
from .batchnorm import BatchNorm
from .conv import Conv2D
from .dense import Dense
from .dropout import Dropout
from .loss import SoftmaxCrossEntropy
from .model import Sequential
from .modelfile import ModelFileError
from .optim import SGD, Adadelta, Adam
from .pool import AvgPool2D, MaxPool2D
from .rescaling import Rescaling

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

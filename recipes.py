"""Which network is trained, and how: the place to change when you want to try something.

Every number here was chosen by what it does to the validation images (docs/accuracy.md), never by
the test set.
"""

from dataclasses import dataclass

import numpy as np

from data.augment import Warp
from data.loader import Mix
from nn import (
    SGD,
    Adadelta,
    Adam,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
)
from nn.schedule import constant, cosine, one_cycle

MIX = Mix(Warp(), made_up=0.2, scrawls=0.05)


@dataclass(frozen=True)
class Recipe:
    """A network and its training.

    Attributes
    ----------
    epochs : int
        Times through all training images.
    channels : three of int
        Of the convolutions; see `build`.
    dropout : float
        The share of the last maps' values that a training step loses.
    lr : float
        The highest learning rate of Adam.
    weight_decay : float
    label_smoothing : float
    average : float
        How slowly the averaged weights follow (`nn.averaging`); they are what is kept.
    mix : Mix
        What a batch is made of.
    """

    epochs: int = 12
    channels: tuple[int, int, int] = (32, 64, 128)
    dropout: float = 0.4
    lr: float = 4e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.05
    average: float = 0.999
    mix: Mix = MIX


RECIPES = {
    "default": Recipe(),
    "best": Recipe(epochs=60, channels=(48, 96, 192)),
}

OPTIMISERS = {
    "adam": lambda lr, recipe: Adam(lr or recipe.lr, weight_decay=recipe.weight_decay),
    "sgd": lambda lr, recipe: SGD(lr or 0.1, momentum=0.9, nesterov=True, weight_decay=1e-4),
    "adadelta": lambda lr, recipe: Adadelta(lr or 1.0),
}
SCHEDULES = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "constant": lambda lr, steps: constant(lr),
}


def build(recipe: Recipe, seed: int) -> Sequential:
    """Return a recipe's network, untrained: three times convolution, ReLU, pool and BatchNorm.

    BatchNorm comes after the pool: there are fewer numbers to normalise, and convolution, ReLU and
    pool stay together as one fast block. The sizes leave no edge for a pool to drop: 28, 24 after
    the first convolution, then 12, 6 and 3.
    """
    rng = np.random.default_rng(seed)
    a, b, c = recipe.channels
    return Sequential(
        [
            Conv2D(1, a, 5, rng=rng),
            ReLU(),
            MaxPool2D(2),
            BatchNorm(a),
            Conv2D(a, b, 3, pad="same", rng=rng),
            ReLU(),
            MaxPool2D(2),
            BatchNorm(b),
            Conv2D(b, c, 3, pad="same", rng=rng),
            ReLU(),
            MaxPool2D(2),
            BatchNorm(c),
            Flatten(),
            Dropout(recipe.dropout),
            Dense(3 * 3 * c, 10, rng=rng),
        ]
    )

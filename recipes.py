"""Which network is trained, and how: the place to change when you want to try something.

No number here was chosen by what it does to the test set. What has been measured of them, and what
has not, is in docs/accuracy.md.
"""

from dataclasses import dataclass

import numpy as np

from data.augment import Warp
from data.batches import BatchMix
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
from nn.saving.npz import MAX_MODEL_BYTES
from nn.schedule import constant, cosine, one_cycle

MIX = BatchMix(Warp(), synthetic=0.1, nondigits=0.03)
GENTLE = Warp(rotation=6.0, scale=0.06, shear=0.08, shift=1.0, elastic=0.4, pen=0.4)
LAST_MIX = BatchMix(GENTLE, synthetic=0.05, nondigits=0.02)


@dataclass(frozen=True)
class Recipe:
    """A network and its training.

    Most of it goes by digits warped further than people would, and in part made up: much to learn
    from, but not what will be read. The last epochs go by digits as they are, but for a little.

    Attributes
    ----------
    epochs : int
        Times through all training images.
    channels : three of int
        Of the convolutions; see `build`.
    dropout : float
        The share of the last maps' values that a training step loses; 0 for no such layer.
    lr, weight_decay : float
        Adam's: its highest learning rate, and how much of each weight a step of that rate takes.
    label_smoothing : float
    average : float
        How slowly the averaged weights follow (`nn.training.ema`); they are what is kept.
    mix, last_mix : BatchMix
        What a batch is made of; the second, in the last epochs.
    last : float
        The share of the epochs that are the last ones.

    References
    ----------
    He and others, "Data Augmentation Revisited: Rethinking the Distribution Gap between Clean and
    Augmented Data", 2019, section 3: for the last epochs.
    """

    epochs: int = 13
    channels: tuple[int, int, int] = (32, 64, 128)
    dropout: float = 0.0
    lr: float = 4e-3
    weight_decay: float = 0.15
    label_smoothing: float = 0.05
    average: float = 0.999
    mix: BatchMix = MIX
    last_mix: BatchMix = LAST_MIX
    last: float = 0.4

    def mixes(self, epochs: int) -> list[BatchMix]:
        """Return what the batches of each of so many epochs are made of."""
        last = round(self.last * epochs)
        return [self.mix] * (epochs - last) + [self.last_mix] * last


RECIPES = {
    "default": Recipe(),
    # A long run has room for more of what people draw, and needs more to keep it from memorising.
    "best": Recipe(
        epochs=40,
        dropout=0.2,
        weight_decay=0.05,
        mix=BatchMix(Warp(), synthetic=0.2, nondigits=0.05),
        last_mix=BatchMix(GENTLE, synthetic=0.1, nondigits=0.05),
    ),
}

OPTIMIZERS = {
    "adam": lambda lr, recipe: Adam(lr or recipe.lr, weight_decay=recipe.weight_decay),
    "sgd": lambda lr, recipe: SGD(lr or 0.1, momentum=0.9, nesterov=True, weight_decay=1e-4),
    "adadelta": lambda lr, recipe: Adadelta(lr or 1.0),
}
SCHEDULES = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "constant": lambda lr, steps: constant(lr),
}


class RecipeError(ValueError):
    """A network that cannot be trained here; the message says why, in one line."""


def network(recipe: Recipe, seed: int) -> Sequential:
    """Return the network that `build` makes, once it is seen that it fits the digits.

    Raises
    ------
    RecipeError
        If it does not take images of 28x28, give ten logits, or go into a file.
    """
    try:
        model = build(recipe, seed)
        answers = (28, 28, 1)
        for layer in model.layers:
            answers = layer.output_shape(answers)
        if answers != (10,):
            raise ValueError(f"it answers {answers}, not ten numbers")
        if not isinstance(model.layers[-1], Dense):
            raise ValueError("it must end with Dense: the softmax is part of the loss")
        size = sum(w.nbytes for w in (model.named_params() | model.named_state()).values())
        if size > MAX_MODEL_BYTES:
            raise ValueError(f"it takes {size:,} bytes; {MAX_MODEL_BYTES:,} go into a file")
    except ValueError as error:
        raise RecipeError(f"recipes.py: not a network to train: {error}") from error
    return model


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
            *([Dropout(recipe.dropout)] if recipe.dropout else []),
            Dense(3 * 3 * c, 10, rng=rng),
        ]
    )

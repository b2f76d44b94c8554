"""Which network is trained, and how: edit this file to try something.

No value here was chosen by its accuracy on the test set. docs/accuracy.md says which were measured.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import weights
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

MIX = BatchMix(Warp(scans=0.15), synthetic=0.25, nondigits=0.04)
GENTLE = Warp(rotation=6.0, scale=0.06, shear=0.08, shift=1.0, elastic=0.4, pen=0.4, scans=0.05)
MNIST_ALONE = BatchMix()
LAST_MIX = BatchMix(GENTLE, synthetic=0.12, nondigits=0.02)


@dataclass(frozen=True)
class Recipe:
    """A network and its training.

    Most epochs use strong augmentation and synthetic digits; the last 40 %, mild augmentation.

    Attributes
    ----------
    epochs : int
        Passes over all training images.
    channels : tuple of 3 int
        Output channels of the three convolutions; see `build`.
    dropout : float
        Dropout rate before the last layer; 0 for no Dropout layer.
    lr : float
        Adam's highest learning rate.
    weight_decay : float
        Adam's decoupled weight decay: each step shrinks w by lr * weight_decay * w (not biases).
    label_smoothing : float
        See `nn.SoftmaxCrossEntropy`.
    ema_decay : float
        Decay of the moving average of the weights (`nn.training.ema`), which is what is saved.
    mix : BatchMix
        Augmentation of most epochs, and their shares of synthetic digits and non-digits.
    last_mix : BatchMix
        The same for the last epochs.
    last : float
        Share of the epochs that use `last_mix`.

    References
    ----------
    He and others, "Data Augmentation Revisited: Rethinking the Distribution Gap between Clean and
    Augmented Data", 2019, section 3: mild augmentation in the last epochs.
    """

    betas: ClassVar[tuple[float, float]] = (0.9, 0.999)  # Adam's; earlier checkpoints lack them
    epochs: int = 20
    channels: tuple[int, int, int] = (32, 64, 128)
    dropout: float = 0.0
    lr: float = 4e-3
    weight_decay: float = 0.15
    label_smoothing: float = 0.05
    ema_decay: float = 0.999
    mix: BatchMix = MIX
    last_mix: BatchMix = LAST_MIX
    last: float = 0.4

    def mixes(self, epochs: int) -> list[BatchMix]:
        """Return the mix of each of ``epochs`` epochs."""
        last = round(self.last * epochs)
        return [self.mix] * (epochs - last) + [self.last_mix] * last


@dataclass(frozen=True)
class ShortRecipe(Recipe):
    """A training in seconds: the network of `build_small`, MNIST as it is, the last weights.

    Attributes
    ----------
    betas : tuple of 2 float
        Adam's. Short memories suit a training of few steps.
    """

    epochs: int = 1
    channels: tuple[int, int, int] = (16, 32, 64)
    lr: float = 0.02
    betas: tuple[float, float] = (0.7, 0.9)
    weight_decay: float = 0.0
    label_smoothing: float = 0.1
    ema_decay: float = 0.0
    mix: BatchMix = MNIST_ALONE
    last_mix: BatchMix = MNIST_ALONE


RECIPES = {
    "default": Recipe(),
    # A long run of a wider network, twice the work an image, can learn more synthetic digits; it
    # needs dropout against overfitting.
    "best": Recipe(
        epochs=48,
        channels=(48, 96, 160),
        dropout=0.2,
        weight_decay=0.05,
        mix=BatchMix(Warp(scans=0.2), synthetic=0.4, nondigits=0.06),
        last_mix=BatchMix(GENTLE, synthetic=0.15, nondigits=0.05),
    ),
    "fast": ShortRecipe(),
}

OPTIMIZERS = {
    "adam": lambda lr, recipe: Adam(
        lr or recipe.lr, betas=recipe.betas, weight_decay=recipe.weight_decay
    ),
    "sgd": lambda lr, recipe: SGD(lr or 0.1, momentum=0.9, nesterov=True, weight_decay=1e-4),
    "adadelta": lambda lr, recipe: Adadelta(lr or 1.0),
}
SCHEDULES = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "constant": lambda lr, steps: constant(lr),
}


class RecipeError(ValueError):
    """The recipe's network cannot be trained; the message says why, in one line."""


def network(recipe: Recipe, seed: int) -> Sequential:
    """Return the untrained network of `build`, after checking that it can be trained and saved.

    Raises
    ------
    RecipeError
        If it does not turn 28x28 images into ten logits, does not end with Dense, or is too large
        for a model file.
    """
    try:
        model = (build_small if isinstance(recipe, ShortRecipe) else build)(recipe, seed)
        _check(model)
    except ValueError as error:
        raise RecipeError(f"recipes.py: not a network to train: {error}") from error
    return model


def _check(model):
    """Raise ValueError if a network is not one for digits, or cannot be trained and saved."""
    if not (model.layers and isinstance(model.layers[-1], Dense)):
        raise ValueError("it must end with Dense: the loss contains the softmax")
    weights.check(model)
    size = sum(w.nbytes for w in (model.named_params() | model.named_state()).values())
    if size > MAX_MODEL_BYTES:
        raise ValueError(f"it takes {size:,} bytes; a model file holds {MAX_MODEL_BYTES:,}")


def build(recipe: Recipe, seed: int) -> Sequential:
    """Return a recipe's network, untrained: three blocks of convolution, ReLU, pool and BatchNorm.

    BatchNorm follows the pool: it has fewer values to normalise there, and convolution, ReLU and
    pool can be fused. The sides are 28, then 24 after the first convolution, 12, 6 and 3: every
    pool divides evenly.

    Parameters
    ----------
    recipe : Recipe
    seed : int
        Seed of the initial weights.
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


def build_small(recipe: Recipe, seed: int) -> Sequential:
    """Return a small network, untrained: three convolutions without padding, the last without pool.

    The sides are 28, then 24 after the first convolution, 12, 10, 5 and 3. BatchNorm normalises
    the smaller maps only.

    Parameters
    ----------
    recipe : Recipe
    seed : int
        Seed of the initial weights.
    """
    rng = np.random.default_rng(seed)
    a, b, c = recipe.channels
    return Sequential(
        [
            Conv2D(1, a, 5, rng=rng),
            ReLU(),
            MaxPool2D(2),
            Conv2D(a, b, 3, rng=rng),
            ReLU(),
            MaxPool2D(2),
            BatchNorm(b),
            Conv2D(b, c, 3, rng=rng),
            ReLU(),
            BatchNorm(c),
            Flatten(),
            *([Dropout(recipe.dropout)] if recipe.dropout else []),
            Dense(3 * 3 * c, 10, rng=rng),
        ]
    )

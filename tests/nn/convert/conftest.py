"""Fixtures of the converters' tests: models saved by real Keras, and a network of every layer."""

import os
from pathlib import Path

import numpy as np
import pytest

from data import mnist
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
from tests.conftest import missing


@pytest.fixture(scope="session")
def keras_dir():
    """Return the folder of models saved by real Keras: KERAS_DIR, or one beside the MNIST files."""
    folder = os.environ.get("KERAS_DIR")
    if folder is None and (local := mnist.find_local()) is not None:
        folder = local.parent / "keras"
    if folder is None or not (Path(folder) / "original.h5").is_file():
        missing("no models of Keras here: set KERAS_DIR to their folder")
    return Path(folder)


@pytest.fixture
def every_layer():
    """Return a network of every layer, with random arrays, for images of (13, 12, 1)."""
    rng = np.random.default_rng(5)
    model = Sequential(
        [
            Rescaling(2, -1),
            Conv2D(1, 3, (3, 2), stride=2, pad="same", rng=rng),
            BatchNorm(3, eps=1e-3),
            ReLU(),
            MaxPool2D(2, stride=1, pad="same"),
            Conv2D(3, 4, 3, pad=((0, 2), (1, 0)), bias=False, rng=rng),
            AvgPool2D(3, stride=2, pad="same", count_pad=False),
            AvgPool2D(2, stride=1, pad=1),
            Flatten(),
            Dropout(0.25),
            Dense(4 * 5 * 4, 5, rng=rng),
            BatchNorm(5),
            ReLU(),
            Dense(5, 3, bias=False, rng=rng),
            Softmax(),
        ]
    )
    for array in (model.named_params() | model.named_state()).values():
        array[...] = rng.uniform(0.1, 0.6, array.shape)
    for layer in (model.layers[1], model.layers[5], model.layers[10], model.layers[13]):
        layer.params["w"] *= rng.choice([-1, 1], layer.params["w"].shape)
    return model

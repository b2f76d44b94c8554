"""All of it together: small networks that learn what they are shown."""

import numpy as np
import pytest

from nn import (
    SGD,
    Adadelta,
    Adam,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
)
from nn.fit import fit
from nn.model import as_input
from tests.nn.networks import images, network


@pytest.mark.parametrize(
    "make",
    [lambda: Adam(0.01), lambda: SGD(0.05, momentum=0.9, nesterov=True), Adadelta],
    ids=["Adam", "SGD", "Adadelta"],
)
def test_overfits_twenty_images(make):
    rng = np.random.default_rng(3)
    model = Sequential(
        [
            Conv2D(1, 8, 3, rng=rng),
            ReLU(),
            MaxPool2D(2),
            BatchNorm(8),
            Flatten(),
            Dense(72, 10, rng=rng),
        ]
    )
    labels = np.arange(20) % 10  # of noise: there is nothing to do but remember
    values = list(fit(model, images(20), labels, optimizer=make(), epochs=100, batch_size=20))
    assert values[0] > 2
    assert values[-1] < 0.05
    assert (model.predict_proba(images(20)).argmax(axis=1) == labels).all()


def test_same_seed_same_training_to_the_bit():
    trained = []
    for _ in range(2):
        model, optimizer, loss = network(seed=4), Adam(0.01), SoftmaxCrossEntropy(0.1)
        for _ in range(5):
            loss.forward(model.forward(as_input(images(6)), train=True), np.arange(6) % 3)
            model.backward(loss.backward())
            optimizer.step(model.named_params(), model.named_grads())
        trained.append(model.named_params() | model.named_state())
    for name, array in trained[0].items():
        np.testing.assert_array_equal(trained[1][name], array)

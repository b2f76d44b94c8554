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
from nn.model import as_input
from tests.nn.test_model import images, network


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
    x, labels = as_input(images(20)), np.arange(20) % 10  # noise: there is nothing but to remember
    optimizer, loss, values = make(), SoftmaxCrossEntropy(), []
    for _ in range(100):
        values.append(loss.forward(model.forward(x, train=True), labels))
        model.backward(loss.backward())
        optimizer.step(model.named_params(), model.named_grads())
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

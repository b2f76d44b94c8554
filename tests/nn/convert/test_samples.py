"""The ten drawn digits, and the score of a network that reads them."""

import numpy as np

import weights
from data import canvas
from nn import Dense, Flatten, Rescaling, Sequential
from nn.convert.samples import samples, score


def test_samples_are_those_of_the_folder():
    images, labels = samples()
    for digit in range(10):
        with canvas.open_image(weights.SAMPLES / f"{digit}.png") as picture:
            drawn = canvas.from_image(picture)
        np.testing.assert_allclose(images[digit] / 255, drawn, atol=0.002)
    assert labels.tolist() == list(range(10))


def test_larger_numbers_alone_are_no_better():
    """Without biases a larger unit only makes all probabilities 1."""
    images, labels = samples()
    model = Sequential([Flatten(), Dense(784, 10, bias=False)])
    model.layers[1].params["w"][:, labels] = (images / 255 - images.mean() / 255).reshape(10, -1).T
    unit, larger = (score(Sequential([Rescaling(n), *model.layers])) for n in (0.05, 50.0))
    assert unit.share == larger.share > 0.5
    assert larger.score < unit.score - 0.1

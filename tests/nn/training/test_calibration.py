"""Known temperatures, and a calibration error worked by hand."""

import numpy as np
import pytest

from nn import Dense, ReLU, Sequential
from nn.layers.activation import softmax
from nn.training.calibration import RANGE, calibrate, calibration_error, fit_temperature


def calibrated(n=20_000):
    """Return logits, and labels drawn with their softmax probabilities."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (n, 4))
    edges = softmax(logits).cumsum(axis=1)
    return logits, (rng.random((n, 1)) > edges).sum(axis=1).clip(0, 3)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_finds_the_factor_of_the_logits(temperature):
    logits, labels = calibrated()
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


def test_no_temperature_of_a_grid_is_better():
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(0, 3, (50, 3)), rng.integers(0, 3, 50)
    labels[:35] = logits[:35].argmax(axis=1)

    def loss(temperature):
        return -np.log(softmax(logits / temperature)[np.arange(50), labels]).mean()

    grid = np.geomspace(*RANGE, 400)
    assert loss(fit_temperature(logits, labels)) <= min(map(loss, grid)) + 1e-6


def test_if_all_is_correct_confidence_is_highest():
    logits = 50 * np.eye(3)
    assert fit_temperature(logits, np.arange(3)) == pytest.approx(RANGE[0], rel=0.01)


def test_calibrating_divides_the_logits():
    rng = np.random.default_rng(2)
    model = Sequential([Dense(5, 4, rng=rng)])
    x, labels = rng.normal(0, 3, (40, 5)).astype(np.float32), rng.integers(0, 4, 40)
    logits = model.forward(x)
    temperature = calibrate(model, softmax(logits), labels)
    assert temperature > 1.5, "labels at random: less sure"
    np.testing.assert_allclose(model.forward(x), logits / temperature, rtol=1e-4, atol=1e-5)


def test_a_model_without_final_dense_is_refused():
    with pytest.raises(ValueError, match="end with Dense, not ReLU"):
        calibrate(Sequential([ReLU()]), np.full((2, 2), 0.5), np.zeros(2, int))


def test_calibration_error_by_hand():
    """Two answers of 0.9, one right: off by 0.4. One of 0.6, right: off by 0.4."""
    proba = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    assert calibration_error(proba, np.array([0, 1, 1]), bins=10) == pytest.approx(0.4)
    assert calibration_error(np.eye(2), np.arange(2)) == 0


def test_overconfidence_has_a_large_calibration_error():
    logits, labels = calibrated()
    assert calibration_error(softmax(logits), labels) < 0.015
    assert calibration_error(softmax(3 * logits), labels) > 0.1

"""What your optimizer must do: ``python -m pytest -n 0 docs/exercises/parts/test_rmsprop.py``."""

import numpy as np
import pytest
from rmsprop import RMSProp

from nn import Dense, Flatten, Sequential
from nn.fit import fit


def test_first_step_by_hand():
    """mean = 0.1 * 4^2 = 1.6, so the step is 0.01 * 4 / (sqrt(1.6) + eps) = 0.0316."""
    w = np.array([1.0])
    RMSProp(0.01, decay=0.9).step({"w": w}, {"w": np.array([4.0])})
    assert w[0] == pytest.approx(1 - 0.01 * 4 / np.sqrt(1.6), rel=1e-6)


def test_second_step_remembers_the_first():
    """mean = 0.9 * 1.6 + 0.1 * 2^2 = 1.84."""
    w, optimizer = np.array([1.0]), RMSProp(0.01, decay=0.9)
    optimizer.step({"w": w}, {"w": np.array([4.0])})
    before = w.copy()
    optimizer.step({"w": w}, {"w": np.array([2.0])})
    assert before[0] - w[0] == pytest.approx(0.01 * 2 / np.sqrt(1.84), rel=1e-6)


def test_step_hardly_depends_on_the_gradients_size():
    for size in (1e-3, 1.0, 1e3):
        w = np.array([0.0])
        RMSProp(0.01).step({"w": w}, {"w": np.array([size])})
        assert w[0] == pytest.approx(-0.01 / np.sqrt(0.1), rel=1e-3)


def test_gradient_of_zero_moves_nothing():
    w = np.array([2.0])
    RMSProp(0.01).step({"w": w}, {"w": np.array([0.0])})
    assert w[0] == 2.0


def test_each_parameter_has_its_own_memory():
    params = {"a": np.array([0.0]), "b": np.array([0.0, 0.0])}
    optimizer = RMSProp(0.01)
    optimizer.step(params, {"a": np.array([1.0]), "b": np.array([100.0, 1.0])})
    assert np.allclose([params["a"][0], *params["b"]], -0.01 / np.sqrt(0.1), rtol=1e-3)


def test_schedule_may_give_the_rate():
    w = np.array([0.0])
    RMSProp(0.01).step({"w": w}, {"w": np.array([1.0])}, lr=0.5)
    assert w[0] == pytest.approx(-0.5 / np.sqrt(0.1), rel=1e-3)


def test_dtype_and_gradient_stay_as_they_are():
    w, dw = np.ones(3, np.float32), np.full(3, 2, np.float32)
    RMSProp(0.01).step({"w": w}, {"w": dw})
    assert w.dtype == np.float32
    assert (dw == 2).all()


def test_it_learns():
    rng = np.random.default_rng(0)
    images = rng.random((60, 28, 28)).astype(np.float32)
    labels = (images[:, 0, 0] > 0.5).astype(int)
    model = Sequential([Flatten(), Dense(784, 2, rng=rng)])
    losses = list(fit(model, images, labels, optimizer=RMSProp(3e-3), epochs=40, rng=rng))
    assert losses[-1] < 0.5 * losses[0]

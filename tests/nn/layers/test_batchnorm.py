"""BatchNorm: by hand, against loops, measured slopes, and the running statistics."""

import numpy as np
import pytest

from nn import BatchNorm
from tests import naive


def batchnorm(channels, **arguments):
    """A float64 layer whose gamma is not 1 and whose beta is not 0."""
    layer = BatchNorm(channels, dtype=np.float64, **arguments)
    layer.params["gamma"][:] = np.linspace(0.5, 2, channels)
    layer.params["beta"][:] = np.linspace(-1, 1, channels)
    return layer


def test_worked_by_hand():
    layer = BatchNorm(1, eps=3.0, momentum=0.9, dtype=np.float64)
    layer.params["gamma"][:], layer.params["beta"][:] = 4, 1
    # mean 2, variance 1, so 1 / std = 1 / sqrt(1 + 3) and x_hat = -1/2, 1/2
    out = layer.forward(np.array([[1.0], [3.0]]), train=True)
    assert out.tolist() == [[-1], [3]]
    # dout - mean(dout) - x_hat * mean(dout * x_hat) = 1 - 1/2 - 1/8, times gamma / std = 2
    dx = layer.backward(np.array([[1.0], [0.0]]))
    assert dx.tolist() == [[0.75], [-0.75]]
    assert layer.grads["gamma"].tolist() == [-0.5]
    assert layer.grads["beta"].tolist() == [1]


def test_running_statistics_by_hand_with_the_unbiased_variance():
    layer = BatchNorm(1, momentum=0.75, dtype=np.float64)
    held = dict(layer.state)
    assert layer.state["mean"].tolist() == [0]
    assert layer.state["var"].tolist() == [1]
    layer.forward(np.array([[1.0], [3], [8]]), train=True)  # mean 4, variance (9 + 1 + 16) / 2
    np.testing.assert_allclose(layer.state["mean"], [0.25 * 4], rtol=1e-15)
    np.testing.assert_allclose(layer.state["var"], [0.75 * 1 + 0.25 * 13], rtol=1e-15)
    layer.forward(np.array([[6.0], [10]]), train=True)  # mean 8, variance 8
    np.testing.assert_allclose(layer.state["mean"], [0.75 * 1 + 0.25 * 8], rtol=1e-15)
    np.testing.assert_allclose(layer.state["var"], [0.75 * 4 + 0.25 * 8], rtol=1e-15)
    assert all(layer.state[name] is array for name, array in held.items())  # moved in place


def test_running_statistics_of_images_count_every_place():
    layer = BatchNorm(2, momentum=0, dtype=np.float64)
    x = np.random.default_rng(1).standard_normal((3, 4, 5, 2)) * [1, 7] + [2, -3]
    layer.forward(x, train=True)
    for c in range(2):
        values = x[..., c].ravel().tolist()
        mean = sum(values) / 60
        assert layer.state["mean"][c] == pytest.approx(mean, rel=1e-12)
        unbiased = sum((value - mean) ** 2 for value in values) / 59
        assert layer.state["var"][c] == pytest.approx(unbiased, rel=1e-12)


def test_inference_by_hand_changes_no_statistics():
    layer = BatchNorm(2, eps=1.0, dtype=np.float64)
    layer.params["gamma"][:], layer.params["beta"][:] = [6, 2], [1, -1]
    layer.state["mean"][:], layer.state["var"][:] = [10, 0], [8, 3]
    # 6 * (x - 10) / 3 + 1 and 2 * x / 2 - 1
    assert layer.forward(np.array([[10.0, 5], [16, 0]])).tolist() == [[1, 4], [13, -1]]
    assert layer.state["mean"].tolist() == [10, 0]
    assert layer.state["var"].tolist() == [8, 3]


@pytest.mark.parametrize("shape", [(5, 3), (2, 1), (3, 4, 2, 3), (1, 3, 2, 2)])
def test_equals_loops_and_measured_slopes(shape):
    rng = np.random.default_rng(1)
    layer = batchnorm(shape[-1], eps=1e-3)
    x = rng.standard_normal(shape) * 3 + 5
    gamma, beta = layer.params["gamma"], layer.params["beta"]
    expected = naive.batchnorm(x, gamma, beta, 1e-3)
    np.testing.assert_allclose(layer.forward(x, train=True), expected, rtol=1e-12)
    naive.assert_gradients(layer, x, rng)


def test_each_channel_gets_mean_zero_variance_one():
    x = np.random.default_rng(1).standard_normal((64, 5, 5, 3)) * [1, 0.1, 30] + [0, 5, -100]
    out = BatchNorm(3, eps=1e-9, dtype=np.float64).forward(x, train=True)
    np.testing.assert_allclose(out.mean((0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(out.var((0, 1, 2)), 1, rtol=1e-6)


def test_one_vector_becomes_beta_without_slope():
    layer = batchnorm(3, momentum=0.5)
    x = np.array([[4.0, -2, 1e6]])
    assert layer.forward(x, train=True).tolist() == [layer.params["beta"].tolist()]
    np.testing.assert_allclose(layer.backward(np.array([[1.0, 2, 3]])), 0, atol=1e-9)
    assert layer.state["mean"].tolist() == [2, -1, 5e5]
    assert layer.state["var"].tolist() == [0.5, 0.5, 0.5]


def test_a_constant_channel_divides_by_something():
    layer = BatchNorm(2)
    out = layer.forward(np.full((4, 2), 7, np.float32), train=True)
    np.testing.assert_array_equal(out, np.zeros((4, 2)))
    assert np.isfinite(layer.backward(np.ones((4, 2), np.float32))).all()


def test_an_empty_batch_leaves_the_statistics():
    layer = BatchNorm(2)
    for shape in [(0, 2), (0, 3, 3, 2), (2, 0, 3, 2)]:
        with pytest.raises(ValueError, match="BatchNorm: an empty batch"):
            layer.forward(np.zeros(shape, np.float32), train=True)
    assert layer.state["mean"].tolist() == [0, 0]
    assert layer.state["var"].tolist() == [1, 1]


@pytest.mark.parametrize(
    "arguments",
    [
        {"channels": 0},
        {"channels": 1.5},
        {"channels": 2, "momentum": 1.0},
        {"channels": 2, "momentum": -0.1},
        {"channels": 2, "eps": 0.0},
        {"channels": 2, "eps": float("inf")},
        {"channels": 2, "eps": float("nan")},
    ],
)
def test_refuses_arguments_out_of_range(arguments):
    with pytest.raises(ValueError, match=f"{list(arguments)[-1]} must be"):
        BatchNorm(**arguments)


def test_a_large_mean_costs_no_accuracy():
    x = (50 + np.random.default_rng(3).standard_normal((64, 12, 12, 2))).astype(np.float32)
    exact = BatchNorm(2, dtype=np.float64).forward(x.astype(np.float64), train=True)
    np.testing.assert_allclose(BatchNorm(2).forward(x, train=True), exact, atol=1e-5)

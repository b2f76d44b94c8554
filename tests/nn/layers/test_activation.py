"""ReLU, Softmax and Flatten: by hand, against loops, measured slopes, and at the extremes."""

import numpy as np
import pytest

from nn import Flatten, ReLU, Softmax
from tests import naive


def test_relu_by_hand_has_slope_zero_at_zero():
    layer = ReLU()
    x = np.array([[-2.0, 0.0, 3.0, -0.5]])
    assert layer.forward(x, train=True).tolist() == [[0, 0, 3, 0]]
    assert layer.choices().tolist() == [[False, False, True, False]]
    assert layer.backward(np.array([[10.0, 20, 30, 40]])).tolist() == [[0, 0, 30, 0]]


def test_relu_keeps_a_nan():
    assert np.isnan(ReLU().forward(np.array([[np.nan]]))).all()


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4, 2)])
def test_relu_equals_measured_slopes(shape):
    rng = np.random.default_rng(1)
    naive.assert_gradients(ReLU(), naive.spread_out(shape, rng), rng)


def test_softmax_by_hand():
    layer = Softmax()
    out = layer.forward(np.log([[1.0, 3.0], [2.0, 2.0]]), train=True)
    np.testing.assert_allclose(out, [[0.25, 0.75], [0.5, 0.5]], rtol=1e-15)
    # out_0 * (1 - out_0) = 3/16 and out_0 * out_1 = 3/16
    dx = layer.backward(np.array([[16.0, 0], [0, 4]]))
    np.testing.assert_allclose(dx, [[3, -3], [-1, 1]], rtol=1e-15)


@pytest.mark.parametrize("shape", [(1, 1), (4, 3), (2, 10)])
def test_softmax_equals_loops_and_measured_slopes(shape):
    rng = np.random.default_rng(1)
    x = rng.standard_normal(shape)
    np.testing.assert_allclose(Softmax().forward(x), naive.softmax(x), rtol=1e-14)
    naive.assert_gradients(Softmax(), x, rng)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_huge_logits_is_exact(dtype):
    x = np.array([[1000, -1000, 1000], [-1000, -1000, -1000], [0, 1000, 0]], dtype)
    third = dtype(1) / dtype(3)
    expected = [[0.5, 0, 0.5], [third, third, third], [0, 1, 0]]
    layer = Softmax()
    np.testing.assert_array_equal(layer.forward(x, train=True), np.array(expected, dtype))
    assert np.isfinite(layer.backward(x)).all()


def test_flatten_reads_rows_with_channels_last():
    layer = Flatten()
    x = np.arange(12.0).reshape(1, 2, 3, 2)
    out = layer.forward(x, train=True)
    assert out.tolist() == [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]
    np.testing.assert_array_equal(layer.backward(out), x)
    assert layer.output_shape((2, 3, 2)) == (12,)

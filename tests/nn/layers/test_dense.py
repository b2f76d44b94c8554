"""The dense layer: by hand, against loops, measured slopes, initial weights."""

import numpy as np
import pytest

from nn import Dense
from tests import naive


def test_worked_by_hand():
    layer = Dense(2, 3, dtype=np.float64)
    layer.params["w"][:] = [[1, 2, 3], [4, 5, 6]]
    layer.params["b"][:] = [0.5, 0, -0.5]
    out = layer.forward(np.array([[1.0, 10], [2, 0]]), train=True)
    assert out.tolist() == [[41.5, 52, 62.5], [2.5, 4, 5.5]]
    dx = layer.backward(np.array([[1.0, 0, 2], [0, 3, 0]]))
    assert dx.tolist() == [[7, 16], [6, 15]]
    assert layer.grads["w"].tolist() == [[1, 6, 2], [10, 0, 20]]
    assert layer.grads["b"].tolist() == [1, 3, 2]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 3, 5), (2, 6, 1), (3, 1, 4)])
def test_equals_loops_and_measured_slopes(shape, bias):
    N, features, out_features = shape
    rng = np.random.default_rng(1)
    layer = Dense(features, out_features, bias=bias, rng=rng, dtype=np.float64)
    if bias:
        layer.params["b"][:] = rng.standard_normal(out_features)
    x = rng.standard_normal((N, features))
    expected = naive.dense(x, layer.params["w"], layer.params.get("b"))
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-12, atol=1e-12)
    naive.assert_gradients(layer, x, rng)


def test_initial_weights_are_glorot_uniform_biases_zero():
    layer = Dense(300, 100, rng=np.random.default_rng(2))
    limit = np.sqrt(6 / 400)
    assert 0.999 * limit < np.abs(layer.params["w"]).max() <= np.float32(limit)
    assert layer.params["w"].std() == pytest.approx(limit / np.sqrt(3), rel=0.02)
    assert not layer.params["b"].any()
    again = Dense(300, 100, rng=np.random.default_rng(2))
    np.testing.assert_array_equal(again.params["w"], layer.params["w"])


def test_counts_its_multiply_adds():
    assert Dense(1600, 10).output_shape((1600,)) == (10,)
    assert Dense(1600, 10).multiply_adds((1600,)) == 16_000


@pytest.mark.parametrize("sizes", [(0, 3), (3, -1), (2.0, 3), (None, 3)])
def test_refuses_sizes_that_make_no_sense(sizes):
    with pytest.raises(ValueError, match=r"(in|out)_features must be"):
        Dense(*sizes)

"""Convolution: by hand, against loops, and its gradients against measured slopes."""

import numpy as np
import pytest

from nn import Conv2D
from tests import naive

GRID = [  # (H, W), kernel, stride, pad
    ((5, 4), (3, 3), (1, 1), (0, 0)),
    ((5, 4), (3, 2), (1, 1), (0, 0)),
    ((4, 6), (1, 3), (1, 1), (0, 0)),
    ((5, 6), (1, 1), (1, 1), (0, 0)),
    ((6, 5), (2, 2), (2, 2), (0, 0)),  # the last column is left over
    ((7, 6), (3, 2), (2, 3), (0, 0)),  # and here a row of no window's
    ((4, 7), (2, 3), (3, 1), (1, 0)),
    ((5, 4), (3, 3), (1, 1), (1, 1)),
    ((4, 5), (3, 2), (2, 2), (2, 1)),
    ((5, 4), (3, 3), (1, 1), "same"),
    ((5, 6), (4, 2), (1, 1), "same"),  # uneven: one more below and to the right
    ((6, 7), (3, 5), (2, 3), "same"),
    ((5, 4), (3, 2), (2, 1), ((0, 2), (1, 0))),  # uneven as asked for
    ((3, 2), (3, 2), (1, 1), (0, 0)),  # one position
    ((1, 1), (3, 3), (2, 2), "same"),  # nearly nothing but padding
]


def test_worked_by_hand():
    layer = Conv2D(1, 1, 2, dtype=np.float64)
    layer.params["w"][:, :, 0, 0] = [[1, 2], [3, 4]]
    layer.params["b"][:] = 0.5
    x = np.arange(1.0, 10).reshape(1, 3, 3, 1)
    out = layer.forward(x, train=True)
    assert out[0, :, :, 0].tolist() == [[37.5, 47.5], [67.5, 77.5]]
    dx = layer.backward(np.array([[1.0, 0], [0, 10]]).reshape(1, 2, 2, 1))
    assert dx[0, :, :, 0].tolist() == [[1, 2, 0], [3, 14, 20], [0, 30, 40]]
    assert layer.grads["w"][:, :, 0, 0].tolist() == [[51, 62], [84, 95]]
    assert layer.grads["b"].tolist() == [11]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad", "bias"),
    [(*case, True) for case in GRID] + [(*GRID[-3], False)],
)
def test_equals_loops_and_measured_slopes(size, kernel, stride, pad, bias):
    rng = np.random.default_rng(1)
    layer = Conv2D(2, 3, kernel, stride=stride, pad=pad, bias=bias, rng=rng, dtype=np.float64)
    if bias:
        layer.params["b"][:] = rng.standard_normal(3)
    x = rng.standard_normal((2, *size, 2))
    expected = naive.conv2d(x, layer.params["w"], layer.params.get("b"), stride, pad)
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-12, atol=1e-12)
    naive.assert_gradients(layer, x, rng)


def test_initial_weights_are_he_normal_biases_zero():
    layer = Conv2D(8, 64, (5, 3), rng=np.random.default_rng(2))
    assert layer.params["w"].shape == (5, 3, 8, 64)
    assert layer.params["w"].std() == pytest.approx(np.sqrt(2 / (5 * 3 * 8)), rel=0.03)
    assert not layer.params["b"].any()
    again = Conv2D(8, 64, (5, 3), rng=np.random.default_rng(2))
    np.testing.assert_array_equal(again.params["w"], layer.params["w"])


def test_counts_its_multiply_adds():
    # Keras's example: 26 x 26 positions, 3 x 3 x 1 products for each of 32 channels.
    layer = Conv2D(1, 32, 3)
    assert layer.output_shape((28, 28, 1)) == (26, 26, 32)
    assert layer.multiply_adds((28, 28, 1)) == 194_688


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 3, 3), "in_channels must be at least 1"),
        ((1, 2.5, 3), "out_channels must be an int"),
        ((1, 3, 0), "at least 1"),
    ],
)
def test_refuses_sizes_that_make_no_sense(arguments, message):
    with pytest.raises(ValueError, match=message):
        Conv2D(*arguments)

"""Pooling: by hand, against loops, measured slopes, and the rules for ties, padding and NaN."""

import numpy as np
import pytest

from nn import AvgPool2D, MaxPool2D
from tests import naive

BOTH = pytest.mark.parametrize("layer_type", [MaxPool2D, AvgPool2D])
GRID = [  # (H, W), kernel, stride, pad
    ((4, 6), (2, 2), (2, 2), (0, 0)),
    ((5, 7), (2, 2), (2, 2), (0, 0)),  # leftover row and column
    ((5, 6), (3, 2), (1, 1), (0, 0)),  # overlap
    ((6, 5), (2, 3), (1, 2), (0, 0)),
    ((5, 5), (1, 2), (2, 3), (0, 0)),  # gaps
    ((5, 4), (3, 2), (2, 2), (1, 1)),
    ((4, 5), (3, 3), (1, 2), (2, 0)),
    ((5, 4), (3, 3), (1, 1), "same"),
    ((5, 7), (2, 4), (2, 3), "same"),
    ((5, 4), (3, 2), (2, 1), ((0, 2), (1, 0))),  # uneven
]


def image(*rows):
    return np.array(rows, np.float64)[None, :, :, None]


def plane(x):
    return x[0, :, :, 0].tolist()


# Both pools


@BOTH
@pytest.mark.parametrize(("size", "kernel", "stride", "pad"), GRID)
def test_equals_loops_and_measured_slopes(layer_type, size, kernel, stride, pad):
    rng = np.random.default_rng(1)
    layer = layer_type(kernel, stride=stride, pad=pad)
    x = naive.spread_out((2, *size, 3), rng)
    twin = {MaxPool2D: naive.max_pool, AvgPool2D: naive.avg_pool}[layer_type]
    np.testing.assert_allclose(layer.forward(x), twin(x, kernel, stride, pad), atol=1e-12)
    naive.assert_gradients(layer, x, rng)


@BOTH
def test_stride_is_the_size_by_default(layer_type):
    expected = {"size": (2, 3), "stride": (2, 3), "pad": (0, 0)}
    assert layer_type((2, 3)).config.items() >= expected.items()
    assert layer_type((2, 3)).output_shape((7, 7, 5)) == (3, 2, 5)
    assert layer_type(3, stride=2).config["stride"] == (2, 2)


@BOTH
@pytest.mark.parametrize("pad", [2, (0, 2), (3, 1), (0, (0, 2)), ((2, 0), 0)])
def test_no_window_may_see_only_padding(layer_type, pad):
    with pytest.raises(ValueError, match="pad must be smaller than the window"):
        layer_type(2, pad=pad)
    layer_type(3, pad=2)


# The maximum


def test_maximum_by_hand():
    layer = MaxPool2D(2)
    x = image([1, 2, 5, 3], [4, 3, 1, 0], [-1, -2, 0, 0.5], [-3, -4, 0.25, 0])
    assert plane(layer.forward(x, train=True)) == [[4, 5], [-1, 0.5]]
    assert layer.choices()[0, :, :, 0, 0].tolist() == [[2, 0], [0, 1]]
    dx = layer.backward(image([10, 20], [30, 40]))
    assert plane(dx) == [[0, 0, 20, 0], [10, 0, 0, 0], [30, 0, 0, 40], [0, 0, 0, 0]]


def test_only_the_first_of_a_tie_gets_gradient():
    layer = MaxPool2D(2)
    layer.forward(image([7, 7, 1, 1], [7, 7, 0, 1], [0, 5, 2, 3], [5, 5, 3, 3]), train=True)
    dx = layer.backward(image([1, 2], [3, 4]))
    assert plane(dx) == [[1, 0, 2, 0], [0, 0, 0, 0], [0, 3, 0, 4], [0, 0, 0, 0]]


def test_a_winner_gets_gradient_from_each_window():
    layer = MaxPool2D(2, stride=1)
    layer.forward(image([0, 1, 0], [1, 9, 1], [0, 1, 0]), train=True)
    dx = layer.backward(image([1, 2], [3, 4]))
    assert plane(dx) == [[0, 0, 0], [0, 10, 0], [0, 0, 0]]


@pytest.mark.parametrize("pad", [1, "same"])
def test_padding_never_wins_over_negative_values(pad):
    layer = MaxPool2D(3, stride=2, pad=pad)
    x = image([-5, -6, -7], [-8, -9, -1], [-2, -3, -4])
    assert plane(layer.forward(x, train=True)) == [[-5, -1], [-2, -1]]
    assert plane(layer.backward(image([1, 2], [3, 4]))) == [[1, 0, 0], [0, 0, 6], [3, 0, 0]]


def test_a_nan_wins_in_its_own_window():
    out = MaxPool2D(2).forward(image([1, np.nan, 1, 2], [np.inf, 3, 4, 3]))
    np.testing.assert_array_equal(out[0, :, :, 0], [[np.nan, 4]])


# The mean


def test_mean_by_hand():
    layer = AvgPool2D(2)
    assert plane(layer.forward(image([1, 2, 5, 3], [4, 3, 0, 0]), train=True)) == [[2.5, 2]]
    assert plane(layer.backward(image([4, 8]))) == [[1, 1, 2, 2], [1, 1, 2, 2]]


def test_padding_takes_part_in_the_mean_as_zeros():
    layer = AvgPool2D(2, pad=1)
    assert plane(layer.forward(image([4, 8], [12, 16]), train=True)) == [[1, 2], [3, 4]]
    assert plane(layer.backward(image([4, 8], [12, 16]))) == [[1, 2], [3, 4]]


def test_padding_can_be_left_out_of_the_mean():
    layer = AvgPool2D(2, pad=((1, 0), (0, 1)), stride=1, count_pad=False)
    assert plane(layer.forward(image([4, 8], [12, 16]), train=True)) == [[6, 8], [10, 12]]
    assert plane(layer.backward(image([4, 8], [12, 16]))) == [[2 + 3, 2 + 8 + 3 + 8], [3, 3 + 8]]


@pytest.mark.parametrize(("size", "kernel", "stride", "pad"), GRID)
def test_mean_without_padding_equals_loops_and_slopes(size, kernel, stride, pad):
    rng = np.random.default_rng(2)
    layer = AvgPool2D(kernel, stride=stride, pad=pad, count_pad=False)
    x = rng.standard_normal((2, *size, 3))
    expected = naive.avg_pool(x, kernel, stride, pad, count_pad=False)
    np.testing.assert_allclose(layer.forward(x), expected, atol=1e-12)
    naive.assert_gradients(layer, x, rng)
    assert layer.forward(x.astype(np.float32)).dtype == np.float32

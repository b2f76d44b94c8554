"""What your layer must do: ``python -m pytest -n 0 docs/exercises/parts/test_maxout.py``."""

import numpy as np
import pytest
from maxout import Maxout

from nn import Dense, Sequential
from nn.gradcheck import check

RNG = np.random.default_rng(0)


def test_largest_of_neighbouring_channels_stays():
    x = np.array([[1.0, 5.0, -2.0, -7.0], [3.0, 2.0, 0.5, 4.0]])
    np.testing.assert_array_equal(Maxout(2).forward(x), [[5, -2], [3, 4]])


def test_maps_keep_their_height_and_width():
    x = RNG.standard_normal((2, 4, 5, 6))
    out = Maxout(3).forward(x)
    assert out.shape == (2, 4, 5, 2)
    np.testing.assert_array_equal(out[..., 1], x[..., 3:].max(axis=-1))
    assert Maxout(3).output_shape((4, 5, 6)) == (4, 5, 2)


def test_winner_takes_the_gradient():
    layer = Maxout(2)
    layer.forward(np.array([[1.0, 5.0, -2.0, -7.0]]), train=True)
    np.testing.assert_array_equal(layer.backward(np.array([[10.0, 20.0]])), [[0, 10, 20, 0]])


def test_first_of_equal_numbers_takes_it_alone():
    layer = Maxout(2)
    layer.forward(np.array([[3.0, 3.0]]), train=True)
    np.testing.assert_array_equal(layer.backward(np.array([[1.0]])), [[1, 0]])


@pytest.mark.parametrize("shape", [(3, 6), (2, 3, 4, 6)])
def test_gradient_equals_the_measured_slope(shape):
    stack = [Maxout(2)] if len(shape) == 4 else [Dense(6, 6, dtype=np.float64), Maxout(3)]
    for row in check(Sequential(stack), RNG.standard_normal(shape), RNG):
        assert row.passed, f"{row.name}{row.where}: measured, computed {row.pair}"


def test_channels_must_divide():
    with pytest.raises(ValueError, match="5"):
        Maxout(2).output_shape((5,))


def test_input_and_dout_stay_as_they_are():
    layer, x, dout = Maxout(2), RNG.standard_normal((3, 4)), RNG.standard_normal((3, 2))
    before = x.copy(), dout.copy()
    layer.forward(x, train=True)
    layer.backward(dout)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(dout, before[1])

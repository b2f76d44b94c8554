"""Rescaling: by hand, and its slope measured."""

import numpy as np
import pytest

from nn import Rescaling
from tests import naive


def test_by_hand():
    layer = Rescaling(2, offset=-1)
    x = np.array([[0, 0.5, 1]], np.float32)
    out = layer.forward(x, train=True)
    assert out.tolist() == [[-1, 0, 1]]
    assert out.dtype == np.float32
    assert layer.backward(np.ones((1, 3), np.float32)).tolist() == [[2, 2, 2]]
    assert x.tolist() == [[0, 0.5, 1]]


def test_equals_measured_slopes():
    rng = np.random.default_rng(1)
    naive.assert_gradients(Rescaling(-1.5, 0.25), rng.standard_normal((2, 3, 4, 2)), rng)


@pytest.mark.parametrize("arguments", [(np.inf, 0), (1, np.nan)])
def test_refuses_what_is_no_number(arguments):
    with pytest.raises(ValueError, match="scale and offset must be finite"):
        Rescaling(*arguments)

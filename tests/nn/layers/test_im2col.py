"""The pixels in a window at its positions, and that col2im is the adjoint of im2col."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn.layers.im2col import col2im, im2col
from nn.layers.window import Window
from tests import naive

steady = settings(max_examples=60, deadline=None, derandomize=True, database=None)
small = st.integers(1, 4)
sides = st.integers(0, 3) | st.tuples(st.integers(0, 3), st.integers(0, 3))
pads = st.just("same") | st.tuples(sides, sides)


@st.composite
def images_and_windows(draw):
    """An image, (N, H, W, C), and a window that may or may not fit into it."""
    shape = draw(st.tuples(st.integers(1, 2), st.integers(1, 7), st.integers(1, 7), small))
    window = draw(st.builds(Window, st.tuples(small, small), st.tuples(small, small), pads))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return rng.standard_normal(shape), window


def test_the_docstrings_example():
    a, b, c, d, e, f, g, h, i = range(1, 10)
    x = np.array([a, b, c, d, e, f, g, h, i], np.float64).reshape(1, 3, 3, 1)
    window = Window.of(2, 1, 0)
    cols = im2col(x, window)
    assert cols.shape == (1, 2, 2, 2, 2, 1)
    rows = [[a, b, d, e], [b, c, e, f], [d, e, g, h], [e, f, h, i]]
    assert cols.reshape(4, 4).tolist() == rows
    times_used = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert col2im(np.ones_like(cols), (3, 3), window)[0, :, :, 0].tolist() == times_used


@steady
@given(images_and_windows())
def test_im2col_equals_loops(case):
    x, window = case
    seen = naive.windows(x, window.kernel, window.stride, window.pad, fill=7.0)
    if seen.size == 0:
        with pytest.raises(ValueError, match=r"does not fit into an image of \d+ x \d+ padded to"):
            im2col(x, window)
    else:
        assert window.output_size(*x.shape[1:3]) == seen.shape[1:3]
        np.testing.assert_array_equal(im2col(x, window, fill=7.0), seen)


@steady
@given(images_and_windows())
def test_col2im_is_the_adjoint(case):
    x, window = case
    try:
        cols = im2col(x, window)
    except ValueError:
        return
    other = np.random.default_rng(0).standard_normal(cols.shape)
    kept = other.copy()
    back = col2im(other, x.shape[1:3], window)
    assert back.shape == x.shape
    np.testing.assert_allclose((cols * other).sum(), (x * back).sum(), rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(other, kept)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keeps_dtype_and_input_and_copies(dtype):
    x = np.arange(40, dtype=dtype).reshape(1, 8, 5, 1)[:, ::2, ::-1]
    before = x.copy()
    window = Window.of(2, 1, 0)
    cols = im2col(x, window)
    assert cols.dtype == col2im(cols, (4, 5), window).dtype == dtype
    assert not np.shares_memory(cols, x)
    np.testing.assert_array_equal(cols, im2col(before, window))
    np.testing.assert_array_equal(x, before)

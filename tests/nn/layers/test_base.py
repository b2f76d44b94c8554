"""What every layer promises, asked of every layer; and how arguments are read."""

import re

import numpy as np
import pytest

import nn
from nn import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    MaxPool2D,
    Softmax,
)
from nn.layers.checks import count, float_dtype, pair
from tests.layers import LAYERS, made, scattered

EVERY = pytest.mark.parametrize("name", LAYERS)
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@EVERY
@DTYPES
def test_dtype_and_sizes_are_kept(name, dtype):
    layer, x, dout = made(name, dtype)
    used, trained = layer.forward(x), layer.forward(x, train=True)
    dx = layer.backward(dout)
    assert used.shape == trained.shape == dout.shape
    assert dx.shape == x.shape
    assert used.dtype == trained.dtype == dx.dtype == dtype
    assert layer.grads.keys() == layer.params.keys()
    for key, dw in layer.grads.items():
        assert dw.shape == layer.params[key].shape
        assert dw.dtype == layer.params[key].dtype == dtype
    assert all(array.dtype == dtype for array in layer.state.values())


@EVERY
def test_what_it_is_given_stays_as_it_was(name):
    layer, x, dout = made(name)
    kept = [array.copy() for array in (x, dout, *layer.params.values())]
    layer.forward(x)
    layer.forward(x, train=True)
    layer.backward(dout)
    for before, after in zip(kept, (x, dout, *layer.params.values()), strict=True):
        np.testing.assert_array_equal(after, before)


@EVERY
def test_gradients_are_overwritten_not_added_up(name):
    layer, x, dout = made(name)
    layer.forward(x, train=True)
    dx = layer.backward(dout).copy()
    grads = {key: dw.copy() for key, dw in layer.grads.items()}
    np.testing.assert_array_equal(layer.backward(dout), dx)
    for key, dw in grads.items():
        np.testing.assert_array_equal(layer.grads[key], dw)


@EVERY
def test_scattered_memory_makes_no_difference(name):
    (layer, x, dout), (twin, _, _) = made(name), made(name)
    rtol = {"rtol": 1e-12, "atol": 1e-12}
    out = twin.forward(x, train=True)
    np.testing.assert_allclose(layer.forward(scattered(x), train=True), out, **rtol)
    np.testing.assert_allclose(layer.backward(scattered(dout)), twin.backward(dout), **rtol)
    for key, dw in twin.grads.items():
        np.testing.assert_allclose(layer.grads[key], dw, **rtol)


@EVERY
def test_backward_needs_a_training_forward(name):
    layer, x, dout = made(name)
    kind = type(layer).__name__
    with pytest.raises(RuntimeError, match=f"{kind}: backward without a training forward"):
        layer.backward(dout)
    layer.forward(x, train=True)
    layer.forward(x)  # inference clears the cache
    with pytest.raises(RuntimeError, match=f"{kind}: backward without a training forward"):
        layer.backward(dout)


@EVERY
def test_backward_refuses_another_shape(name):
    layer, x, dout = made(name)
    layer.forward(x, train=True)
    for wrong in (dout[:-1], dout[..., :-1], dout[0], dout[..., None]):
        shapes = [", ".join(map(str, array.shape)) for array in (dout, wrong)]
        message = f"{type(layer).__name__}: expected an array of shape ({shapes[0]}), got"
        with pytest.raises(ValueError, match=re.escape(f"{message} ({shapes[1]})")):
            layer.backward(wrong)


@EVERY
def test_an_empty_batch_passes_at_inference(name):
    layer, x, dout = made(name, np.float32, N=0)
    out = layer.forward(x)
    assert out.shape == dout.shape
    assert out.dtype == np.float32


@EVERY
def test_its_repr_builds_it_again(name):
    layer, _, _ = made(name)
    again = eval(repr(layer), vars(nn))
    assert again.config == layer.config
    for key in layer.params:
        assert again.params[key].shape == layer.params[key].shape
        assert again.params[key].dtype == layer.params[key].dtype


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (Conv2D(2, 3, 3), (1, 5, 5, 3), "(N, H, W, 2)"),
        (Conv2D(2, 3, 3), (5, 5, 2), "(N, H, W, 2)"),
        (MaxPool2D(2), (5, 5, 2), "(N, H, W, C)"),
        (AvgPool2D(2), (1, 1, 5, 5, 2), "(N, H, W, C)"),
        (Dense(6, 4), (3, 5), "(N, 6)"),
        (Dense(6, 4), (6,), "(N, 6)"),
        (Dense(6, 4), (1, 2, 3, 6), "(N, 6)"),
        (BatchNorm(3), (2, 4), "(N, 3)"),
        (BatchNorm(3), (2, 4, 4, 1), "(N, H, W, 3)"),
        (BatchNorm(3), (2, 4, 3), "(N, H, W, 3)"),
        (Softmax(), (2, 3, 4), "(N, K)"),
    ],
)
def test_forward_refuses_another_shape(layer, shape, expected):
    got = ", ".join(map(str, shape))
    message = f"{type(layer).__name__}: expected an array of shape {expected}, got ({got})"
    for train in (False, True):
        with pytest.raises(ValueError, match=re.escape(message)):
            layer.forward(np.zeros(shape, np.float32), train)


@pytest.mark.parametrize("layer", [Conv2D(1, 2, 5), MaxPool2D(5), AvgPool2D(5)])
def test_an_image_smaller_than_the_window_is_refused(layer):
    message = f"{type(layer).__name__}.* 5 x 5 .* 4 x 6"
    with pytest.raises(ValueError, match=message):
        layer.forward(np.zeros((1, 4, 6, 1), np.float32))
    with pytest.raises(ValueError, match=message):
        layer.output_shape((4, 6, 1))


@pytest.mark.parametrize("layer", [Conv2D(1, 2, 3), MaxPool2D(2), Dense(9, 2), BatchNorm(4)])
def test_output_shape_refuses_what_forward_would(layer):
    with pytest.raises(ValueError, match=f"{type(layer).__name__}: expected .* got .*8"):
        layer.output_shape((8,))


@pytest.mark.parametrize(
    ("value", "expected"), [(3, (3, 3)), ((1, 2), (1, 2)), ([4, 5], (4, 5)), (np.int64(2), (2, 2))]
)
def test_pair_reads_an_int_or_two(value, expected):
    both = pair("stride", value, least=1)
    assert both == expected
    assert [type(number) for number in both] == [int, int]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "stride must be at least 1, not 0"),
        ((2, 0), "stride must be at least 1"),
        (1.5, "stride must be an int or a pair of ints, not 1.5"),
        ((1, 2, 3), "pair of ints"),
        ((1,), "pair of ints"),
        ("12", "pair of ints"),
        (None, "pair of ints"),
    ],
)
def test_pair_refuses_anything_else(value, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        pair("stride", value, least=1)


def test_count_reads_an_int_from_one():
    assert count("channels", np.int32(1)) == 1
    for value in (0, -1, 1.0, "1", None):
        with pytest.raises(ValueError, match="channels must be"):
            count("channels", value)


@pytest.mark.parametrize("dtype", [np.float16, np.int32, "object", "no such thing", 3, ">f4"])
def test_only_two_dtypes(dtype):
    assert float_dtype("float32") == float_dtype(np.float32) == np.float32
    with pytest.raises(ValueError, match="dtype must be float32 or float64"):
        float_dtype(dtype)

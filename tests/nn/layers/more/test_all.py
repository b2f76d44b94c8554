"""What holds for every layer of `nn.layers.more`: contract, file, fused network and breakdown."""

import numpy as np
import pytest

from nn import Dense, Flatten, ReLU, Sequential, fuse
from nn.explain.breakdown import break_down
from nn.fast import unavailable
from nn.layers import more
from nn.layers.dropout import Dropout
from nn.layers.more.cases import cases
from tests.layers import scattered
from tests.nn.explain.checks import check_sum

CASES = {title: (shape, layer) for title, shape, layer in cases(np.random.default_rng(1), "f4")}


def made(title, seed=2):
    shape, layer = CASES[title]
    x = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return layer.replica(), x


def test_every_exported_layer_has_a_case():
    kinds = {type(layer).__name__ for _, layer in CASES.values()}
    assert kinds == set(more.__all__)


@pytest.mark.parametrize("title", CASES)
def test_keeps_dtype_inputs_and_promised_shape(title):
    layer, x = made(title)
    before = x.copy()
    out = layer.forward(x, train=True)
    assert out.dtype == np.float32
    assert out.shape[1:] == layer.output_shape(x.shape[1:])
    dout = np.random.default_rng(3).standard_normal(out.shape).astype(np.float32)
    kept = dout.copy()
    dx = layer.backward(dout)
    assert (dx.dtype, dx.shape) == (np.float32, x.shape)
    assert layer.grads.keys() == layer.params.keys()
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(dout, kept)


@pytest.mark.parametrize("title", CASES)
def test_scattered_input_gives_the_same(title):
    layer, x = made(title)
    np.testing.assert_array_equal(layer.forward(scattered(x)), layer.forward(x))


@pytest.mark.parametrize("title", CASES)
def test_model_file_gives_it_back(title, tmp_path):
    layer, x = made(title)
    Sequential([layer]).save(tmp_path / "m.npz")
    (again,) = Sequential.load(tmp_path / "m.npz").layers
    assert repr(again) == repr(layer)
    np.testing.assert_array_equal(again.forward(x), layer.forward(x))


@pytest.mark.skipif(unavailable() is not None, reason="no compiled layers here")
@pytest.mark.parametrize("title", CASES)
def test_fused_network_runs_it_as_it_is(title):
    layer, x = made(title)
    rng = np.random.default_rng(5)
    size = int(np.prod(layer.output_shape(x.shape[1:])))
    rest = [] if len(layer.output_shape(x.shape[1:])) == 1 else [Flatten()]
    model = Sequential([layer, *rest, Dense(size, 10, rng=rng), ReLU(), Dense(10, 3, rng=rng)])
    fast = fuse(model, threads=1)
    np.testing.assert_allclose(fast.predict_proba(x), model.predict_proba(x), atol=1e-5)
    if isinstance(layer, Dropout):
        return  # its random numbers differ
    dout = rng.standard_normal((len(x), 3)).astype(np.float32)
    model.forward(x, train=True)
    model.backward(dout)
    expected = {name: grad.copy() for name, grad in model.named_grads().items()}
    fast.forward(x, train=True)
    fast.backward(dout)
    for name, grad in model.named_grads().items():
        np.testing.assert_allclose(grad, expected[name], atol=2e-5, err_msg=name)


@pytest.mark.parametrize("title", CASES)
def test_breakdown_gives_the_number_and_adds_up(title):
    layer, x = made(title)
    out = layer.forward(x)[0]
    for at in list(np.ndindex(out.shape))[::7]:
        found = break_down(layer, x[0], out, at)
        assert found.value == out[at]
        assert float(found.shown) == pytest.approx(out[at], abs=10.0**-found.decimals)
        if found.total is not None:
            check_sum(found.total)
            assert found.total.shown == found.shown
        if found.kernel is not None:
            products = (found.patch.astype(float) * found.kernel).sum()
            bias = layer.params["b"][at[-1]] if "b" in layer.params else 0
            assert products + bias == pytest.approx(float(out[at]), abs=1e-5)
            check_sum(found.products(0))
            row, column = found.corner
            if row >= 0 and column >= 0:
                assert found.patch[0, 0, 0] == x[0, row, column, found.first_channel]

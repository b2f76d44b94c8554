"""Dropout: what is kept is scaled, backward drops the same, and each layer draws for itself."""

import numpy as np
import pytest

from nn import Dropout


def dropout(rate, seed=0):
    return Dropout(rate, rng=np.random.default_rng(seed))


def test_at_inference_it_does_nothing():
    x = np.random.default_rng(1).standard_normal((4, 5))
    np.testing.assert_array_equal(dropout(0.9).forward(x), x)


def test_training_drops_values_or_scales_them_up():
    x = np.random.default_rng(1).uniform(1, 2, (50, 40))
    out = dropout(0.2).forward(x, train=True)
    kept = out != 0
    np.testing.assert_allclose(out[kept], x[kept] / 0.8, rtol=1e-15)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_drops_that_share_and_keeps_the_expected_value(rate):
    out = dropout(rate).forward(np.ones((400, 500)), train=True)
    assert (out == 0).mean() == pytest.approx(rate, abs=5e-3)
    assert out.mean() == pytest.approx(1, abs=1e-2)


def test_values_are_dropped_one_by_one():
    out = dropout(0.5).forward(np.ones((60, 6, 5, 4)), train=True)
    for axes in [(1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2)]:
        share = out.mean(axes)
        assert (np.abs(share - 1) < 0.5).all()
        assert len(np.unique(share)) > 1


def test_backward_scales_each_gradient_as_its_value():
    layer = dropout(0.3)
    x = np.random.default_rng(1).uniform(1, 2, (6, 7))
    scale = layer.forward(x, train=True) / x
    dout = np.random.default_rng(2).standard_normal(x.shape)
    np.testing.assert_allclose(layer.backward(dout), dout * scale, rtol=1e-12)


def test_rate_zero_drops_nothing():
    x = np.random.default_rng(1).standard_normal((30, 30))
    np.testing.assert_array_equal(dropout(0).forward(x, train=True), x)


def test_same_seed_drops_the_same_values():
    x = np.ones((20, 20))
    one, two, other = dropout(0.5), dropout(0.5), dropout(0.5, seed=1)
    first = one.forward(x, train=True)
    np.random.default_rng().random()  # whatever else draws, this layer has a generator of its own
    np.testing.assert_array_equal(two.forward(x, train=True), first)
    second = one.forward(x, train=True)
    assert (second != first).any()
    np.testing.assert_array_equal(two.forward(x, train=True), second)
    assert (other.forward(x, train=True) != first).any()


def test_inference_draws_nothing():
    x = np.ones((20, 20))
    one, two = dropout(0.5), dropout(0.5)
    one.forward(x)
    np.testing.assert_array_equal(one.forward(x, train=True), two.forward(x, train=True))


def test_without_a_generator_two_layers_differ():
    x = np.ones((20, 20))
    assert (Dropout(0.5).forward(x, train=True) != Dropout(0.5).forward(x, train=True)).any()


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    Dropout(0.5).forward(np.ones((20, 20)), train=True)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan")])
def test_refuses_a_rate_outside_zero_to_one(rate):
    with pytest.raises(ValueError, match=r"rate must be in \[0, 1\)"):
        Dropout(rate)

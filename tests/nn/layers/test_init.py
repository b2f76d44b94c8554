"""Initial weights: variance, distribution, generator and dtype."""

import numpy as np
import pytest

from nn.layers.init import glorot_uniform, he_normal


def draw(make, *fans, shape=(400, 500), seed=1, dtype=np.float64):
    return make(shape, *fans, np.random.default_rng(seed), dtype)


@pytest.mark.parametrize("fan_in", [9, 800])
def test_he_normal_has_variance_two_over_fan_in(fan_in):
    w = draw(he_normal, fan_in) / np.sqrt(2 / fan_in)
    assert w.mean() == pytest.approx(0, abs=0.01)
    assert w.var() == pytest.approx(1, rel=0.01)
    for sigmas, share in [(1, 0.6827), (2, 0.9545), (3, 0.9973)]:
        assert (np.abs(w) < sigmas).mean() == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize("fans", [(9, 288), (1600, 10)])
def test_glorot_has_variance_two_over_both_fans(fans):
    w = draw(glorot_uniform, *fans)
    limit = np.sqrt(6 / sum(fans))
    assert w.var() == pytest.approx(2 / sum(fans), rel=0.01)
    counts, _ = np.histogram(w, bins=10, range=(-limit, limit))
    assert counts.sum() == w.size
    np.testing.assert_allclose(counts / w.size, 0.1, atol=0.005)


def test_a_signal_keeps_its_size_through_layers():
    x = np.random.default_rng(2).standard_normal((50, 200))
    before = (x**2).mean()
    for seed in range(10):
        x = np.maximum(x @ draw(he_normal, 200, shape=(200, 200), seed=seed), 0)
    assert 0.3 < (x**2).mean() / before < 3  # one factor of two amiss would make it a thousand


@pytest.mark.parametrize(("make", "fans"), [(he_normal, (9,)), (glorot_uniform, (9, 5))])
def test_generator_decides_numbers_dtype_and_shape_kept(make, fans):
    w = draw(make, *fans, shape=(3, 3, 1, 5))
    np.testing.assert_array_equal(draw(make, *fans, shape=(3, 3, 1, 5)), w)
    single = draw(make, *fans, shape=(3, 3, 1, 5), dtype=np.float32)
    assert (w.dtype, single.dtype, w.shape) == (np.float64, np.float32, (3, 3, 1, 5))
    np.testing.assert_array_equal(single, w.astype(np.float32))
    assert (draw(make, *fans, seed=2) != draw(make, *fans)).all()
    unseeded = [make((9,), *fans, None, np.float64) for _ in range(2)]
    assert (unseeded[0] != unseeded[1]).all()

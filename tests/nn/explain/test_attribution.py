"""Attribution against numeric gradients of the network at inference."""

import numpy as np
import pytest

from nn import Sequential, explain
from tests import naive
from tests.nn.explain.networks import logits


def test_attribution_leaves_the_network_unchanged(network):
    model, x = network
    before = {k: a.copy() for k, a in (model.named_params() | model.named_state()).items()}
    seen = x.copy()
    explain.gradients(model, x, 1)
    list(explain.occlusion(model, x[:1], 1))
    for name, array in (model.named_params() | model.named_state()).items():
        np.testing.assert_array_equal(array, before[name])
    assert not model.named_grads()
    np.testing.assert_array_equal(x, seen)


@pytest.mark.parametrize("k", [0, 2])
def test_saliency_matches_the_numeric_gradient(network, k):
    model, x = network
    measured = naive.slope(lambda: logits(model, x)[:, k].sum(), x)
    analytic = explain.gradients(model, x, k)[0]
    np.testing.assert_allclose(analytic, measured, rtol=1e-6, atol=1e-9)
    largest = np.array([[[max(map(abs, p)) for p in row] for row in image] for image in measured])
    np.testing.assert_allclose(explain.saliency(analytic), largest, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        explain.gradient_times_input(analytic, x),
        np.einsum("nhwc,nhwc->nhw", measured, x), rtol=1e-6, atol=1e-9,
    )  # fmt: skip


def test_shipped_network_saliency_matches_numeric_gradient(shipped):
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, (1, 28, 28, 1))  # noise: on bare paper every pool is tied
    analytic = explain.saliency(explain.gradients(shipped, x, 3)[0])
    assert analytic.dtype == np.float64
    step = 1e-6
    for row, column in rng.integers(0, 28, (12, 2)):
        both = np.repeat(x, 2, axis=0)
        both[0, row, column] += step
        both[1, row, column] -= step
        above, below = logits(shipped, both)[:, 3]
        measured = abs(above - below) / (2 * step)
        assert analytic[0, row, column] == pytest.approx(measured, rel=1e-5, abs=1e-7)


def test_grad_cam_matches_the_paper(network):
    model, x = network
    places = explain.map_layers(model)
    kinds = [type(layer).__name__ for layer in model.layers]
    for place in places:
        out = explain.maps(model, x)[place + 1].copy()
        rest = Sequential(model.layers[place + 1 :])
        slopes = naive.slope(lambda out=out, rest=rest: logits(rest, out)[:, 1].sum(), out)
        N, OH, OW, C = out.shape
        expected = np.zeros((N, OH, OW))
        for n, c in np.ndindex(N, C):
            expected[n] += slopes[n, :, :, c].sum() / (OH * OW) * out[n, :, :, c]
        expected[expected < 0] = 0
        seen = explain.grad_cam(out, explain.gradients(model, x, 1)[place + 1])
        np.testing.assert_allclose(seen, expected, rtol=1e-6, atol=1e-9)
    assert len(places) == kinds.count("Conv2D")


@pytest.mark.parametrize("size", [3, 5])
def test_occlusion_covers_a_square_round_each_pixel(network, size):
    model, x = network
    one = x[:1]
    one[:, :2] = 0.0  # bare paper: covering it changes nothing
    *_, drop = explain.occlusion(model, one, 1, size)
    before = logits(model, one)[0, 1]
    for row, column in np.ndindex(drop.shape):
        covered = one.copy()
        for y, column_of_square in np.ndindex(9, 8):
            if abs(y - row) <= size // 2 and abs(column_of_square - column) <= size // 2:
                covered[0, y, column_of_square] = 0
        expected = before - logits(model, covered)[0, 1]
        assert drop[row, column] == pytest.approx(expected, abs=1e-12)

"""Attribution against measured slopes of the network in use, and what excites a channel."""

from pathlib import Path

import numpy as np
import pytest

from nn import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
    Softmax,
    explain,
)
from tests import naive

ROOT = Path(__file__).parents[3]
EXACT = {"rng": np.random.default_rng(3), "dtype": np.float64}


def trained_batchnorm(channels):
    """A BatchNorm that has seen something: no statistic and no parameter is as at first."""
    layer = BatchNorm(channels, dtype=np.float64)
    rng = np.random.default_rng(channels)
    layer.params["gamma"][:], layer.params["beta"][:] = rng.uniform(0.5, 2, (2, channels))
    layer.state["mean"][:], layer.state["var"][:] = rng.uniform(0.1, 3, (2, channels))
    return layer


def networks():
    """Networks on images of (9, 8, C), by name: all kinds of layers, in unlike orders."""
    yield "all kinds", 1, [
        Conv2D(1, 4, 3, **EXACT), ReLU(), MaxPool2D(2), trained_batchnorm(4),
        Conv2D(4, 3, (2, 3), pad="same", **EXACT), trained_batchnorm(3), ReLU(),
        AvgPool2D(2, stride=1), Flatten(), Dropout(0.6), Dense(12, 5, **EXACT), Softmax(),
    ]  # fmt: skip
    yield "two channels, ends in logits", 2, [
        Conv2D(2, 3, 3, stride=2, bias=False, **EXACT), ReLU(), Flatten(),
        Dense(36, 6, **EXACT), ReLU(), trained_batchnorm(6), Dense(6, 4, **EXACT),
    ]  # fmt: skip
    yield "no convolution", 1, [
        Dropout(0.5), Flatten(), Dense(72, 7, **EXACT), ReLU(), Dense(7, 3, **EXACT),
    ]  # fmt: skip


@pytest.fixture(params=[pytest.param(case[1:], id=case[0]) for case in networks()])
def network(request):
    """A float64 network and two images for it, as ``(model, x)``."""
    channels, layers = request.param
    return Sequential(layers), np.random.default_rng(5).uniform(0.05, 1, (2, 9, 8, channels))


@pytest.fixture(scope="module")
def shipped():
    return Sequential.load(ROOT / "weights" / "mnist.npz")


def logits(model, x):
    """What the network in use says, before any softmax."""
    layers = model.layers[:-1] if isinstance(model.layers[-1], Softmax) else model.layers
    for layer in layers:
        x = layer.forward(x)
    return x


def test_the_twin_computes_the_same_bits_and_shares_what_training_changes(network):
    model, x = network
    twin = explain.inference_twin(model)
    np.testing.assert_array_equal(twin.forward(x, train=True), logits(model, x))
    shared = twin.named_params() | twin.named_state()
    for name, array in (model.named_params() | model.named_state()).items():
        assert shared[name] is array


def test_asking_leaves_the_network_as_it_was(network):
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
def test_saliency_is_the_measured_slope_of_the_score(network, k):
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


def test_saliency_of_the_shipped_network_is_its_measured_slope(shipped):
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, (1, 28, 28, 1))  # noise: on bare paper every pool is tied
    analytic = explain.saliency(explain.gradients(shipped, x, 3)[0])
    assert analytic.dtype == np.float64
    step = 1e-6
    for row, column in rng.integers(0, 28, (25, 2)):
        both = np.repeat(x, 2, axis=0)
        both[0, row, column] += step
        both[1, row, column] -= step
        above, below = logits(shipped, both)[:, 3]
        measured = abs(above - below) / (2 * step)
        assert analytic[0, row, column] == pytest.approx(measured, rel=1e-5, abs=1e-7)


def test_maps_are_the_outputs_of_every_layer(network):
    model, x = network
    outputs = explain.maps(model, x)
    assert outputs[0] is x
    assert len(outputs) == len(model.layers) + 1
    np.testing.assert_array_equal(outputs[-1], model.forward(x))
    np.testing.assert_array_equal(
        outputs[2], model.layers[1].forward(model.layers[0].forward(x))
    )  # fmt: skip


def test_grad_cam_is_what_the_paper_says_with_measured_slopes(network):
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


def test_a_convolutions_maps_are_ready_after_the_relu_that_follows():
    model = Sequential([Conv2D(1, 2, 3), ReLU(), Conv2D(2, 2, 3), BatchNorm(2), Conv2D(2, 1, 1)])
    assert explain.map_layers(model) == [1, 2, 4]


@pytest.mark.parametrize("size", [3, 5])
def test_occlusion_covers_a_square_round_each_pixel(network, size):
    model, x = network
    one = x[:1]
    one[:, :2] = 0.0  # bare paper: covering it changes nothing
    *_, fall = explain.occlusion(model, one, 1, size)
    before = logits(model, one)[0, 1]
    for row, column in np.ndindex(fall.shape):
        covered = one.copy()
        for y, column_of_square in np.ndindex(9, 8):
            if abs(y - row) <= size // 2 and abs(column_of_square - column) <= size // 2:
                covered[0, y, column_of_square] = 0
        expected = before - logits(model, covered)[0, 1]
        assert fall[row, column] == pytest.approx(expected, abs=1e-12)


def test_the_most_exciting_images_are_those_of_the_largest_values():
    rng = np.random.default_rng(2)
    model = Sequential([Conv2D(1, 3, 3, rng=rng), ReLU(), Flatten(), Dense(48, 4, rng=rng)])
    x = rng.uniform(0, 1, (23, 6, 6, 1)).astype(np.float32)
    for layer, outputs in enumerate(explain.maps(model, x)[1:]):
        *_, (indices, values) = explain.top_activations(model, x, layer, count=5, at_a_time=4)
        for c in range(outputs.shape[-1]):
            peaks = [float(out[..., c].max()) for out in outputs]
            best = sorted(range(23), key=lambda i: -peaks[i])[:5]
            np.testing.assert_allclose(values[:, c], [peaks[i] for i in best], rtol=1e-5)
            np.testing.assert_allclose(
                [peaks[i] for i in indices[:, c]], values[:, c], rtol=1e-5
            )  # fmt: skip


def test_gradient_ascent_climbs_far_beyond_noise_and_stays_an_image(shipped):
    noise = np.random.default_rng(1).uniform(0, 0.2, (100, 28, 28, 1)).astype(np.float32)
    for layer, channel in [(4, 7), (14, 3)]:
        seen = list(explain.maximise_activation(shipped, layer, channel, steps=20))
        assert len(seen) == 20
        image, _ = seen[-1]
        assert image.min() >= 0
        assert image.max() <= 1
        out = explain.maps(shipped, np.concatenate([image[None], noise]))[layer + 1]
        peak, *others = out[(slice(None), *(size // 2 for size in out.shape[1:-1]), channel)]
        assert peak > seen[0][1] + 0.5
        assert peak > np.mean(others) + 10 * np.std(others)


def test_gradient_ascent_finds_the_kernel_itself():
    model = Sequential([Conv2D(1, 1, 3)])
    kernel = np.array([[1, -1, 1], [-1, 1, -1], [1, -1, 1]], np.float32)
    model.layers[0].params["w"][:, :, 0, 0] = kernel
    *_, (image, value) = explain.maximise_activation(model, 0, 0, (7, 7, 1), steps=80)
    np.testing.assert_allclose(image[2:5, 2:5, 0], (kernel > 0).astype(float), atol=0.05)
    assert value == pytest.approx(5, abs=0.3)
    image[2:5, 2:5] = 0
    assert image.max() < 0.05  # what does nothing for the channel went away


def test_a_channel_with_no_slope_leaves_the_noise_to_fade():
    model = Sequential([Conv2D(1, 1, 3), ReLU()])
    model.layers[0].params["w"][:] = 0
    *_, (image, value) = explain.maximise_activation(model, 1, 0, steps=100)
    assert value == 0
    assert image.max() < 0.02


def test_with_softmax_adds_one_only_where_none_is():
    logits_only = Sequential([Flatten(), Dense(4, 3)])
    whole = explain.with_softmax(logits_only)
    assert [type(layer) for layer in whole.layers] == [Flatten, Dense, Softmax]
    assert len(logits_only.layers) == 2
    assert explain.with_softmax(whole) is whole

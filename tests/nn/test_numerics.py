"""Unusual values, and any number of images: probabilities, or an error that says why not."""

import tracemalloc

import numpy as np
import pytest

from nn import BatchNorm, Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, fuse

TINY = np.float32(1e-42)  # denormal: below float32's smallest normal number


@pytest.fixture(params=["plain", "fused"])
def network(request):
    """A network for digits, on either engine."""
    rng = np.random.default_rng(0)
    model = Sequential(
        [
            Conv2D(1, 4, 3, pad="same", rng=rng), ReLU(), MaxPool2D(2), BatchNorm(4),
            Conv2D(4, 8, 3, rng=rng), ReLU(), MaxPool2D(2), Flatten(),
            Dense(6 * 6 * 8, 10, rng=rng),
        ]
    )  # fmt: skip
    return model if request.param == "plain" else fuse(model)


@pytest.mark.parametrize("value", [0, 1, TINY, -TINY, 1e30, -1e30], ids=str)
def test_any_finite_pixel_gives_finite_probabilities(network, value):
    images = np.random.default_rng(1).random((3, 28, 28), np.float32)
    images[1] = value
    images[2, ::3] = value
    proba = network.predict_proba(images)
    assert np.isfinite(proba).all()
    assert (proba >= 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)


def test_denormal_pixels_are_read_as_zero(network):
    dark, faint = (np.full((1, 28, 28), value, np.float32) for value in (0, TINY))
    np.testing.assert_allclose(network.predict_proba(faint), network.predict_proba(dark), atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.finfo(np.float32).max])
def test_an_input_without_answer_is_an_error(network, value):
    images = np.full((2, 28, 28), value, np.float32)
    with pytest.raises(FloatingPointError, match="not a number"):
        network.predict_proba(images)


def test_weights_too_large_are_an_error(network):
    for w in network.named_params().values():
        w[...] = 1e38
    with pytest.raises(FloatingPointError, match="not a number"):
        network.predict_proba(np.ones((1, 28, 28), np.float32))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shape", [(0, 28, 28), (0, 28, 28, 1)], ids=str)
def test_no_images_give_no_probabilities(network, shape, dtype):
    proba = network.predict_proba(np.zeros(shape, dtype))
    assert (proba.shape, proba.dtype) == ((0, 10), np.float32)


def test_one_image_reads_as_among_others(network):
    images = np.random.default_rng(2).integers(0, 256, (70, 28, 28), np.uint8)
    together = network.predict_proba(images)
    alone = np.concatenate([network.predict_proba(images[i : i + 1]) for i in (0, 33, 69)])
    np.testing.assert_allclose(alone, together[[0, 33, 69]], atol=1e-6)


def test_memory_does_not_grow_with_images(network):
    """But for the images as float32 and the answers: 3.1 and 0.04 MB; all maps would be 40."""
    images = np.zeros((1_000, 28, 28), np.uint8)

    def peak(n):
        tracemalloc.start()
        try:
            assert network.predict_proba(images[:n]).shape == (n, 10)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few = peak(256)
    assert peak(len(images)) < few + 4 * images.size + 5e6

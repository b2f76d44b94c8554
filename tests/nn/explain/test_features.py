"""Images that activate a channel most."""

import numpy as np
import pytest

from nn import Conv2D, Dense, Flatten, ReLU, Sequential, explain


def test_top_activations_match_sorting_all_peaks():
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


def test_ascent_beats_noise_and_stays_in_range(shipped):
    noise = np.random.default_rng(1).uniform(0, 0.2, (40, 28, 28, 1)).astype(np.float32)
    for layer, channel in [(4, 7), (14, 3)]:
        seen = list(explain.maximise_activation(shipped, layer, channel, steps=12))
        assert len(seen) == 12
        image, _ = seen[-1]
        assert image.min() >= 0
        assert image.max() <= 1
        out = explain.maps(shipped, np.concatenate([image[None], noise]))[layer + 1]
        peak, *others = out[(slice(None), *(size // 2 for size in out.shape[1:-1]), channel)]
        assert peak > seen[0][1] + 0.5
        assert peak > np.mean(others) + 10 * np.std(others)


def test_ascent_finds_the_kernel_itself():
    model = Sequential([Conv2D(1, 1, 3)])
    kernel = np.array([[1, -1, 1], [-1, 1, -1], [1, -1, 1]], np.float32)
    model.layers[0].params["w"][:, :, 0, 0] = kernel
    *_, (image, value) = explain.maximise_activation(model, 0, 0, (7, 7, 1), steps=80)
    np.testing.assert_allclose(image[2:5, 2:5, 0], (kernel > 0).astype(float), atol=0.05)
    assert value == pytest.approx(5, abs=0.3)
    image[2:5, 2:5] = 0
    assert image.max() < 0.05  # pixels that do not contribute have faded


def test_noise_fades_without_a_gradient():
    model = Sequential([Conv2D(1, 1, 3), ReLU()])
    model.layers[0].params["w"][:] = 0
    *_, (image, value) = explain.maximise_activation(model, 1, 0, steps=100)
    assert value == 0
    assert image.max() < 0.02

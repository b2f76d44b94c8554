"""The plain training loop."""

import numpy as np
import pytest

from nn import SGD, Adam, Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from nn.fit import fit


def network(seed=0):
    rng = np.random.default_rng(seed)
    layers = [Conv2D(1, 4, 3, rng=rng), ReLU(), MaxPool2D(2), Flatten(), Dense(36, 3, rng=rng)]
    return Sequential(layers)


def examples(n=30):
    """Bright rows at three heights: three classes that a network can tell."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, n)
    images = rng.integers(0, 60, (n, 8, 8), dtype=np.uint8)
    images[np.arange(n), 1 + 2 * labels] += 190
    return images, labels


def test_a_network_learns_thirty_images():
    model, (images, labels) = network(), examples()
    losses = list(fit(model, images, labels, optimizer=Adam(0.02), epochs=20, batch_size=7))
    assert len(losses) == 20
    assert losses[-1] < 0.1 < losses[0]
    assert (model.predict_proba(images).argmax(axis=1) == labels).all()


def test_one_step_follows_the_mean_loss_gradient():
    """A whole batch and plain SGD: each weight moves by the rate times its measured slope."""
    (images, labels), before = examples(6), network()
    model = network()
    (loss,) = fit(model, images, labels, optimizer=SGD(0.5), batch_size=6)
    assert loss == pytest.approx(mean_loss(before, images, labels), rel=1e-5)
    for name, place in (("0.w", (1, 2, 0, 3)), ("4.w", (7, 1)), ("4.b", (2,))):
        up, down = network(), network()
        up.named_params()[name][place] += 1e-2
        down.named_params()[name][place] -= 1e-2
        slope = (mean_loss(up, images, labels) - mean_loss(down, images, labels)) / 2e-2
        moved = model.named_params()[name][place] - before.named_params()[name][place]
        assert moved == pytest.approx(-0.5 * slope, rel=2e-2, abs=1e-4)


def mean_loss(model, images, labels):
    return float(-np.log(model.predict_proba(images)[np.arange(len(labels)), labels]).mean())


def test_batches_cover_every_image_once():
    seen = []
    model, (images, labels) = network(), examples(10)
    forward = model.forward
    model.forward = lambda x, train: (seen.append(x), forward(x, train))[1]
    list(fit(model, images, labels, optimizer=SGD(0.0001), batch_size=4))
    assert [len(x) for x in seen] == [4, 4, 2]
    found = np.concatenate(seen)[..., 0]
    expected = (images / np.float32(255)).astype(np.float32)
    np.testing.assert_allclose(
        np.sort(found.reshape(10, -1), axis=0), np.sort(expected.reshape(10, -1), axis=0), rtol=1e-6
    )


def test_the_same_generator_gives_the_same_weights():
    images, labels = examples()
    twins = [network(), network()]
    for model in twins:
        rng = np.random.default_rng(5)
        list(fit(model, images, labels, optimizer=Adam(), epochs=2, rng=rng))
    first, second = (model.named_params() for model in twins)
    for name, w in first.items():
        np.testing.assert_array_equal(w, second[name])

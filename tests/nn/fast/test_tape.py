"""A training pass noted once and played again equals the layers, one after the other."""

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
    SoftmaxCrossEntropy,
    fuse,
)
from nn.fast import kernels
from nn.fast.tape import NotOnTapeError, Tape
from nn.loss import NO_CLASS, targets

RNG = np.random.default_rng
SIDE = 12


def conv(C, OC, **more):
    return Conv2D(C, OC, 3, rng=RNG(C + OC), **more)


def dense(C, OC):
    return Dense(C, OC, rng=RNG(C))


NETWORKS = {
    "convolutions": lambda: [
        conv(1, 9), ReLU(), MaxPool2D(2), conv(9, 17), ReLU(), Flatten(), dense(153, 10),
    ],
    "padding and BatchNorm": lambda: [
        conv(1, 8, pad=1), ReLU(), MaxPool2D(2), BatchNorm(8), conv(8, 5, pad="same"), ReLU(),
        MaxPool2D(2), BatchNorm(5), Flatten(), dense(45, 10),
    ],
    "dense": lambda: [Flatten(), dense(144, 40), ReLU(), BatchNorm(40), dense(40, 10)],
    "no bias": lambda: [
        conv(1, 4, bias=False), ReLU(), Flatten(), Dense(400, 10, bias=False, rng=RNG(1)),
    ],
    "dropout": lambda: [
        conv(1, 4), ReLU(), MaxPool2D(2), Flatten(), Dropout(0.5, rng=RNG(5)), dense(100, 10),
    ],
}  # fmt: skip


def batch(n, seed=0):
    rng = RNG(seed)
    return rng.integers(0, 256, (n, SIDE, SIDE), dtype=np.uint8), rng.integers(0, 10, n)


def by_layers(model, images, labels, label_smoothing=0.0, share=1.0):
    """Return what `learn` does, from the plain layers; the gradients are in the model."""
    loss = SoftmaxCrossEntropy(label_smoothing)
    logits = model.forward((images / np.float32(255))[..., np.newaxis], train=True)
    value = share * loss.forward(logits, targets(labels, 10))
    model.backward(loss.backward() * np.float32(share))
    return value, logits


def assert_same_lesson(plain, fused, images, labels, *how):
    loss, logits = by_layers(plain, images, labels, *how)
    learned = fused.learn(images, labels, *(how or (0.0, 1.0)))
    assert learned is not None, "went layer by layer"
    assert learned[0] == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(learned[1], logits, atol=1e-5 * np.abs(logits).max())
    grads = fused.named_grads()
    largest = max(np.abs(dw).max() for dw in plain.named_grads().values())
    for name, dw in plain.named_grads().items():
        np.testing.assert_allclose(grads[name], dw, atol=1e-5 * largest, err_msg=name)
    for name, running in plain.named_state().items():
        np.testing.assert_allclose(fused.named_state()[name], running, rtol=1e-5, atol=1e-6)


def twins(name):
    """Return the plain network, and another one with the same numbers, fused."""
    plain, other = Sequential(NETWORKS[name]()), Sequential(NETWORKS[name]())
    for model in (plain, other):
        rng = RNG(7)
        for array in model.named_params().values():
            if array.ndim == 1:  # biases start at 0, which would hide their absence
                array += rng.random(array.shape, dtype=np.float32)
    return plain, fuse(other, input_gradient=False)


@pytest.mark.parametrize("name", NETWORKS)
def test_learning_equals_the_plain_layers(name):
    plain, fused = twins(name)
    for seed, n in enumerate((6, 6, 1, 9, 6)):  # played again, and other sizes in between
        assert_same_lesson(plain, fused, *batch(n, seed))


def test_share_and_smoothing_act_as_in_the_loss():
    plain, fused = twins("dense")
    assert_same_lesson(plain, fused, *batch(6), 0.1, 0.25)


def test_images_of_no_class_have_a_uniform_target():
    plain, fused = twins("dense")
    images, labels = batch(4)
    labels[1::2] = NO_CLASS
    assert_same_lesson(plain, fused, images, labels, 0.1, 1.0)


def test_images_of_each_kind():
    _, fused = twins("convolutions")
    images, labels = batch(5)
    floats = images * np.float32(1 / 255)
    losses = [
        fused.learn(kind, labels, 0.0, 1.0)[0]
        for kind in (images, images[..., np.newaxis], floats, floats[..., np.newaxis])
    ]
    assert losses == losses[:1] * 4


@pytest.mark.parametrize("name", ["convolutions", "padding and BatchNorm"])
def test_changed_and_replaced_parameters_are_seen(name):
    plain, fused = twins(name)
    assert_same_lesson(plain, fused, *batch(5))
    for model in (plain, fused):
        first = model.layers[0]
        first.params["w"] *= -0.5
    assert_same_lesson(plain, fused, *batch(5))
    plain.layers[0].params["w"] = plain.layers[0].params["w"] + 1
    fused.model.layers[0].params["w"] = plain.layers[0].params["w"].copy()
    assert_same_lesson(plain, fused, *batch(5))


def test_other_layers_go_layer_by_layer():
    layers = [conv(1, 4), ReLU(), AvgPool2D(2), Flatten(), dense(100, 10)]
    fused = fuse(Sequential(layers))
    images, labels = batch(3)
    assert fused.learn(images, labels, 0.0, 1.0) is None
    with pytest.raises(NotOnTapeError):
        Tape(fused.layers, (3, SIDE, SIDE, 1))


def test_unusual_batches_are_left_to_the_layers():
    _, fused = twins("dense")
    images, labels = batch(3)
    assert fused.learn(images, labels + 10, 0.0, 1.0) is None
    assert fused.learn(images[:0], labels[:0], 0.0, 1.0) is None
    assert fused.learn(images[:, :5], labels, 0.0, 1.0) is None
    assert fused.learn(images.astype(np.float64), labels, 0.0, 1.0) is None


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_pixel_makes_the_loss_nan(bad):
    _, fused = twins("convolutions")
    images, labels = batch(3)
    floats = images * np.float32(1 / 255)
    floats[1, 5, 5] = bad
    with np.errstate(all="ignore"):
        assert not np.isfinite(fused.learn(floats, labels, 0.0, 1.0)[0])
    assert np.isfinite(fused.learn(images, labels, 0.0, 1.0)[0])


@pytest.mark.parametrize("scale", [1, 50, 1000])
def test_cross_entropy_equals_the_plain_loss(scale):
    rng, labels = RNG(3), np.array([0, 4, 9, 9])
    logits = (scale * rng.standard_normal((4, 10))).astype(np.float32)
    loss, dlogits = SoftmaxCrossEntropy(0.1), np.empty_like(logits)
    expected = loss.forward(logits, labels)
    target = 0.9 * targets(labels, 10) + np.float32(0.01)
    assert kernels.cross_entropy(logits, target, 0.25, dlogits) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(dlogits, loss.backward(), atol=1e-7)

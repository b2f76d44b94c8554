"""Gradients spelled out against measured slopes: the number, its terms and its factors."""

import itertools
from decimal import Decimal

import numpy as np
import pytest

from data import canvas
from nn import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
)
from nn.explain import backward
from nn.layers.more.cases import cases
from tests.nn.explain.checks import check_sum, unit
from tests.nn.explain.networks import ROOT, exact_networks, unusual_network

STEP = 1e-5  # of the test's own slope


def loss_from(passed, layer, x):
    """The loss if the input of a layer is `x`, without its exactness for certain answers."""
    logits, choices = passed.forward_from(layer, x)
    loss = SoftmaxCrossEntropy().forward(logits[None], np.array([passed.label]))
    return loss, [choice.copy() for choice in choices]


def slope_of(passed, start, array, at):
    """The central difference for one number; None at a kink."""
    x, before, losses, made = passed.values[start], array[at], [], []
    for step in (-STEP, 0, STEP):
        array[at] = before + step
        loss, choices = loss_from(passed, start, x)
        losses.append(loss)
        made.append(choices)
    array[at] = before
    if not all(map(np.array_equal, made[0] + made[2], made[1] + made[1])):
        return None
    return (losses[2] - losses[0]) / (2 * STEP)


def places(passed, rng):
    """Random numbers all over a pass, every array as often: (layer, parameter or "", index)."""
    arrays = [(i - 1, "", array) for i, array in enumerate(passed.gradients[:-1])]
    for i, layer in enumerate(passed.layers):
        arrays += [(i, name, array) for name, array in layer.grads.items()]
    for layer, name, array in itertools.islice(itertools.cycle(arrays), 1000):
        yield layer, name, tuple(int(rng.integers(size)) for size in array.shape)


def spelled(passed, layer, name, at):
    """The breakdown of a gradient, its value and the array to nudge."""
    if name:
        found = backward.break_down_parameter(passed, layer, name, at)
        return found, passed.layers[layer].grads[name][at], passed.layers[layer].params[name]
    found = backward.break_down_gradient(passed, layer + 1, at)
    return found, passed.gradients[layer + 1][at], passed.values[layer + 1]


def check(passed, layer, name, at):
    """Check one gradient; return whether it has a slope."""
    found, value, array = spelled(passed, layer, name, at)
    assert found.value == value
    assert found.at == at
    assert abs(found.shown - Decimal(float(value))) <= unit(found.shown) / 2
    if found.total is not None:
        check_sum(found.total)
        assert found.total.shown == found.shown
        terms = found.total.terms
        assert sum(term.value for term in terms) == pytest.approx(value, rel=1e-9, abs=1e-15)
        products = [(t.value, *t.factors) for t in terms if t.factors is not None]
        assert all(a == pytest.approx(b * c, rel=1e-12) for a, b, c in products)
    start = layer if name else layer + 1
    mine = slope_of(passed, start, array, at)
    measured = backward.measured_slope(passed, layer, at, name)
    if mine is None or measured is None:
        return False
    assert value == pytest.approx(mine, rel=1e-4, abs=1e-8)
    # Its error is of order h^4: the largest where BatchNorm divides by a small deviation.
    assert value == pytest.approx(measured, rel=2e-6, abs=1e-10)
    return True


def check_many(passed, rng, count=200):
    """Check this many gradients that have a slope, all over a pass."""
    checked = 0
    for place in places(passed, rng):
        checked += check(passed, *place)
        if checked == count:
            return
    pytest.fail(f"only {checked} numbers have a slope")


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("which", range(3))
def test_every_layers_gradients_equal_measured_slopes(which, train):
    _, channels, layers = list(exact_networks())[which]
    rng = np.random.default_rng(which)
    image = rng.uniform(0.05, 1, (9, 8, channels))
    check_many(backward.backward_pass(Sequential(layers), image, 1, train=train), rng)


def test_unusual_networks_gradients_equal_measured_slopes():
    rng = np.random.default_rng(11)
    model = backward.exact(unusual_network(rng))
    check_many(backward.backward_pass(model, rng.standard_normal((11, 7, 2)), 2), rng)


@pytest.mark.parametrize("train", [False, True])
def test_shipped_networks_gradients_equal_measured_slopes(shipped, train):
    with canvas.open_image(ROOT / "samples" / "4.png") as picture:
        image = canvas.from_image(picture)[:, :, None].astype(np.float64)
    passed = backward.backward_pass(backward.exact(shipped), image, 9, train=train)
    check_many(passed, np.random.default_rng(4), 100)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("title", [title for title, _, _ in cases(np.random.default_rng(0))])
def test_other_layers_gradients_equal_measured_slopes(title, train):
    rng = np.random.default_rng(0)
    _, shape, layer = next(case for case in cases(rng) if case[0] == title)
    for w in layer.params.values():
        w += 0.1 * rng.standard_normal(w.shape)
    features = int(np.prod(layer.output_shape(shape[1:])))
    dense = Dense(features, 3, rng=rng, dtype=np.float64)
    model = Sequential([layer, Flatten(), dense])
    passed = backward.backward_pass(model, rng.standard_normal(shape[1:]), 0, train=train)
    some = itertools.islice(places(passed, rng), 60)
    assert sum(check(passed, *place) for place in some) > 50


def test_training_gradients_of_dropped_values_are_zero():
    rng = np.random.default_rng(1)
    model = Sequential([Flatten(), Dropout(0.5), Dense(12, 3, rng=rng, dtype=np.float64)])
    passed = backward.backward_pass(model, rng.uniform(0.1, 1, (3, 4, 1)), 1, train=True)
    for k in range(12):
        found = backward.break_down_gradient(passed, 1, (k,))
        dropped = passed.values[2][k] == 0
        assert ("was dropped" in found.rule) == dropped
        assert dropped == (passed.gradients[1][k] == 0)


def test_convolution_gradients_worked_by_hand():
    """Image 3x3, kernel 2x2; the four outputs are the logits."""
    conv = Conv2D(1, 1, 2, bias=False, dtype=np.float64)
    conv.params["w"][:, :, 0, 0] = [[1, -1], [0.5, 2]]
    image = np.array([[0, 0, 0], [0, 1, 0.5], [0, 0.5, 0.25]])[..., None]
    passed = backward.backward_pass(Sequential([conv, Flatten()]), image, 0)
    logits = np.array([2, 0.5 + 1, -1 + 1, 1 - 0.5 + 0.25 + 0.5])
    p = np.exp(logits) / np.exp(logits).sum()
    dout = p - [1, 0, 0, 0]
    np.testing.assert_allclose(passed.values[1].ravel(), logits)
    pixel = backward.break_down_gradient(passed, 0, (1, 1, 0))  # under every stop, turned round
    assert pixel.value == pytest.approx(2 * dout[0] + 0.5 * dout[1] - dout[2] + dout[3])
    named = {term.name: term.value for term in pixel.total.terms}
    assert named["stop 0, 0: its tap 1, 1"] == pytest.approx(2 * dout[0])
    np.testing.assert_array_equal(pixel.kernel[..., 0], [[2, 0.5], [-1, 1]])
    np.testing.assert_allclose(pixel.patch[..., 0].ravel(), dout)
    weight = backward.break_down_parameter(passed, 0, "w", (0, 1, 0, 0))
    assert weight.value == pytest.approx(0 * dout[0] + 0 * dout[1] + 1 * dout[2] + 0.5 * dout[3])


def test_a_pools_winner_takes_all():
    image = np.array([[1.0, 4], [3, 2]])[..., None]
    dense = Dense(1, 2, dtype=np.float64)
    dense.params["w"][:] = [[1.0, -1.0]]
    passed = backward.backward_pass(Sequential([MaxPool2D(2), Flatten(), dense]), image, 1)
    winner = backward.break_down_gradient(passed, 0, (0, 1, 0))
    p = 1 / (1 + np.exp(-8))
    assert winner.value == pytest.approx(2 * p)
    assert winner.winner == (0, 1)
    loser = backward.break_down_gradient(passed, 0, (1, 0, 0))
    assert loser.value == 0
    assert loser.total.terms[0].name == "window 0, 0: 4 wins, so nothing"


def test_relu_says_whether_it_blocked():
    dense = Dense(2, 2, dtype=np.float64)
    passed = backward.backward_pass(
        Sequential([ReLU(), Flatten(), dense]), np.array([[[-1.0], [2.0]]]), 0
    )
    assert "blocked" in backward.break_down_gradient(passed, 0, (0, 0, 0)).rule
    assert "passes" in backward.break_down_gradient(passed, 0, (0, 1, 0)).rule


def test_the_loss_and_its_gradients_are_spelled_out(shipped):
    image = np.random.default_rng(0).uniform(0, 1, (28, 28, 1))
    passed = backward.backward_pass(backward.exact(shipped), image, 6)
    p = passed.values[-1]
    loss = backward.break_down_loss(passed)
    check_sum(loss.total)
    assert loss.value == pytest.approx(-np.log(p[6]), rel=1e-12)
    for k in range(10):
        logit = backward.break_down_gradient(passed, len(passed.layers), (k,))
        check_sum(logit.total)
        assert logit.value == pytest.approx(p[k] - (k == 6), rel=1e-12)
        found = backward.break_down_gradient(passed, len(passed.layers) + 1, (k,))
        assert found.value == pytest.approx(-1 / p[6] if k == 6 else 0)
        measured = backward.measured_slope(passed, len(passed.layers), (k,))
        assert measured == pytest.approx(found.value, rel=1e-7)


def test_slopes_keep_their_digits_where_certain():
    dense = Dense(2, 2, dtype=np.float64)
    dense.params["w"][:] = [[30.0, 0], [0, 0]]
    passed = backward.backward_pass(Sequential([Flatten(), dense]), np.ones((2, 1, 1)), 0)
    exact = -30 / (1 + np.exp(30))  # about -3e-12
    assert passed.gradients[0][0, 0, 0] == pytest.approx(exact, rel=1e-3)
    assert backward.measured_slope(passed, -1, (0, 0, 0)) == pytest.approx(exact, rel=1e-7)


def test_a_kink_has_no_slope():
    dense = Dense(1, 2, dtype=np.float64)
    model = Sequential([ReLU(), Flatten(), dense])
    passed = backward.backward_pass(model, np.zeros((1, 1, 1)), 0)
    assert backward.measured_slope(passed, -1, (0, 0, 0)) is None


def test_a_channel_switched_off_blocks_both_ways():
    """Channel 2 of the first ReLU's output, entry 2."""
    model = Sequential(next(iter(exact_networks()))[2])
    image, mask = np.random.default_rng(0).uniform(0, 1, (9, 8, 1)), np.array([1, 1, 0, 1])
    passed = backward.backward_pass(model, image, 3, masks={2: mask})
    assert not passed.values[2][..., 2].any()
    assert passed.gradients[2][..., 2].any(), "what it would do if it were on"
    assert not passed.gradients[1][..., 2].any()
    assert passed.gradients[1][..., 1].any()
    check_many(passed, np.random.default_rng(2))


def test_the_pass_leaves_the_network_alone(shipped):
    model = backward.exact(shipped)
    before = {k: a.copy() for k, a in (model.named_params() | model.named_state()).items()}
    image = np.random.default_rng(0).uniform(0, 1, (28, 28, 1))
    for train in (False, True):
        passed = backward.backward_pass(model, image, 6, train=train)
        backward.measured_slope(passed, 0, (2, 2, 0, 3), "w")
        backward.measured_slope(passed, 3, (2, 2, 3))
    for name, array in (model.named_params() | model.named_state()).items():
        np.testing.assert_array_equal(array, before[name])
    np.testing.assert_array_equal(
        model.predict_proba(image[None]), passed_at_inference(model, image)
    )


def passed_at_inference(model, image):
    """The probabilities of a pass at inference, as `predict_proba` gives them."""
    found = backward.backward_pass(model, image.astype(np.float32), 0).values[-1]
    return found[None].astype(np.float32)


@pytest.mark.parametrize("at", [(0, 0), (0, 0, 0, 0), (5, 0, 0), (0, 0, -1)])
def test_index_out_of_range_is_refused(at):
    model = Sequential([Flatten(), Dense(25, 3)])
    passed = backward.backward_pass(model, np.zeros((5, 5, 1)), 0)
    with pytest.raises(ValueError, match="is not an index into a gradient of shape"):
        backward.break_down_gradient(passed, 0, at)


def test_unbounded_gradients_are_refused_in_one_line():
    dense = Dense(1, 2, dtype=np.float64)
    dense.params["w"][:] = [[3000.0, 0]]
    passed = backward.backward_pass(Sequential([Flatten(), dense]), np.ones((1, 1, 1)), 1)
    with pytest.raises(ValueError, match="-inf is too large to be written out"):
        backward.break_down_gradient(passed, 3, (1,))

"""Softmax and cross-entropy: by hand, against loops, measured slopes, at the extremes."""

import numpy as np
import pytest

from nn import SoftmaxCrossEntropy
from nn.loss import NO_CLASS, targets
from tests import naive

LN2, LN3 = np.log(2.0), np.log(3.0)


def test_worked_by_hand():
    loss = SoftmaxCrossEntropy()
    # probabilities 1/4, 3/4 and 1/2, 1/2
    logits = np.array([[0.0, LN3], [5, 5]])
    assert loss.forward(logits, np.array([0, 1])) == pytest.approx((2 * LN2 + LN2) / 2, rel=1e-15)
    np.testing.assert_allclose(loss.backward(), [[-0.375, 0.375], [0.25, -0.25]], rtol=1e-14)


def test_label_smoothing_by_hand():
    loss = SoftmaxCrossEntropy(label_smoothing=0.4)
    # targets 0.2 and 0.8, probabilities 1/4 and 3/4
    value = loss.forward(np.array([[0.0, LN3]]), np.array([1]))
    assert value == pytest.approx(0.2 * 2 * LN2 + 0.8 * (2 * LN2 - LN3), rel=1e-15)
    np.testing.assert_allclose(loss.backward(), [[0.05, -0.05]], rtol=1e-14)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize(("N", "K"), [(1, 1), (1, 4), (5, 3)])
def test_equals_loops_and_measured_slopes(N, K, smoothing):
    rng = np.random.default_rng(1)
    logits, labels = rng.standard_normal((N, K)), rng.integers(0, K, N)
    loss = SoftmaxCrossEntropy(smoothing)
    value = loss.forward(logits, labels)
    assert isinstance(value, float)
    expected = naive.cross_entropy(logits, labels, smoothing)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-14)
    slopes = naive.slope(lambda: SoftmaxCrossEntropy(smoothing).forward(logits, labels), logits)
    np.testing.assert_allclose(loss.backward(), slopes, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_neither_overflow_nor_round_away(dtype):
    loss = SoftmaxCrossEntropy()
    logits = np.array([[1000, -1000], [-1000, 1000], [-1000, -1000]], dtype)
    assert loss.forward(logits, np.array([0, 0, 0])) == pytest.approx((2000 + LN2) / 3, rel=1e-6)
    expected = np.array([[0, 0], [-1, 1], [-0.5, 0.5]]) / 3
    dlogits = loss.backward()
    np.testing.assert_allclose(dlogits, expected, rtol=1e-6)
    assert dlogits.dtype == dtype


def test_loss_is_finite_where_softmax_rounds_to_zero():
    # a loss in two steps could not take the logarithm of this 0
    assert SoftmaxCrossEntropy().forward(np.array([[0.0, 800.0]]), np.array([0])) == 800


def test_gradient_is_zero_at_the_smoothed_target():
    loss = SoftmaxCrossEntropy(0.3)
    target = np.array([[0.1, 0.8, 0.1]])
    loss.forward(np.log(target), np.array([1]))
    np.testing.assert_allclose(loss.backward(), 0, atol=1e-15)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int64, list])
def test_labels_of_any_integer_kind_and_inputs_stay(kind):
    labels = [2, 0] if kind is list else np.array([2, 0], kind)
    logits = np.random.default_rng(1).standard_normal((2, 3))
    before, loss = logits.copy(), SoftmaxCrossEntropy(0.1)
    value = loss.forward(logits, labels)
    assert value == pytest.approx(naive.cross_entropy(before, [2, 0], 0.1))
    loss.backward()
    np.testing.assert_array_equal(logits, before)
    assert list(labels) == [2, 0]


@pytest.mark.parametrize("shapes", [((3, 4), (2,)), ((3, 4), (3, 1)), ((4,), (4,)), ((0, 4), (0,))])
def test_refuses_shapes_that_do_not_fit(shapes):
    logits, labels = np.zeros(shapes[0]), np.zeros(shapes[1], int)
    with pytest.raises(ValueError, match="SoftmaxCrossEntropy: expected logits") as caught:
        SoftmaxCrossEntropy().forward(logits, labels)
    assert f"got {shapes[0]} and {shapes[1]}" in str(caught.value)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0], [0.0, 1.0], [True, False]])
def test_refuses_labels_that_name_no_class(labels):
    with pytest.raises(ValueError, match="labels must be integers from 0 to 2"):
        SoftmaxCrossEntropy().forward(np.zeros((2, 3)), np.array(labels))


def test_one_hot_targets_equal_labels():
    logits = np.random.default_rng(2).standard_normal((3, 4))
    labels = np.array([2, 0, 3])
    by_label, by_row = SoftmaxCrossEntropy(0.2), SoftmaxCrossEntropy(0.2)
    value = by_label.forward(logits, labels)
    assert by_row.forward(logits, targets(labels, 4)) == pytest.approx(value)
    np.testing.assert_allclose(by_row.backward(), by_label.backward(), atol=1e-7)


def test_images_of_no_class_have_uniform_targets():
    assert targets(np.array([1, NO_CLASS]), 4).tolist() == [[0, 1, 0, 0], [0.25] * 4]
    loss = SoftmaxCrossEntropy(0.1)
    value = loss.forward(np.full((1, 4), 3.0), targets(np.array([NO_CLASS]), 4))
    assert value == pytest.approx(np.log(4))
    np.testing.assert_allclose(loss.backward(), 0, atol=1e-7)


@pytest.mark.parametrize("labels", [np.array([1]), np.array([[0.25, 0.75]])], ids=str)
def test_the_gradient_is_of_the_logits_kind(labels):
    loss = SoftmaxCrossEntropy()
    loss.forward(np.zeros((1, 2), np.float32), labels)
    assert loss.backward().dtype == np.float32


def test_backward_needs_a_forward():
    with pytest.raises(RuntimeError, match="SoftmaxCrossEntropy: backward without a forward"):
        SoftmaxCrossEntropy().backward()


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_refuses_a_smoothing_out_of_range(smoothing):
    with pytest.raises(ValueError, match=r"label_smoothing must be in \[0, 1\)"):
        SoftmaxCrossEntropy(smoothing)

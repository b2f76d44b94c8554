"""What the Learning panel works on: steps, undo, and parts that are switched off."""

import numpy as np
import pytest

from inspector.drawing import Snapshot
from inspector.network import Network
from inspector.panels.learning.report import most_changed, sample_digits
from inspector.panels.learning.state import Lesson
from nn import SoftmaxCrossEntropy
from nn.explain.backward import exact
from tests.windows import LIGHT, small_network


@pytest.fixture
def lesson():
    """A lesson on a drawing that is said to be a 3."""
    drawing = np.random.default_rng(2).uniform(0, 1, (28, 28)).astype(np.float32)
    made = Lesson()
    made.label = 3
    made.follow(Snapshot(drawing, False, Network(small_network(), "a network"), LIGHT))
    return made


def params_of(lesson):
    return {name: w.copy() for name, w in lesson.model.named_params().items()}


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


def test_a_step_follows_the_measured_gradient(lesson):
    """Each weight moves by -lr times the slope of the loss, measured on a copy of the network."""
    before, lr = params_of(lesson), 0.01
    x, criterion = lesson.passed.values[0][None], SoftmaxCrossEntropy()
    lesson.step(lr)
    after, twin = params_of(lesson), exact(lesson.network.model)
    rng, h = np.random.default_rng(0), 1e-5

    def loss():
        out = x
        for layer in twin.layers[:-1]:
            out = layer.forward(out)
        return criterion.forward(out, np.array([3]))

    for name, w in twin.named_params().items():
        at = tuple(int(rng.integers(n)) for n in w.shape)
        slopes = []
        for step in (h, -h):
            w[at] = before[name][at] + step
            slopes.append(loss() / (2 * step))
        w[at] = before[name][at]
        moved = after[name][at] - before[name][at]
        assert moved == pytest.approx(-lr * sum(slopes), rel=1e-4, abs=1e-9)


def test_the_report_says_what_changed(lesson):
    before, passed = params_of(lesson), lesson.passed
    report = lesson.step(0.002)
    after = lesson.run()
    assert report.losses == (passed.loss, after.loss)
    assert report.losses[1] < report.losses[0]
    assert report.promised == pytest.approx(report.losses[1] - report.losses[0], rel=0.2)
    np.testing.assert_array_equal(report.probabilities[0], passed.values[-1])
    np.testing.assert_array_equal(report.probabilities[1], after.values[-1])
    first = report.weights[0]
    changes = [np.abs(w - before[name]).max() for name, w in params_of(lesson).items()]
    assert abs(first.after - first.before) == max(changes)
    original = lesson.network.model.predict_proba(np.stack([im for _, im in sample_digits()]))
    right = [p[digit] for p, (digit, _) in zip(original, sample_digits(), strict=True)]
    np.testing.assert_allclose(report.samples[:, 0], right, rtol=1e-4)


def test_most_changed_are_in_order():
    old = {"0.w": np.zeros((3, 4)), "1.b": np.zeros(2)}
    new = {"0.w": np.arange(12.0).reshape(3, 4), "1.b": np.array([-20.0, 0])}
    found = most_changed(old, new)
    assert [(w.layer, w.name, w.at) for w in found[:3]] == [
        (1, "b", (0,)), (0, "w", (2, 3)), (0, "w", (2, 2))
    ]  # fmt: skip
    assert len(found) == 12, "11 weights of w changed, and one of b"


def test_undo_takes_back_step_by_step(lesson):
    states = [params_of(lesson)]
    for _ in range(3):
        lesson.step(0.01)
        states.append(params_of(lesson))
    for state in reversed(states[:-1]):
        assert lesson.undo()
        assert_same(params_of(lesson), state)
    assert not lesson.undo()
    assert not lesson.changed


def test_switched_weights_are_zero_and_come_back(lesson):
    before, key = params_of(lesson), (4, "w", (1, 1, 0, 2))
    loss = lesson.passed.loss
    lesson.switch_weight(*key)
    assert lesson.model.layers[4].params["w"][1, 1, 0, 2] == 0
    assert lesson.run().loss != loss
    lesson.step(0.01)
    assert lesson.model.layers[4].params["w"][1, 1, 0, 2] == 0, "a step leaves it off"
    lesson.undo()
    lesson.switch_weight(*key)
    assert_same(params_of(lesson), before)


def test_undo_respects_what_was_switched_later(lesson):
    key = (4, "w", (1, 1, 0, 2))
    before = params_of(lesson)
    lesson.step(0.01)
    lesson.switch_weight(*key)
    lesson.undo()
    assert lesson.model.layers[4].params["w"][1, 1, 0, 2] == 0
    lesson.switch_weight(*key)
    assert_same(params_of(lesson), before)


def test_undo_keeps_a_weight_that_came_back(lesson):
    key, before = (4, "w", (1, 1, 0, 2)), params_of(lesson)
    lesson.switch_weight(*key)
    lesson.step(0.01)
    lesson.switch_weight(*key)
    lesson.undo()
    assert_same(params_of(lesson), before)


def test_a_channel_switches_off_and_on(lesson):
    loss = lesson.passed.loss
    lesson.switch_channel(1, 2)
    off = lesson.run()
    assert not off.values[2][..., 2].any()
    assert off.loss != loss
    lesson.switch_channel(1, 2)
    assert lesson.run().loss == loss
    assert not lesson.changed


def test_restore_brings_all_back(lesson):
    before = params_of(lesson)
    lesson.switch_channel(1, 2)
    lesson.switch_weight(4, "w", (1, 1, 0, 2))
    lesson.step(0.1)
    lesson.restore()
    assert_same(params_of(lesson), before)
    assert not lesson.changed
    assert not lesson.undo()


def test_the_windows_network_never_changes(lesson):
    model = lesson.network.model
    before = {name: w.copy() for name, w in model.named_params().items()}
    lesson.switch_weight(4, "w", (1, 1, 0, 2))
    lesson.step(0.1)
    assert_same(model.named_params(), before)


def test_a_network_changed_elsewhere_begins_again(lesson):
    """Teaching changes the last layer in place."""
    lesson.step(0.1)
    lesson.network.model.layers[9].params["b"][4] += 1
    snapshot = Snapshot(np.zeros((28, 28), np.float32), True, lesson.network, LIGHT)
    lesson.follow(snapshot)
    assert not lesson.changed
    np.testing.assert_array_equal(
        lesson.model.layers[9].params["b"], lesson.network.model.layers[9].params["b"]
    )


def test_without_a_label_its_own_answer_counts(lesson):
    lesson.label = None
    passed = lesson.run()
    assert passed.label == passed.values[-1].argmax()

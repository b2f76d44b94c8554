"""A step of learning and its report, parts switched off, and the pass as in training."""

import numpy as np
import pytest

from inspector.panels.learning.layout import GRADIENTS, VALUES
from inspector.panels.learning.rows import Spot
from tests.windows import click_number, find, press, settle


def test_a_step_moves_the_bars_undo_moves_back(learning):
    app, inspector, panel = learning
    before = panel.probabilities.copy()
    press(app, panel.pass_view.canvas, "<Return>", lambda: panel.lesson.changed)
    settle(app)
    assert panel.probabilities[4] > before[4]
    bars = [
        i for i in inspector.bars.canvas.find_all() if inspector.bars.canvas.type(i) == "rectangle"
    ]
    x0, _, x1, _ = inspector.bars.canvas.coords(bars[4])
    assert (x1 - x0) / 200 == pytest.approx(panel.probabilities[4], abs=0.01)
    assert panel.step.report.label == 4
    assert len(panel.step.canvas.find_withtag("after")) == 10
    press(app, panel.pass_view.canvas, "<BackSpace>", lambda: not panel.lesson.changed)
    settle(app)
    np.testing.assert_array_equal(panel.probabilities, before)


def test_a_steps_percentages_say_before_and_after(learning):
    app, _, panel = learning
    press(app, panel.pass_view.canvas, "<Return>", lambda: panel.lesson.changed)
    settle(app)
    report, canvas = panel.step.report, panel.step.canvas
    texts = [canvas.itemcget(i, "text") for i in canvas.find_all() if canvas.type(i) == "text"]
    first = texts.index("before → after") + 1
    old, new = report.probabilities
    shown = [text for text in texts[first:] if text.endswith(" %") and "→" in text]
    assert shown == [f"{100 * p:.2f} → {100 * q:.2f} %" for p, q in zip(old, new, strict=True)]
    below = [canvas.itemcget(i, "text").splitlines() for i in canvas.find_withtag("sample")]
    for digit, lines in enumerate(below):
        before, after = report.samples[digit]
        answer = report.sample_answers[digit][1]
        assert lines[:2] == [f"before {100 * before:.1f}", f"after {100 * after:.1f}"]
        assert lines[2:] == ([] if answer == digit else [f"read as {answer}"])
    assert len(below) == 10


def test_the_slider_sets_the_learning_rate(learning):
    app, _, panel = learning
    panel.controls.rate.scale.set(0)
    find(panel, "Learn").invoke()
    settle(app)
    assert panel.step.report.lr == pytest.approx(1e-4)


def test_double_clicks_switch_off_one_key_restores(learning):
    app, _, panel = learning
    before = panel.probabilities.copy()
    for spot in (Spot(1, "", (5, 6, 1)), Spot(0, "w", (2, 3, 0, 1))):
        click_number(panel, spot, VALUES, times=2)
        settle(app)
    assert not panel.lesson.passed.values[2][..., 1].any()
    assert panel.lesson.model.layers[0].params["w"][2, 3, 0, 1] == 0
    assert not np.array_equal(panel.probabilities, before)
    press(app, panel.pass_view.canvas, "<r>", lambda: not panel.lesson.changed)
    settle(app)
    np.testing.assert_array_equal(panel.probabilities, before)


def test_training_mode_uses_the_images_statistics(learning):
    app, _, panel = learning
    find(panel, "as in training").invoke()
    settle(app)
    out = panel.lesson.passed.values[4]
    gamma, beta = (app.model.layers[3].params[name] for name in ("gamma", "beta"))
    np.testing.assert_allclose(out.mean(axis=(0, 1)), beta, atol=1e-6)
    assert out.std(axis=(0, 1)) == pytest.approx(gamma, abs=0.05)
    for spot in (Spot(8, "", (3,)), Spot(3, "", (1, 2, 0)), Spot(2, "", (2, 3, 2))):
        for side in (VALUES, GRADIENTS):
            click_number(panel, spot, side)
            assert panel.sheet.sheet.text

"""Fitting the score's weights: sums over paths against all paths, one by one."""

import numpy as np
import pytest

from benchmarks import numbers_fit
from benchmarks.accuracy import number_paths
from benchmarks.accuracy.number_paths import Example, Fit, names
from data.segments import row
from data.segments.graph import Block, Part

ANSWERS = {(0, 1): 3, (1, 2): 5, (0, 2): 8, (2, 3): 1, (1, 3): 7}
"""What the network reads in each run of three blocks."""


@pytest.fixture(name="example")
def _example():
    boxes = [(0, 0, 40, 100), (38, 0, 80, 100), (70, 0, 110, 100)]
    blocks = [Block([Part(box, k)]) for k, box in enumerate(boxes)]
    rng = np.random.default_rng(0)
    seen = {}
    for run, digit in ANSWERS.items():
        proba = np.full(10, 0.01)
        proba[digit] = rng.uniform(0.5, 0.9)
        seen[run] = np.zeros((28, 28)), proba
    return Example(blocks, 100, None, "351", False, seen)


def paths(end):
    """All paths through the runs, from the first node to the last."""
    if end == 0:
        yield []
    for run in ANSWERS:
        if run[1] == end:
            yield from ([*path, run] for path in paths(run[0]))


def test_loss_is_that_of_all_paths(example):
    runs, scores = example.scores()
    score = dict(zip(runs, scores, strict=True))
    total = [np.exp(sum(score[run] for run in path)) for path in paths(3)]
    right = [np.exp(sum(score[run] for run in path)) for path in paths(3)
             if "".join(str(ANSWERS[run]) for run in path) == example.truth]  # fmt: skip
    assert len(total) > len(right) == 1
    loss, _ = Fit([example]).loss(np.zeros(len(names())))
    assert loss == pytest.approx(np.log(sum(total) / sum(right)))


def test_gradient_is_the_change_of_the_loss(example):
    fit, size = Fit([example]), len(names())
    change = np.random.default_rng(1).normal(0, 0.1, size)
    _, gradient = fit.loss(change)
    for k in range(size):
        step = 1e-5 * np.eye(size)[k]
        slope = (fit.loss(change + step)[0] - fit.loss(change - step)[0]) / 2e-5
        assert gradient[k] == pytest.approx(slope, abs=1e-6)


def test_the_descent_finds_the_minimum():
    least = np.array([0.3, -1.0, 2.0])
    scale = np.array([1.0, 5.0, 0.2])

    def loss(x):
        return scale @ (x - least) ** 2, 2 * scale * (x - least)

    np.testing.assert_allclose(numbers_fit.descend(loss, 3), least, atol=0.02)


def test_a_fit_makes_right_readings_more_probable(example, monkeypatch, capsys):
    for module, name in names():
        monkeypatch.setattr(module, name, getattr(module, name))
    kept = row.DIGIT, row.ODDS_TOUCHING
    monkeypatch.setattr(number_paths.Example, "explore", lambda self, classify: None)
    numbers_fit.fit([example], None)
    printed = capsys.readouterr().out
    before, after = map(float, printed.splitlines()[0].split("loss ")[1].split(" -> "))
    assert after < before
    assert kept != (row.DIGIT, row.ODDS_TOUCHING)
    assert f"data.segments.row: DIGIT = {row.DIGIT:.2f}" in printed

"""Deformed strokes: other points, the same strokes, within a hand's reach."""

import numpy as np

from benchmarks.accuracy.deform import KNOTS, _between, deform
from data.canvas import SIZE

CROSS = [np.array([(60.0, 60), (240, 240)]), np.array([(240.0, 60), (150, 150), (60, 240)])]


def test_strokes_keep_their_numbers_of_points():
    assert [len(stroke) for stroke in deform(CROSS, np.random.default_rng(0))] == [2, 3]


def test_each_call_deforms_anew_but_repeats_when_seeded():
    rng = np.random.default_rng(1)
    first, second = deform(CROSS, rng), deform(CROSS, rng)
    assert np.abs(first[0] - second[0]).max() > 1
    np.testing.assert_array_equal(deform(CROSS, np.random.default_rng(1))[1], first[1])


def test_digits_stay_in_the_middle_and_legible():
    rng = np.random.default_rng(2)
    ratios = []
    for _ in range(300):
        points = np.concatenate(deform(CROSS, rng))
        assert np.abs(points.mean(axis=0) - SIZE / 2).max() < 0.25 * SIZE
        wide, tall = np.ptp(points, axis=0)
        ratios.append(wide / tall)
    assert 0.35 < min(ratios) < 0.7
    assert 1.4 < max(ratios) < 2.9


def test_displacements_are_exact_at_knots_and_linear_between():
    knots = np.random.default_rng(3).standard_normal((KNOTS, KNOTS, 2))
    third = 1 / (KNOTS - 1)
    at = np.array([(0, 0), (third, 2 * third), (third / 2, 0)])
    means = [knots[0, 0], knots[1, 2], (knots[0, 0] + knots[1, 0]) / 2]
    np.testing.assert_allclose(_between(knots, at), means, atol=1e-12)

"""The parts of digits: curves by hand, and ranges that are reached."""

import numpy as np
import pytest

from data.synthetic import parts
from data.synthetic.handwriting import _curve
from tests.data.synthetic.strokes import MANY, reaches, vertices


@pytest.fixture
def hand():
    return parts.Hand(MANY, np.random.default_rng(1))


def curve(stroke):
    """Return the curve of a stroke with one number for each point."""
    z = np.concatenate([np.ravel(point) for point, _ in stroke]).astype(complex)
    turns = np.array([turn for _, turn in stroke], float)
    return _curve(z, turns, np.array([0, len(z)]))


def test_directions_grow_clockwise_from_the_right():
    np.testing.assert_allclose(parts.direction(np.array([0, 90, 180])), [1, 1j, -1], atol=1e-12)


def test_numbers_lie_in_their_ranges(hand):
    numbers = hand.between(3, 5)
    assert reaches(numbers, 3, 5)
    assert numbers.min() >= 3
    assert numbers.max() <= 5
    corner = hand.point((0, 1), (10, 20))
    assert reaches(corner.real, 0, 1)
    assert reaches(corner.imag, 10, 20)
    assert np.mean(hand.sometimes(0.3)) == pytest.approx(0.3, abs=0.03)
    assert hand.anywhere(7).real.std() == pytest.approx(7, rel=0.1)


def test_bend_lies_on_the_right_of_the_pen():
    ((middle, turn),) = parts.bent(0, 10, 0.2)
    assert middle == 5 + 2j, "to the right, so down is on the right-hand side"
    assert turn == 1


def densely(path):
    """Return many points along a polyline."""
    return np.interp(np.linspace(0, len(path) - 1, 2000), np.arange(len(path)), path)


@pytest.mark.parametrize("turn", [0.0, 0.3, 0.5, 1.0])
def test_curve_turns_as_sharply_as_asked(turn):
    """Past a right angle with legs of 10, a parabola's top is turn 10 sqrt(2) / 8 away."""
    path = curve([(0, 0), (10, turn), (10 + 10j, 0)])
    assert path[0] == 0
    assert path[-1] == 10 + 10j
    assert np.abs(densely(path) - 10).min() == pytest.approx(
        turn * 10 * np.sqrt(2) / 8, rel=0.15, abs=1e-6
    )


@pytest.mark.parametrize("sweep", [90.0, -250.0, 400.0])
def test_arc_is_an_ellipse(sweep):
    stroke = parts.arc(3 + 4j, 10.0, 20.0, -30.0, sweep, count=8)
    centred = curve(stroke) - (3 + 4j)
    np.testing.assert_allclose(np.hypot(centred.real / 10, centred.imag / 20), 1, atol=0.04)
    angles = np.degrees(np.unwrap(np.angle(centred.real / 10 + 1j * centred.imag / 20)))
    assert angles[0] == pytest.approx(-30)
    assert angles[-1] - angles[0] == pytest.approx(sweep)


def test_arc_that_grows_is_a_spiral():
    centred = curve(parts.arc(0, 10.0, 10.0, 0.0, 360.0, grow=0.5, count=8))
    assert abs(centred[0]) == pytest.approx(10)
    assert abs(centred[-1]) == pytest.approx(5)
    assert (np.diff(np.abs(centred)) < 0.1).all()


def test_curve_passes_through_points_given():
    points = [0, 10 + 3j, 20 - 5j, 35 + 10j, 40 + 40j]
    path = curve(parts.through(points))
    assert max(np.abs(densely(path) - point).min() for point in points) < 1.5
    corners = curve(parts.through(points, [0] * 5))
    assert max(np.abs(corners - point).min() for point in points) == 0


def test_flags_have_every_angle_and_length(hand):
    """Of the stem: 8 to 80 degrees from it, and a tenth to nine tenths as long."""
    top, foot = np.full(MANY, 30 + 0j), np.full(MANY, 20 + 99.5j)
    end, tip, *_ = vertices([parts.flag(hand, top, foot)])[0].T
    angle = np.degrees(np.angle((tip - top) / (foot - top)))
    length = np.abs(tip - top) / np.abs(foot - top)
    assert reaches(angle, 8, 79)
    assert reaches(length, 0.1, 0.88)
    assert angle.min() > 7.9
    assert angle.max() < 80.1
    assert length[angle > 70].max() < 0.45, "a long flat one makes a 7"
    straight = end == tip
    assert 0.75 < straight.mean() < 0.85, "the others are curled"


def test_flags_on_leaning_stems_are_steeper(hand):
    """A flag that is nearly horizontal would make a 7 of a leaning 1, so it must be short."""
    top, foot = np.full(MANY, 30 + 0j), np.full(MANY, 0 + 100j)
    _, tip, *_ = vertices([parts.flag(hand, top, foot)])[0].T
    below = np.degrees(np.angle((tip - top) / -1)) * -1
    assert below.min() > 4
    assert np.abs(tip - top)[below < 15].max() < 32


def test_bars_have_every_slope_and_length(hand):
    left, middle, right = vertices([parts.bar(hand, np.full(MANY, 30 + 50j))])[0].T
    assert reaches(np.degrees(np.angle(right - left)), -24, 21)
    assert reaches(np.abs(right - left), 22, 60)
    assert reaches((middle - (left + right) / 2).imag / np.abs(right - left), -0.13, 0.13)


def test_bases_stand_under_the_foot(hand):
    left, _, right = vertices([parts.base(hand, np.full(MANY, 30 + 100j))])[0].T
    assert (left.real < 22).all()
    assert (right.real > 40).all()
    assert np.abs((left + right).imag / 2 - 100).max() < 6


def test_hooks_turn_to_the_side_asked_for(hand):
    for reach in (-30, 20):
        end = vertices([parts.hook(hand, np.full(MANY, 40 + 100j), np.full(MANY, reach), 5)])[0]
        np.testing.assert_allclose(end[:, -1], 40 + 100j + reach - 5j)


def test_loop_crosses_itself(hand):
    """It is entered leftwards at its bottom and left rightwards at its top, all clockwise."""
    z = vertices([parts.loop(hand, np.full(MANY, 0j), np.full(MANY, 10.0))])[0]
    turned = np.angle(np.diff(z)[:, 1:] / np.diff(z)[:, :-1])
    assert (turned > 0).all()
    assert (z.real > -2).all()
    assert (z[:, 0].imag > z[:, -1].imag).all()

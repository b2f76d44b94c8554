"""Digits found in pen strokes."""

import numpy as np
import pytest

from data.canvas import from_strokes
from data.segments import strokes
from tests.data.segments.networks import ByShape, one, zero

MINUS = np.array([[0.0, 50.0], [30.0, 50.0]])


def read(*drawing):
    return strokes.find(drawing, ByShape())


def test_nothing_drawn_is_no_line():
    assert read() == ()
    assert read([]) == ()


@pytest.mark.parametrize("stroke", [one(0), zero(0)])
def test_one_digit_is_the_drawing_as_before(stroke):
    asked = ByShape()
    (symbol,) = strokes.find([stroke], asked).symbols
    np.testing.assert_array_equal(symbol.image, from_strokes([stroke]))
    assert asked.calls == [1], "the network is asked once"


def test_digits_side_by_side_are_in_order():
    assert read(zero(40), one(20), one(130)).text == "101"


def test_boxes_are_those_of_the_strokes():
    boxes = [symbol.box for symbol in read(one(0), zero(40)).symbols]
    assert boxes == [(0, 0, 0, 100), pytest.approx((40, 0, 100, 100), abs=0.3)]


def test_probability_is_the_product_of_the_digits():
    assert read(one(0), zero(40), one(140)).probability == pytest.approx(0.991**3, abs=1e-5)


def test_touching_digits_are_two():
    assert read(zero(0), zero(59)).text == "00"


def test_a_digit_of_two_strokes_is_one():
    left, right = zero(0)[:21], zero(0)[20:]
    (symbol,) = read(left, right, one(100)).symbols[:1]
    assert symbol.text == "0"
    assert symbol.box == pytest.approx((0, 0, 60, 100), abs=0.3)


def test_one_stroke_may_run_through_two():
    ligature = np.array([[60.0, 50.0], [84.0, 55.0]])
    ring = np.roll(zero(0)[:-1], -10, axis=0)  # it begins and ends at its right edge
    running = np.concatenate([ring, ring[:1], ligature, np.roll(zero(84)[:-1], -30, axis=0)])
    assert read(running).text == "00"


def test_lines_are_read_from_top_to_bottom():
    reading = read(one(0, 200), zero(40, 200), zero(0), one(90))
    assert [line.text for line in reading] == ["01", "10"]
    assert reading.text == "01 10"


@pytest.mark.parametrize(
    ("drawing", "text"),
    [
        ([MINUS, one(60)], "-1"),
        ([MINUS, one(60), [(80, 98), (82, 100)], zero(100)], "-1.0"),
        ([zero(0), [(75, 92), (76, 104), (70, 115)], one(100)], "0.1"),
        ([zero(0), [(75, 8), (77, 10)], one(100)], "01"),  # an apostrophe is no point
        ([zero(0), one(100), [(120, 98), (122, 100)]], "01"),  # nor is a full stop
    ],
)
def test_minus_and_point_are_read_in_place(drawing, text):
    assert read(*map(np.array, drawing)).text == text


def test_a_short_stroke_across_another_is_no_point():
    bar = np.array([[106.0, 80.0], [114.0, 80.0]])
    assert read(zero(0), one(110), bar, one(200)).text == "011"


def test_a_minus_stands_before_digits_of_strokes():
    angle = np.array([[70.0, 0.0], [60.0, 55.0], [100.0, 60.0]])
    minus, stem = np.array([[0.0, 52.0], [30.0, 52.0]]), one(95, 30, 80)
    assert read(minus, angle, stem, zero(140)).text.startswith("-")


def test_a_stray_dot_leaves_one_digit():
    asked = ByShape()
    dot = np.array([[90.0, 20.0], [91.0, 21.0]])
    (symbol,) = strokes.find([zero(0), dot], asked).symbols
    np.testing.assert_array_equal(symbol.image, from_strokes([zero(0), dot]))


def test_what_is_no_digit_stays_one_answer():
    rng = np.random.default_rng(0)
    scribble = np.cumsum(rng.normal(0, 12, (300, 2)), axis=0) + 150
    reading = read(scribble)
    assert len(reading.symbols) == 1
    assert reading.probability == pytest.approx(0.1)


def test_twelve_digits_ask_the_network_little():
    asked = ByShape()
    digits = [(zero, one)[k % 2](100 * k) for k in range(12)]
    assert strokes.find(digits, asked).text == "01" * 6
    assert sum(asked.calls) <= 14
    assert len(asked.calls) <= 3


def test_a_thousand_strokes_are_read_as_one():
    rng = np.random.default_rng(0)
    asked = ByShape()
    reading = strokes.find(rng.uniform(0, 300, (1000, 2, 2)), asked)
    assert len(reading.symbols) == 1
    assert asked.calls == [1]


@pytest.mark.parametrize("points", [1, 2, 30])
def test_dots_are_one_digit_as_before(points):
    dots = [[(20.0 * k, 50.0)] * points for k in range(4)]
    assert len(read(*dots).symbols) == 1


def test_scattered_strokes_are_not_read_without_end():
    rng = np.random.default_rng(0)
    scattered = [rng.uniform(0, 280, 2) + rng.uniform(-9, 9, (8, 2)) for _ in range(200)]
    network = ByShape()
    assert len(strokes.find(scattered, network).symbols) == 1
    assert sum(network.calls) <= 1 + strokes.MOST_READ

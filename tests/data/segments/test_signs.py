"""Minus signs, points and specks, by size and place."""

import pytest

from data.segments import signs

DIGITS = [(100, 0, 150, 100), (200, 0, 250, 100)]


@pytest.mark.parametrize(
    ("box", "place", "sign"),
    [
        ((20, 45, 60, 50), 0, "-"),
        ((20, 92, 60, 97), 0, None),  # a rule under the line
        ((20, 2, 60, 7), 0, None),  # the cap of a 5
        ((170, 90, 180, 100), 1, "."),
        ((170, 80, 185, 118), 1, "."),  # a comma
        ((170, 0, 180, 10), 1, signs.SPECK),
        ((20, 90, 30, 100), 0, signs.SPECK),
        ((260, 90, 270, 100), 2, signs.SPECK),
        ((160, 10, 200, 95), 1, None),
    ],
)
def test_a_part_is_told_by_its_place(box, place, sign):
    boxes = [*DIGITS[:place], box, *DIGITS[place:]]
    assert signs.find(boxes, 100).get(place) == sign


def test_there_is_one_point_at_most():
    boxes = [DIGITS[0], (160, 90, 170, 100), (180, 92, 186, 98), DIGITS[1]]
    assert sorted(signs.find(boxes, 100).values()) == [signs.SPECK, "."]


def test_what_touches_a_digit_is_no_sign():
    boxes = [(0, 45, 30, 50), (40, 0, 90, 100), (100, 88, 110, 98), (130, 0, 180, 100)]
    assert signs.find(boxes, 100) == {0: "-", 2: "."}
    assert signs.find(boxes, 100, joined={0}) == {2: "."}
    assert signs.find(boxes, 100, joined={2}) == {0: "-"}


def test_the_lowest_stroke_is_the_foot():
    minus, angle, stem = (0, 52, 30, 56), (40, 0, 90, 60), (70, 30, 90, 100)
    assert signs.find([minus, angle, stem], 100) == {0: "-"}

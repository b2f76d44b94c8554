"""Printed boxes around digits."""

import numpy as np
import pytest

from data.segments import cells


def boxes(*lefts, top=20, side=60, width=3, shape=(100, 300)):
    ink = np.zeros(shape, np.float32)
    for left in lefts:
        ink[top : top + side, left : left + side] = 1
        ink[top + width : top + side - width, left + width : left + side - width] = 0
    return ink


def digit(ink, left, top=35, high=30):
    ink[top : top + high, left : left + 6] = 1
    return ink


@pytest.mark.parametrize("lefts", [(20,), (20, 100, 180), (20, 77, 134)])
def test_only_the_digits_are_left(lefts):
    ink, alone = boxes(*lefts), np.zeros((100, 300), np.float32)
    for left in lefts:
        digit(ink, left + 25)
        digit(alone, left + 25)
    np.testing.assert_array_equal(cells.without(ink), alone)


def test_ink_outside_the_boxes_is_kept():
    ink = digit(digit(boxes(20), 45), 200)
    assert cells.without(ink)[35:65, 200:206].all()


def test_a_ring_around_nothing_is_a_digit():
    ink = boxes(100)
    np.testing.assert_array_equal(cells.without(ink), ink)


def test_a_box_open_at_the_edge_is_none():
    ink = digit(boxes(20), 45)[30:]
    np.testing.assert_array_equal(cells.without(ink), ink)

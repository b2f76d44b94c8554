"""Boxes grouped into lines of writing."""

import numpy as np

from data.segments.lines import digit_height, lines


def grid(rows, columns, slope=0.0):
    """Boxes of 40x80 in a grid, row by row; rows fall by ``slope`` of their length."""
    return [
        (100 * c, 150 * r + 100 * c * slope, 100 * c + 40, 150 * r + 100 * c * slope + 80)
        for r in range(rows)
        for c in range(columns)
    ]


def test_no_box_is_no_line():
    assert lines([]) == []


def test_a_grid_is_read_row_by_row():
    assert lines(grid(3, 4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_order_of_the_boxes_does_not_matter():
    boxes, order = grid(3, 4), np.random.default_rng(0).permutation(12)
    found = lines([boxes[i] for i in order])
    assert [[int(order[i]) for i in line] for line in found] == lines(boxes)


def test_lines_may_slope():
    found = lines(grid(4, 8, slope=0.2))
    assert [len(line) for line in found] == [8] * 4


def test_small_boxes_join_the_nearest_line():
    point, bar = (45, 75, 50, 80), (100, -12, 140, -8)
    boxes = [*grid(2, 2), point, bar]
    assert [sorted(line) for line in lines(boxes)] == [[0, 1, 4, 5], [2, 3]]


def test_two_circles_above_one_another_are_one_line():
    assert [sorted(line) for line in lines([(0, 0, 40, 40), (2, 42, 42, 85)])] == [[0, 1]]


def test_low_boxes_do_not_part_a_line():
    five, cap, point, eight = (
        (0, 0, 60, 100),
        (10, 0, 80, 14),
        (95, 102, 99, 106),
        (115, 32, 160, 108),
    )
    assert lines([five, cap, point, eight]) == [[0, 1, 2, 3]]


def test_height_is_that_of_the_high_ones():
    assert digit_height([10, 12, 100, 104, 96]) == 100
    assert digit_height([0]) == 1

"""Scans made from digits, by hand."""

import numpy as np

from benchmarks.accuracy import scans

DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[4:24, 10:15] = 200  # a stroke of 20 x 5


def test_greys_keep_the_shape_in_the_middle():
    scan = scans.greys(DIGIT)
    expected = np.zeros((16, 16), np.uint8)
    expected[:, 6:10] = 200  # 16 x 4
    np.testing.assert_array_equal(scan, expected)


def test_stretched_fills_the_square():
    np.testing.assert_array_equal(scans.stretched(DIGIT), np.full((16, 16), 200))


def test_two_tones_are_two():
    scan = scans.two_tones(np.where(DIGIT > 0, np.arange(28, dtype=np.uint8) * 9, 0))
    assert scan.shape == (32, 32)
    assert set(np.unique(scan)) == {0, 255}
    # The columns, 90 to 126 of 255, become 8 pixels; those of more than 110 are the right ones.
    columns = np.flatnonzero(scan.any(axis=0))
    assert 15 <= columns[0] <= 17
    assert columns[-1] == 19

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


def test_tight_lines_are_thicker_and_touch_the_frame():
    """Lines 3 wide at the left and the bottom become 3.5 wide inside the frame of 20 x 14."""
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 8:11] = digit[21:24, 8:22] = 255
    scan = scans.tight(digit) > 127
    assert scan.shape == (80, 56)
    assert scan[0].any()
    assert scan[-1].all()
    assert scan[:, 0].all()
    assert scan[:, -1].any()
    assert scan[10].sum() == 14
    assert scan[:, 40].sum() == 14


def test_tight_scans_have_their_frames():
    assert scans.tight_stretched(DIGIT).shape == (16, 16)
    scan = scans.tight_two_tones(DIGIT)
    assert scan.shape == (32, 8)  # of 20 x 5
    assert set(np.unique(scan)) == {255}


def test_scans_are_read_dark_on_light_too():
    frame = np.pad(scans.two_tones(DIGIT), 4)
    light, dark = (scans.read([frame], tone) for tone in scans.PAPERS.values())
    assert light.shape == (1, 28, 28)
    np.testing.assert_allclose(dark, scans.read([255 - frame]))
    np.testing.assert_allclose(light, dark, atol=0.02)

"""Widths and centre lines of shapes whose size is known."""

import numpy as np
import pytest

from data.pictures import lines


def bar(height, width, margin=3):
    """Return a filled rectangle on empty paper."""
    return np.pad(np.ones((height, width), np.float32), margin)


def ring(outer, inner, side=41):
    """Return a ring around the centre of a square."""
    y, x = np.indices((side, side)) - side // 2
    radius = np.hypot(x, y)
    return (inner <= radius) & (radius <= outer)


@pytest.mark.parametrize(("height", "width"), [(60, 4), (60, 9), (5, 80)])
def test_width_of_a_bar_is_its_shorter_side(height, width):
    assert lines.line_width(bar(height, width)) == pytest.approx(min(height, width), rel=0.1)


def test_width_of_a_ring_is_its_thickness():
    assert lines.line_width(ring(18, 12).astype(np.float32)) == pytest.approx(6.5, rel=0.1)


def test_a_bar_thins_to_one_line():
    thinned = lines.thin(bar(31, 5) > 0)
    rows, columns = np.nonzero(thinned)
    assert (thinned.sum(axis=1) <= 1).all()
    assert set(columns) == {5}, "the middle of 3 to 7"
    assert 26 <= np.ptp(rows) + 1 <= 31
    assert not np.diff(rows).max() > 1, "in one piece"


def test_a_ring_keeps_its_hole():
    mask = ring(15, 8)
    before = mask.copy()
    thinned = lines.thin(mask)
    np.testing.assert_array_equal(mask, before)
    assert not (thinned & ~mask).any()
    y, x = np.nonzero(thinned)
    angles = np.sort(np.arctan2(y - 20, x - 20))
    assert np.diff(angles, append=angles[0] + 2 * np.pi).max() < 0.2, "closed"
    assert thinned.sum() < 2 * np.pi * 15


def test_centre_line_of_a_bar_runs_along_it():
    points, pairs = lines.centre_lines(bar(50, 5))
    x, y = points.T
    assert np.ptp(x) <= 1
    assert 40 <= np.ptp(y) <= 50, "each end loses at most the width"
    ends = points[pairs]
    steps = np.abs(ends[:, 0] - ends[:, 1]).max(axis=1)
    assert set(steps) == {0, 1}, "each point with itself and with its neighbours"


def test_resize_keeps_the_ink_of_a_shape():
    digit = bar(20, 10)
    for scale in (0.5, 2):
        resized = lines.resize(digit, scale)
        assert resized.shape == (26 * scale, 16 * scale)
        assert resized.sum() == pytest.approx(200 * scale**2, rel=0.05)


@pytest.mark.parametrize("by", [0.5, 2, 4])
def test_slimmed_bar_is_narrower_by_that_much(by):
    slim = lines.slimmed(bar(80, 12), by)
    scale = lines.SLIM_SIDE / 86
    assert lines.line_width(slim) / scale == pytest.approx(12 - by, abs=0.7)


def test_slimmed_ring_keeps_its_hole():
    slim = lines.slimmed(ring(18, 6).astype(np.float32), 6)
    assert slim[slim.shape[0] // 2, slim.shape[1] // 2] == 0
    assert slim.max() == 1


def test_shape_thinner_than_asked_is_kept():
    thin = bar(60, 3)
    assert lines.slimmed(thin, 9) is thin


RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def thinned_pixel_by_pixel(mask):
    """Zhang and Suen's algorithm as in their paper: conditions (a) to (d) for each pixel."""
    mask = np.pad(mask, 1)
    changed = True
    while changed:
        changed = False
        for odd in (False, True):
            gone = []
            for y, x in np.argwhere(mask):
                p = [bool(mask[y + a, x + b]) for a, b in RING]
                turns = sum(not a and b for a, b in zip(p, [*p[1:], p[0]], strict=True))
                up, right, down, left = p[::2]
                if odd:
                    kept = (up and right and left) or (up and down and left)
                else:
                    kept = (up and right and down) or (right and down and left)
                if 2 <= sum(p) <= 6 and turns == 1 and not kept:
                    gone.append((y, x))
            for y, x in gone:
                mask[y, x] = False
            changed |= bool(gone)
    return mask[1:-1, 1:-1]


@pytest.mark.parametrize("seed", range(8))
def test_thinning_is_that_of_the_paper(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((rng.integers(1, 16), rng.integers(1, 16))) < rng.uniform(0.5, 0.98)
    np.testing.assert_array_equal(lines.thin(mask), thinned_pixel_by_pixel(mask))

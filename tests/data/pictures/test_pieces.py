"""Connected pieces and morphology, against slow oracles and shapes whose answer is known."""

import numpy as np
import pytest

from data.pictures import pieces


def flood(mask, diagonal):
    """Return each pixel's piece by flood fill; -1 outside."""
    steps = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if diagonal or not (y and x)]
    labels = np.full(mask.shape, -1)
    for number, start in enumerate(zip(*np.nonzero(mask), strict=True)):
        stack = [start] if labels[start] < 0 else []
        while stack:
            y, x = stack.pop()
            inside = 0 <= y < len(mask) and 0 <= x < len(mask.T)
            if inside and mask[y, x] and labels[y, x] < 0:
                labels[y, x] = number
                stack += [(y + dy, x + dx) for dy, dx in steps]
    return labels


@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize("share", [0.2, 0.45, 0.6, 0.8])
def test_pieces_are_those_of_flood_fill(share, diagonal):
    mask = np.random.default_rng(3).random((19, 31)) < share
    found, expected = pieces.label(mask, diagonal), flood(mask, diagonal)
    pairs = set(zip(found.labels.ravel(), expected.ravel(), strict=True))
    assert len(pairs) == len(found.area) + 1, "one to one, and -1 to -1"
    assert (-1, -1) in pairs
    for index in range(len(found.area)):
        rows, columns = np.nonzero(found.labels == index)
        assert found.area[index] == len(rows)
        box = [rows.min(), columns.min(), rows.max(), columns.max()]
        assert found.box[index].tolist() == box


@pytest.mark.parametrize("value", [False, True])
def test_uniform_masks_have_one_piece_or_none(value):
    found = pieces.label(np.full((4, 5), value))
    assert found.area.tolist() == ([20] if value else [])
    assert found.mask(np.ones(len(found.area), bool)).all() == value


def test_closing_fills_gaps_and_keeps_the_rest():
    values = np.ones((9, 9))
    values[:, 4] = 0
    values[:, 7:] = 0
    closed = pieces.closed(values, 1)
    assert closed[:, :7].all()
    assert not closed[:, 7:].any()


def test_inradius_of_a_bar_is_half_its_width():
    bar = np.zeros((30, 30), bool)
    bar[3:27, 10:17] = True
    assert pieces.inradius(bar) == 4


def test_rectangles_fill_their_rectangle_at_any_angle():
    y, x = np.indices((90, 90)) - 45.0
    angle = np.radians(25)
    across, along = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    assert pieces.rectangularity((abs(across) < 30) & (abs(along) < 18)) > 0.9
    assert pieces.rectangularity(np.hypot(x, y) < 30) == pytest.approx(np.pi / 4, abs=0.04)


def test_holes_are_filled_but_not_bays():
    mask = np.zeros((12, 12), bool)
    mask[2:10, 2:10] = True
    mask[4:6, 4:6] = False  # a hole
    mask[2:5, 8] = False  # a bay
    whole = pieces.filled(mask)
    assert whole[4:6, 4:6].all()
    assert not whole[2:5, 8].any()

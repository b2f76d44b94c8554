"""Candidate cuts through ink."""

import numpy as np

from data.segments import cuts


def ink_of(*rectangles, shape=(80, 160)):
    ink = np.zeros(shape, np.float32)
    for top, left, low, right in rectangles:
        ink[top:low, left:right] = 1
    return ink


FRAMES = [
    (0, 0, 8, 70), (72, 0, 80, 70), (0, 0, 80, 8), (0, 62, 80, 70),
    (0, 90, 8, 160), (72, 90, 80, 160), (0, 90, 80, 98), (0, 152, 80, 160),
]  # fmt: skip
BRIDGE = (36, 70, 44, 90)


def test_the_best_cut_crosses_the_bridge():
    found, crossed = cuts.find(ink_of(*FRAMES, BRIDGE), 80)
    best = found[crossed.argmin()]
    assert ((best >= 69) & (best <= 91)).all()
    assert 0.5 < crossed.min() < 1.6


def test_a_cut_through_two_lines_counts_two():
    found, crossed = cuts.find(ink_of(*FRAMES, BRIDGE), 80)
    inside = [c for path, c in zip(found, crossed, strict=True) if 15 < path.mean() < 55]
    assert inside
    assert all(1.5 < c < 3 for c in inside)


def test_a_cut_follows_a_slanted_gap():
    ink = np.zeros((80, 120), np.float32)
    for y in range(80):
        gap = 40 + y // 3
        ink[y, 10:gap] = ink[y, gap + 6 : 115] = 1
    found, crossed = cuts.find(ink, 80)
    best = found[crossed.argmin()]
    assert crossed.min() < 0.4
    np.testing.assert_allclose(best, 43 + np.arange(80) / 3, atol=4)


def test_cut_parts_lines_that_run_into_each_other():
    ink = ink_of((0, 20, 80, 36), (0, 0, 8, 20), (72, 36, 80, 60), shape=(80, 60))
    found, crossed = cuts.find(ink, 80)
    middle = [c for path, c in zip(found, crossed, strict=True)
              if (abs(path[16:64] - 28) <= 3).all()]  # fmt: skip
    assert middle
    assert min(middle) < 2


def cut_block(ink, height):
    labels = np.where(ink > 0, 0, -1).astype(np.int16)
    box = (0.0, 0.0, float(ink.shape[1]), float(ink.shape[0]))
    return cuts.block(ink, labels, 0, box, height), labels


def test_parts_share_the_ink_among_them():
    ink = ink_of(*FRAMES, BRIDGE)
    block, labels = cut_block(ink, 80)
    assert len(block.parts) > 1
    assert set(np.unique(labels)) == {-1, *(part.ink for part in block.parts)}
    np.testing.assert_array_equal(labels >= 0, ink > 0)
    for part in block.parts:
        y, x = np.nonzero(labels == part.ink)
        assert part.box == (x.min(), y.min(), x.max() + 1, y.max() + 1)


def test_likeliest_cut_has_a_digit_on_each_side():
    block, labels = cut_block(ink_of(*FRAMES, BRIDGE), 80)
    best = max(block.cuts, key=lambda cut: cut.odds)
    left = np.isin(labels, [block.parts[k].ink for k in best.left])
    assert left[:, :68].any()
    assert (labels[:, :68] >= 0).sum() == left[:, :68].sum()
    assert not left[:, 92:].any()


def test_narrow_pieces_and_bars_are_not_cut():
    for ink in (ink_of((0, 0, 80, 30), shape=(80, 30)), ink_of((0, 0, 20, 160), shape=(20, 160))):
        block, _ = cut_block(ink, len(ink))
        assert not block.cuts
        assert block.box == (0, 0, ink.shape[1], ink.shape[0])


def test_a_tiny_cross_is_not_cut_to_pieces():
    """Each of its pixels is less than a splinter."""
    ink = np.float32([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]])
    block, _ = cut_block(ink, 5)
    assert not block.cuts
    assert block.box == (0, 0, 4, 4)

"""Touching digits: apart by as much as is asked, cut on one side, and labelled as no digit."""

import numpy as np
import pytest

from data.synthetic import touching
from data.synthetic.forms import NO_DIGIT

N = 60


@pytest.fixture(name="made")
def _made():
    return touching.pairs(N, np.random.default_rng(5))


def _kept(made, kind):
    kinds = np.full(N, touching.KINDS.index(kind))
    return touching.kept(made, kinds, np.random.default_rng(6))


def _digits(made, i):
    """Return the points of the left and of the right digit of pair i."""
    mine = made.pair == i
    return made.points[mine & ~made.right], made.points[mine & made.right]


def test_images_of_a_batch_all_differ():
    images, labels = touching.batch(300, np.random.default_rng(0))
    assert images.shape == (300, 28, 28)
    assert images.dtype == np.uint8
    assert (labels == NO_DIGIT).all()
    assert (images.reshape(300, -1).max(axis=1) > 200).all()
    assert len(np.unique(images.reshape(300, -1), axis=0)) == 300


def test_a_batch_may_be_empty():
    assert touching.batch(0, np.random.default_rng(0))[0].shape == (0, 28, 28)


def test_batch_repeats_with_its_generator_only():
    first, again, other = (touching.batch(32, np.random.default_rng(seed))[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_digits_of_a_pair_nearly_touch(made):
    near = []
    for i in range(N):
        left, right = _digits(made, i)
        assert right[:, 0].max() > left[:, 0].max(), "the right one is to the right"
        near.append(np.hypot(*(left[:, None] - right).transpose(2, 0, 1)).min())
        assert left[:, 0].max() - right[:, 0].min() <= touching.DEEPEST + 1e-3
    assert np.mean(np.array(near) < touching.TOUCH[1] + touching.ROW) > 0.8
    assert np.max(near) < 40


def test_whole_pairs_keep_every_point(made):
    assert _kept(made, "whole").all()


@pytest.mark.parametrize(("kind", "cut"), [("begun", True), ("ended", False)])
def test_one_digit_is_cut_on_its_outer_side(made, kind, cut):
    keep = _kept(made, kind)
    assert keep[made.right != cut].all(), "the other digit is whole"
    wide, inner = [], []
    for i in range(N):
        mine = (made.pair == i) & (made.right == cut)
        x = made.points[mine, 0]
        wide.append(np.ptp(x[keep[mine]]) / np.ptp(x))
        inner.append(keep[mine][x.argmin() if cut else x.argmax()])
    low, high = touching.KEPT
    assert low - 0.1 < np.mean(wide) < high + 0.1
    assert np.max(wide) < 1.001
    assert np.mean(inner) > 0.9, "what is kept is at the other digit"


def test_a_half_is_only_a_left_part(made):
    keep = _kept(made, "half")
    assert not keep[made.right].any()
    for i in range(N):
        left, _ = _digits(made, i)
        kept = left[keep[(made.pair == i) & ~made.right], 0]
        assert 0.2 < np.ptp(kept) / np.ptp(left[:, 0]) < 0.9
        assert kept.min() < np.median(left[:, 0])


def test_halves_are_only_of_chosen_digits():
    labels = np.repeat(np.arange(10), 500)
    chosen = touching.kinds(labels, np.random.default_rng(0))
    half = chosen == touching.KINDS.index("half")
    assert set(labels[half]) == set(touching.HALVED)
    assert np.bincount(chosen[labels == 8], minlength=4) / 500 == pytest.approx(
        touching.SHARES, abs=0.07
    )


def test_strokes_are_split_where_points_are_dropped():
    points = np.arange(18, dtype=np.float32).reshape(9, 2)
    made = touching.Pairs(
        points,
        pair=np.array([0, 0, 0, 0, 0, 1, 1, 0, 0]),
        stroke=np.array([0, 0, 0, 0, 0, 1, 1, 2, 2]),
        right=np.array([False] * 7 + [True] * 2),
        labels=np.array([3, 4]),
    )
    keep = np.array([True, True, False, True, True, True, True, True, False])
    ink = touching.collect(made, keep)
    np.testing.assert_array_equal(ink.points, points[[0, 1, 3, 4, 5, 6]])
    np.testing.assert_array_equal(ink.strokes, [0, 2, 4, 6])
    np.testing.assert_array_equal(ink.digits, [0, 2, 3])

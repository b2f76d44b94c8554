"""Synthetic strokes: repeatable, and drawn as the window's strokes are."""

import numpy as np
import pytest

from data import canvas
from data.synthetic import handwriting, pens
from tests.conftest import missing


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("label", range(10))
def test_a_digit_lies_on_the_canvas_and_repeats(label):
    made = handwriting.digit(label, rng(label))
    points = np.concatenate(made)
    assert all(stroke.ndim == 2 and stroke.shape[1] == 2 for stroke in made)
    assert (points > 0).all()
    assert (points < canvas.SIZE).all()
    assert 0.4 <= np.ptp(points, axis=0).max() / canvas.SIZE <= 0.7
    for again, stroke in zip(handwriting.digit(label, rng(label)), made, strict=True):
        np.testing.assert_array_equal(again, stroke)


def test_digits_of_two_seeds_differ():
    first, second = (canvas.from_strokes(handwriting.digit(8, rng(seed))) for seed in (1, 2))
    assert np.abs(first - second).sum() > 5


def test_a_batch_has_all_digits_centred():
    images, labels = handwriting.batch(400, rng())
    assert images.shape == (400, 28, 28)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int16
    assert labels.shape == (400,)
    assert (np.bincount(labels, minlength=10) > 15).all()
    assert (images.max(axis=(1, 2)) > 200).all()
    columns = np.arange(28) * images.sum(axis=1)
    middle = columns.sum(axis=1) / images.sum(axis=(1, 2))
    np.testing.assert_allclose(middle, 14, atol=0.6)


def test_ink_fills_the_box_and_stays_inside():
    """Of 20 pixels, with the fading edge of the widest lines."""
    images, _ = handwriting.batch(2000, rng(1))
    inked = images > 40
    for axis in (1, 2):
        touched = inked.any(axis=axis)
        assert touched.sum(axis=1).max() <= 20
    longest = np.maximum(*(inked.any(axis=axis).sum(axis=1) for axis in (1, 2)))
    assert np.median(longest) == 20
    assert longest.min() >= 15


def test_forms_come_by_their_weights():
    ink, counts = handwriting.write(handwriting.FORMS, 20_000, rng())
    assert counts.sum() == len(ink.digits) - 1 == 20_000
    for form, count in zip(handwriting.FORMS, counts, strict=True):
        total = sum(other.weight for other in handwriting.FORMS if other.label == form.label)
        assert count == pytest.approx(2000 * form.weight / total, abs=150)


def test_points_lie_evenly_along_strokes():
    ink, _ = handwriting.write(handwriting.FORMS, 300, rng())
    step = np.hypot(*np.diff(ink.points, axis=0).T)
    within = np.delete(step, ink.strokes[1:-1] - 1)
    assert np.median(within) == pytest.approx(handwriting.SPACING, rel=0.15)
    assert within.max() < 2.5 * handwriting.SPACING


def test_proportions_move_the_middle_and_bows_bend_lines():
    """By a quarter of the side times `PROPORTION`, and by `BOW`; the frame stays where it is."""
    corners = np.array([0, 60, 100j, 60 + 100j])
    middle = np.array([30 + 50j])
    for bends, moved in (
        ((1, 0, 0, 0), -25j * handwriting.PROPORTION),
        ((0, 1, 0, 0), -15 * handwriting.PROPORTION),
        ((0, 0, 1, 0), handwriting.BOW),
        ((0, 0, 0, 1), 1j * handwriting.BOW),
    ):
        np.testing.assert_allclose(handwriting._bend(corners, *bends), corners)
        np.testing.assert_allclose(handwriting._bend(middle, *bends) - middle, moved)


def test_upright_lines_bend_apart_from_level_ones():
    """An end of a level line through the middle moves with `upright` alone, and the reverse."""
    left, top = np.array([50j]), np.array([30 + 0j])
    for bends, at_left, at_top in (
        ((1, 0, 0, 0), -25j * handwriting.PROPORTION, 0),
        ((0, 1, 0, 0), 0, -15 * handwriting.PROPORTION),
        ((0, 0, 1, 0), handwriting.BOW, 0),
        ((0, 0, 0, 1), 0, 1j * handwriting.BOW),
    ):
        np.testing.assert_allclose(handwriting._bend(left, *bends) - left, at_left)
        np.testing.assert_allclose(handwriting._bend(top, *bends) - top, at_top)


def test_batch_repeats_with_its_generator_only():
    images, labels = handwriting.batch(64, rng(3))
    again, labels_again = handwriting.batch(64, rng(3))
    other, _ = handwriting.batch(64, rng(4))
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert (images != other).any()


def test_a_batch_may_be_empty():
    images, labels = handwriting.batch(0, rng())
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


def test_kernel_draws_as_numpy_does(monkeypatch):
    """But for a digit whose centre of mass lies between two pixels, which may go to either."""
    if pens.kernels is None:
        missing("no numba here: NumPy draws")
    count = 600 if pens.kernels.COMPILING else 30
    monkeypatch.setattr(pens.kernels, "COMPILING", True)  # else NumPy would be compared with itself
    drawn, labels = handwriting.batch(count, rng(5))
    monkeypatch.setattr(pens, "kernels", None)
    plain, labels_plain = handwriting.batch(count, rng(5))
    np.testing.assert_array_equal(labels, labels_plain)
    difference = np.abs(drawn.astype(int) - plain).max(axis=(1, 2))
    assert np.mean(difference <= 1) > 0.99

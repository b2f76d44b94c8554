"""Synthetic digits: repeatable, of every form, drawn as the window draws strokes."""

import numpy as np
import pytest

from data import canvas
from data.synthetic import glyphs, handwriting
from tests.conftest import missing

FORMS = [(label, text) for label, forms in glyphs.FORMS.items() for _, text in forms]


def rng(seed=0):
    return np.random.default_rng(seed)


def test_every_digit_has_forms():
    assert sorted(glyphs.FORMS) == list(range(10))
    assert all(weight > 0 for forms in glyphs.FORMS.values() for weight, _ in forms)


def test_no_form_is_written_twice():
    assert len({text for _, text in FORMS}) == len(FORMS)


@pytest.mark.parametrize(("label", "text"), FORMS)
def test_every_form_is_drawable(label, text):
    parsed = glyphs.parse(text)
    assert all(len(stroke) >= 2 for stroke in parsed)
    points = np.array([point[:2] for stroke in parsed for point in stroke])
    assert (np.abs(points - [30, 50]) <= [60, 60]).all()
    digit = canvas.from_strokes([[point[:2] for point in stroke] for stroke in parsed])
    assert digit.sum() > 30


def test_parse_by_hand():
    assert glyphs.parse("0,1 2,3! | -4,5.5 6,7") == [
        [(0, 1, False), (2, 3, True)],
        [(-4, 5.5, False), (6, 7, False)],
    ]


def test_curve_passes_through_its_points_and_keeps_corners():
    corner = handwriting._catmull_rom([False, True, False])
    points = np.array([(0, 0), (10, 0), (10, 10)])
    path = corner @ points
    for point in points:
        assert np.abs(path - point).sum(axis=1).min() < 1e-9
    assert np.minimum(np.abs(path[:, 1]), np.abs(path[:, 0] - 10)).max() < 1e-9  # along the sides
    np.testing.assert_allclose(corner.sum(axis=1), 1)  # moving all points moves the curve


@pytest.mark.parametrize("label", range(10))
def test_digit(label):
    made = handwriting.digit(label, rng(label))
    points = np.concatenate(made)
    assert all(stroke.ndim == 2 and stroke.shape[1] == 2 for stroke in made)
    assert (points > 0).all()
    assert (points < canvas.SIZE).all()
    assert 0.4 <= np.ptp(points, axis=0).max() / canvas.SIZE <= 0.7
    for again, stroke in zip(handwriting.digit(label, rng(label)), made, strict=True):
        np.testing.assert_array_equal(again, stroke)


def test_digits_differ():
    first, second = (canvas.from_strokes(handwriting.digit(8, rng(seed))) for seed in (1, 2))
    assert np.abs(first - second).sum() > 5


def test_batch():
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


def test_batch_repeats_with_its_generator_only():
    images, labels = handwriting.batch(64, rng(3))
    again, labels_again = handwriting.batch(64, rng(3))
    other, _ = handwriting.batch(64, rng(4))
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert (images != other).any()


def test_empty_batch():
    images, labels = handwriting.batch(0, rng())
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


def test_kernel_draws_as_numpy_does(monkeypatch):
    """But for a digit whose centre of mass lies between two pixels, which may go to either."""
    if handwriting.kernels is None:
        missing("no numba here: NumPy draws")
    compiled, labels = handwriting.batch(200, rng(5))
    monkeypatch.setattr(handwriting, "kernels", None)
    plain, labels_plain = handwriting.batch(200, rng(5))
    np.testing.assert_array_equal(labels, labels_plain)
    difference = np.abs(compiled.astype(int) - plain).max(axis=(1, 2))
    assert np.mean(difference <= 40) > 0.95

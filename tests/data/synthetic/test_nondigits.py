"""Non-digits: drawable, of every kind, all different, labelled as no digit."""

import numpy as np
import pytest

from data import canvas
from data.synthetic import nondigits
from data.synthetic.forms import FORMS
from data.synthetic.parts import Hand


@pytest.mark.parametrize("text", [*nondigits.LETTERS, *nondigits.SIGNS])
def test_every_sign_is_drawable(text):
    strokes = [[(z.real, z.imag) for z, _ in stroke] for stroke in nondigits.parse(text)]
    assert all(len(stroke) >= 2 for stroke in strokes)
    assert canvas.from_strokes(strokes).sum() > 30


def test_a_batch_has_blots_and_lines():
    images, labels = nondigits.batch(400, np.random.default_rng(0))
    assert images.shape == (400, 28, 28)
    assert images.dtype == np.uint8
    assert (labels == nondigits.NO_DIGIT).all()
    inked = (images > 128).mean(axis=(1, 2))
    assert (inked > 0.02).all()
    assert (inked > 0.3).mean() > 0.08, "blots"
    assert (inked < 0.15).mean() > 0.18, "lines"
    assert len(np.unique(images.reshape(400, -1), axis=0)) == 400


def test_a_third_are_touching_digits(monkeypatch):
    asked = []
    monkeypatch.setattr(
        nondigits.touching, "batch", lambda n, rng: (asked.append(n), np.zeros((n, 28, 28)))[::-1]
    )
    images, _ = nondigits.batch(30, np.random.default_rng(0))
    assert asked == [10]
    assert (images.reshape(30, -1).max(axis=1) == 0).sum() == 10


def test_batch_repeats_with_its_generator_only():
    first, again, other = (
        nondigits.batch(32, np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_pair_is_two_digits_side_by_side():
    rng, n = np.random.default_rng(3), 50
    left, right = (next(form for form in FORMS if form.label == label) for label in (0, 8))
    alone = nondigits._pair(left, right, Hand(n, rng))
    assert len(alone) == len(left.write(Hand(n, rng))) + len(right.write(Hand(n, rng)))
    first, second = (
        np.array([np.broadcast_to(np.real(point), n) for point, _ in stroke])
        for stroke in (alone[0], alone[-1])
    )
    gap = second.min(axis=0) - first.max(axis=0)
    low, high = nondigits.GAP
    assert (gap >= low - 1e-6).all()
    assert (gap <= high + 1e-6).all()
    assert gap.min() < 0 < gap.max(), "some touch, some do not"


def test_pairs_are_one_fifth_of_all():
    forms = nondigits._forms()
    pairs = [form for form in forms if len(form.name) == 3 and form.name[1] == " "]
    assert sum(form.weight for form in pairs) == pytest.approx(1)
    assert sum(form.weight for form in forms) == pytest.approx(5)
    beginners = {form.name[0] for form in pairs}
    assert beginners == set("0123456789")

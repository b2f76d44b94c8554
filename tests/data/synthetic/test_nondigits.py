"""Non-digits: drawable, of every kind, all different, labelled as no digit."""

import numpy as np
import pytest

from data import canvas
from data.synthetic import nondigits


@pytest.mark.parametrize("text", [*nondigits.LETTERS, *nondigits.SIGNS])
def test_every_sign_is_drawable(text):
    strokes = [[(z.real, z.imag) for z, _ in stroke] for stroke in nondigits.parse(text)]
    assert all(len(stroke) >= 2 for stroke in strokes)
    assert canvas.from_strokes(strokes).sum() > 30


def test_batch():
    images, labels = nondigits.batch(400, np.random.default_rng(0))
    assert images.shape == (400, 28, 28)
    assert images.dtype == np.uint8
    assert (labels == nondigits.NO_DIGIT).all()
    inked = (images > 128).mean(axis=(1, 2))
    assert (inked > 0.02).all()
    assert (inked > 0.3).mean() > 0.1, "blots"
    assert (inked < 0.15).mean() > 0.3, "lines"
    assert len(np.unique(images.reshape(400, -1), axis=0)) == 400


def test_batch_repeats_with_its_generator_only():
    first, again, other = (
        nondigits.batch(32, np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()

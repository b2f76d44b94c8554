"""Non-digits: ink, all different; and the confidence on them."""

import numpy as np
import pytest

from benchmarks.accuracy import nondigits


class InkModel:
    """As confident as a tenth, plus the ink in the image over a thousand pixels of ink."""

    def predict_proba(self, images):
        ink = images.sum(axis=(1, 2)) / 1000
        return np.repeat((0.1 + ink)[:, None], 10, axis=1)


@pytest.mark.parametrize("kind", nondigits.KINDS)
def test_nondigits_have_ink_and_differ(kind):
    rng = np.random.default_rng(0)
    made = np.stack([nondigits.KINDS[kind](rng) for _ in range(12)])
    assert made.shape == (12, 28, 28)
    assert (made.sum(axis=(1, 2)) > 15).all()
    assert len(np.unique(made.reshape(12, -1), axis=0)) > 8


def test_auroc_by_hand():
    """Of the nine pairs (low, high), 7 are in order and 1 is a tie."""
    assert nondigits.auroc(np.array([1, 2, 5]), np.array([2, 6, 7])) == pytest.approx(7.5 / 9)
    assert nondigits.auroc(np.array([0.1]), np.array([0.9])) == 1


def test_confidence_has_each_kind_and_all():
    digits = np.full(5, 0.95)
    figures = nondigits.confidence(InkModel(), digits, 4)
    assert figures.keys() == {*nondigits.KINDS, "all of them"}
    assert all(0.1 < figure["median"] < 0.95 for figure in figures.values())
    assert figures["blots"]["median"] > figures["crossing lines"]["median"]
    assert figures["all of them"]["auroc"] == 1
    assert figures == nondigits.confidence(InkModel(), digits, 4), "always the same drawings"

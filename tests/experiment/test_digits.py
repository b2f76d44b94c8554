"""The digits of a run: what is held out, and what a quick run leaves out."""

import numpy as np
import pytest

from experiment import digits
from tests.train_command import write_digits


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_digits(tmp_path_factory.mktemp("digits"))


def test_quick_takes_fewer_training_images(folder, monkeypatch):
    monkeypatch.setattr(digits, "QUICK", 100)
    whole, quick = digits.load(folder), digits.load(folder, quick=True)
    assert len(quick.train[1]) == 100
    np.testing.assert_array_equal(quick.train[0], whole.train[0][:100])
    np.testing.assert_array_equal(quick.validation[0], whole.validation[0])
    assert len(quick.test[1]) == len(whole.test[1]) == 60


@pytest.mark.parametrize(("images", "held"), [(60_000, 5_000), (300, 50), (5, 0)])
def test_each_image_trains_or_validates(images, held):
    validation, train = digits.held_out(images)
    assert len(validation) == held
    assert sorted([*validation, *train]) == list(range(images))


def test_every_run_holds_out_the_same_images():
    """As all versions so far have: a run that is resumed must validate on the same images."""
    validation, _ = digits.held_out(60_000)
    assert validation[:5].tolist() == [4013, 23840, 29603, 43011, 58703]
    assert validation[-3:].tolist() == [49301, 12092, 59897]

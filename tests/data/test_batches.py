"""Batches: every image once, the shares of a mix, and the background thread."""

import threading

import numpy as np
import pytest

from data.augment import Warp
from data.batches import BatchMix, ahead, batches
from data.synthetic.nondigits import NO_DIGIT


def examples(n=50):
    """Images that carry their own number, labels that follow from it."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(n)
    return images, (np.arange(n) % 10).astype(np.uint8)


def test_hold_every_image_once_with_its_label():
    got = list(batches(*examples(), 16, (0, 1)))
    assert [len(labels) for _, labels in got] == [16, 16, 16, 2]
    numbers = np.concatenate([images[:, 0, 0] for images, _ in got])
    labels = np.concatenate([labels for _, labels in got])
    assert sorted(numbers) == list(range(50))
    np.testing.assert_array_equal(labels, numbers % 10)


def test_are_shuffled_by_their_key():
    mix = BatchMix(Warp(), 0.25, 0.25)
    first, again, other = (
        list(batches(*examples(), 16, key, mix)) for key in ((0, 1),) * 2 + ((0, 2),)
    )
    for (x, y), (x_again, y_again), (x_other, _) in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(x, x_again)
        np.testing.assert_array_equal(y, y_again)
        assert not np.array_equal(x, x_other)


def test_a_part_is_warped_as_in_the_batch():
    mix = BatchMix(Warp(), 0.25, 0.25)
    whole, parts = (
        list(batches(*examples(), 16, (0, 1), mix, part))
        for part in (lambda n: slice(None), lambda n: slice(4, n // 2))
    )
    for (x, y), (x_part, y_part) in zip(whole, parts, strict=True):
        part = slice(4, len(y) // 2)
        np.testing.assert_array_equal(y_part, y)
        np.testing.assert_array_equal(x_part[part], x[part])
        assert not np.array_equal(x_part[:4], x[:4]), "what nobody looks at is not warped"


def test_a_mix_has_its_shares_and_all_images():
    mix = BatchMix(synthetic=0.25, nondigits=0.125)
    got = list(batches(*examples(), 16, (3,), mix))
    assert len(got) == mix.steps(50, 16) == 5
    for _, labels in got:
        assert (labels == NO_DIGIT).sum() == 2
    assert [len(labels) for _, labels in got] == [16, 16, 16, 16, 16]
    images = np.concatenate([images for images, _ in got])
    given = images[(images.reshape(len(images), -1)[:, 1:] == 0).all(axis=1)]
    assert sorted(given[:, 0, 0]) == list(range(50))
    # Nor do the kinds stay together: a shard gets some of each.
    assert len({tuple(np.flatnonzero(labels == NO_DIGIT)) for _, labels in got}) > 1


def test_a_warp_is_applied_to_all():
    plain, warped = (
        np.concatenate([x for x, _ in batches(*examples(), 16, (0,), mix)])
        for mix in (BatchMix(synthetic=0.5), BatchMix(Warp(shift=3), synthetic=0.5))
    )
    assert plain.shape == warped.shape
    inked = plain.any(axis=(1, 2))
    assert (plain != warped).any(axis=(1, 2))[inked].mean() > 0.9


def test_ahead_prepares_the_next_item():
    made = [threading.Event() for _ in range(4)]

    def items():
        for i, event in enumerate(made):
            event.set()
            yield i

    for i in ahead(items()):
        if i < 3:
            assert made[i + 1].wait(timeout=100), "the next item is made before it is asked for"
        assert not any(event.is_set() for event in made[i + 2 :]), "and no more than that one"
    assert list(ahead([])) == []


def test_ahead_raises_an_error_of_its_source():
    def items():
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(ahead(items()))

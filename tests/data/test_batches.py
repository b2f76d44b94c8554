"""Batches: every image once, the shares of a mix, and the background thread."""

import threading
from functools import partial
from itertools import islice

import numpy as np
import pytest

from data.augment import Warp
from data.batches import AHEAD, BatchMix, ahead, batches
from data.synthetic import handwriting, nondigits
from data.synthetic.nondigits import NO_DIGIT


def examples(n=50):
    """Images that carry their own number, labels that follow from it."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(n)
    return images, (np.arange(n) % 10).astype(np.uint8)


def share(rank, ranks, size):
    """The part of a batch that one of some ranks uses."""
    return slice(size * rank // ranks, size * (rank + 1) // ranks)


def test_batches_hold_each_image_with_its_label():
    got = list(batches(*examples(), 16, (0, 1)))
    assert [len(labels) for _, labels in got] == [16, 16, 16, 2]
    numbers = np.concatenate([images[:, 0, 0] for images, _ in got])
    labels = np.concatenate([labels for _, labels in got])
    assert sorted(numbers) == list(range(50))
    np.testing.assert_array_equal(labels, numbers % 10)


def test_batches_are_shuffled_by_their_key():
    mix = BatchMix(Warp(), 0.25, 0.25)
    first, again, other = (
        list(batches(*examples(), 16, key, mix)) for key in ((0, 1),) * 2 + ((0, 2),)
    )
    for (x, y), (x_again, y_again), (x_other, _) in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(x, x_again)
        np.testing.assert_array_equal(y, y_again)
        assert not np.array_equal(x, x_other)


@pytest.mark.parametrize("size", [16, 100, 150])
def test_the_parts_make_up_the_batch(size):
    """However a batch is divided, each part has the bits that it has in the whole."""
    mix = BatchMix(Warp(scans=0.5), 0.25, 0.125)
    whole = list(batches(*examples(250), size, (0, 1), mix))
    for ranks in (2, 3, 8):
        parts = [
            list(batches(*examples(250), size, (0, 1), mix, partial(share, rank, ranks)))
            for rank in range(ranks)
        ]
        for (x, y), *of_ranks in zip(whole, *parts, strict=True):
            cuts = [share(rank, ranks, len(y)) for rank in range(ranks)]
            for k, expected in enumerate((x, y)):
                cut = [arrays[k][part] for arrays, part in zip(of_ranks, cuts, strict=True)]
                np.testing.assert_array_equal(np.concatenate(cut), expected)


def test_a_rank_draws_only_its_share(monkeypatch):
    drawn = {"digits": 0, "nondigits": 0, "warps": 0}

    def counting(name, function):
        def counted(n, rng):
            drawn[name] += n
            return function(n, rng)

        return counted

    monkeypatch.setattr(handwriting, "batch", counting("digits", handwriting.batch))
    monkeypatch.setattr(nondigits, "batch", counting("nondigits", nondigits.batch))
    numbers = Warp.numbers
    monkeypatch.setattr(
        Warp, "numbers", lambda self, n, rng: counting("warps", partial(numbers, self))(n, rng)
    )
    mix, examples_ = BatchMix(Warp(), 0.25, 0.125), examples(160)
    totals = []
    for ranks in (1, 4):
        drawn.update(dict.fromkeys(drawn, 0))
        for x, y in batches(*examples_, 128, (0, 1), mix, partial(share, ranks - 1, ranks)):
            assert (x.any(axis=(1, 2)) <= (np.arange(len(y)) >= len(y) * (ranks - 1) / ranks)).all()
        totals.append(dict(drawn))
    assert totals[0] == {"digits": 64, "nondigits": 32, "warps": 256}
    assert totals[1] == {"digits": 16, "nondigits": 8, "warps": 64}


@pytest.fixture
def few_at_once(monkeypatch):
    """Draw synthetic images for few steps at once, so that a short epoch draws several times."""
    monkeypatch.setattr("data.batches.AT_ONCE", 20)
    return 20


def test_later_batches_need_no_earlier_ones(few_at_once):
    mix = BatchMix(Warp(), 0.25, 0.25)
    every = list(batches(*examples(400), 16, (3, 1), mix))
    assert len(every) > 2 * few_at_once
    for first in (1, 7, few_at_once, few_at_once + 9, len(every) - 1, len(every)):
        later = list(islice(batches(*examples(400), 16, (3, 1), mix, first=first), 3))
        assert len(later) == min(3, len(every) - first)
        for got, expected in zip(later, every[first:], strict=False):
            np.testing.assert_array_equal(got[0], expected[0])
            np.testing.assert_array_equal(got[1], expected[1])


@pytest.mark.usefixtures("few_at_once")
def test_no_two_images_share_random_numbers():
    images, labels = examples(600)
    mix = BatchMix(None, 0.5)
    epochs = [batches(images, labels, 16, (0, epoch), mix) for epoch in (1, 2)]
    drawn = [x for epoch in epochs for x, _ in epoch]
    every = np.concatenate(drawn).reshape(-1, 28 * 28)
    made = every[every[:, 1:].any(axis=1)]
    assert len(made) == 2 * 75 * 8
    assert len(np.unique(made, axis=0)) == len(made)


def test_a_mix_has_its_shares_and_all_images():
    mix = BatchMix(synthetic=0.25, nondigits=0.125)
    got = list(batches(*examples(), 16, (3, 1), mix))
    assert len(got) == mix.steps(50, 16) == 5
    for _, labels in got:
        assert (labels == NO_DIGIT).sum() == 2
    assert [len(labels) for _, labels in got] == [16, 16, 16, 16, 16]
    images = np.concatenate([images for images, _ in got])
    given = images[(images.reshape(len(images), -1)[:, 1:] == 0).all(axis=1)]
    assert sorted(given[:, 0, 0]) == list(range(50))
    for _, labels in got:  # nor do the kinds stay together: a shard gets some of each
        assert (labels[:8] == NO_DIGIT).sum() == (labels[8:] == NO_DIGIT).sum() == 1


def test_a_warp_is_applied_to_all():
    plain, warped = (
        np.concatenate([x for x, _ in batches(*examples(), 16, (0, 1), mix)])
        for mix in (BatchMix(synthetic=0.5), BatchMix(Warp(shift=3), synthetic=0.5))
    )
    assert plain.shape == warped.shape
    inked = plain.any(axis=(1, 2))
    assert (plain != warped).any(axis=(1, 2))[inked].mean() > 0.9


def test_ahead_prepares_the_next_items():
    made = [threading.Event() for _ in range(AHEAD + 4)]

    def items():
        for i, event in enumerate(made):
            event.set()
            yield i

    for i in ahead(items()):
        for event in made[i + 1 : i + 1 + AHEAD]:
            assert event.wait(timeout=100), "the next items are made before they are asked for"
        assert not any(event.is_set() for event in made[i + 1 + AHEAD :]), "and no more"
    assert list(ahead([])) == []


def test_ahead_raises_an_error_of_its_source():
    def items():
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(ahead(items()))

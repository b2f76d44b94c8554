"""Batches to train with, made in a thread of their own while the one before is in use.

A batch is a mix: MNIST's digits, synthetic handwriting of the forms that MNIST lacks, and drawings
that are no digit at all. All of it is warped, so that no two passes show the same pictures.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from data.augment import Warp
from data.synthetic import handwriting, nondigits

AT_ONCE = 32
"""For how many batches the made-up pictures are made at once."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class BatchMix:
    """What becomes of the images on their way into a batch.

    Attributes
    ----------
    warp : Warp, optional
        Applied to every image.
    synthetic : float
        The share of a batch that is synthetic digits (`data.synthetic.handwriting`).
    nondigits : float
        The share of a batch that is no digit (`data.synthetic.nondigits`).
    """

    warp: Warp | None = None
    synthetic: float = 0.0
    nondigits: float = 0.0

    def counts(self, size: int) -> tuple[int, int, int]:
        """Return how many of a batch are given images, synthetic digits and non-digits."""
        synthetic, nondigits = round(self.synthetic * size), round(self.nondigits * size)
        return size - synthetic - nondigits, synthetic, nondigits

    def steps(self, images: int, size: int) -> int:
        """Return how many batches of ``size`` one pass through so many images takes."""
        given, _, _ = self.counts(size)
        return -(-images // given)


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    size: int,
    key: tuple[int, ...],
    mix: BatchMix = BatchMix(),
    part: Callable[[int], slice] = lambda size: slice(None),
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield all images once, shuffled and mixed with others, in batches of ``size``.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, H, W)
    labels : ndarray of int, shape (N,)
    size : int
        The last batch may be smaller.
    key : tuple of int
        Decides everything random: (seed, epoch), say.
    mix : BatchMix
    part : callable
        Says which images of a batch of so many will be looked at: the others are not warped.

    Yields
    ------
    images : ndarray of uint8, shape (size, H, W)
    labels : ndarray of int16, shape (size,)
        ``data.synthetic.nondigits.NO_DIGIT`` for what is none.
    """
    rng = np.random.default_rng(key)
    order = rng.permutation(len(labels))
    given, *made = mix.counts(size)
    kinds = zip((handwriting.batch, nondigits.batch), made, strict=True)
    others = [_stream(make, few, rng) for make, few in kinds if few]
    for start in range(0, len(order), given):
        chosen = order[start : start + given]
        parts = [(images[chosen], labels[chosen]), *map(next, others)]
        x, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        shuffled = rng.permutation(len(y))  # training cuts a batch into shards: each gets a mix
        x, y = x[shuffled], y[shuffled].astype(np.int16, copy=False)
        yield (x if mix.warp is None else mix.warp(x, rng, part(len(y)))), y


def _stream(make, few, rng):
    """Yield examples a few at a time; many are made at once, which is quicker."""
    while True:
        x, y = make(AT_ONCE * few, rng)
        for start in range(0, len(y), few):
            yield x[start : start + few], y[start : start + few]


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items, each made in a thread of its own while the one before it is in use."""
    iterator = iter(items)
    with ThreadPoolExecutor(1, "loader") as loader:
        coming = loader.submit(next, iterator, None)
        while (item := coming.result()) is not None:
            coming = loader.submit(next, iterator, None)
            yield item

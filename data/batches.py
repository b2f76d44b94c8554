"""Training batches, prepared in a background thread.

A batch mixes three kinds of image: given ones (MNIST), synthetic digits in forms that MNIST lacks,
and drawings that are not digits. All of them are warped at random.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from data.augment import Warp
from data.synthetic import handwriting, nondigits

AT_ONCE = 32
"""Synthetic images are drawn for this many batches in one call, which is faster."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class BatchMix:
    """Composition of a batch.

    Attributes
    ----------
    warp : Warp, optional
        Applied to every image; None leaves them as they are.
    synthetic : float
        Fraction of synthetic digits (`data.synthetic.handwriting`), in [0, 1].
    nondigits : float
        Fraction of non-digits (`data.synthetic.nondigits`), in [0, 1].
    """

    warp: Warp | None = None
    synthetic: float = 0.0
    nondigits: float = 0.0

    def counts(self, size: int) -> tuple[int, int, int]:
        """Return the numbers of given images, synthetic digits and non-digits in a batch."""
        synthetic, nondigits = round(self.synthetic * size), round(self.nondigits * size)
        return size - synthetic - nondigits, synthetic, nondigits

    def steps(self, images: int, size: int) -> int:
        """Return the number of batches of ``size`` in an epoch of given images."""
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
    """Yield one epoch: each given image once, shuffled, in batches with synthetic ones.

    Parameters
    ----------
    images : ndarray, uint8, (N, H, W)
        H and W must be 28 if `mix` adds synthetic images.
    labels : ndarray, int, (N,)
    size : int
        Images in a batch; the last batch may be smaller.
    key : tuple of int
        Seed of all random numbers, such as (seed, epoch).
    mix : BatchMix
    part : callable
        Maps a batch's size to the slice of it that will be used. Only these images are warped;
        the batch is otherwise the same.

    Yields
    ------
    images : ndarray, uint8, (size, H, W)
    labels : ndarray, int16, (size,)
        `data.synthetic.nondigits.NO_DIGIT` for a non-digit.
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
        shuffled = rng.permutation(len(y))  # so that each shard of the batch holds all kinds
        x, y = x[shuffled], y[shuffled].astype(np.int16, copy=False)
        yield (x if mix.warp is None else mix.warp(x, rng, part(len(y)))), y


def _stream(make, few, rng):
    """Yield ``few`` synthetic images and labels at a time, endlessly."""
    while True:
        x, y = make(AT_ONCE * few, rng)
        for start in range(0, len(y), few):
            yield x[start : start + few], y[start : start + few]


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items; a background thread prepares the next while the caller uses one."""
    iterator = iter(items)
    with ThreadPoolExecutor(1, "loader") as loader:
        coming = loader.submit(next, iterator, None)
        while (item := coming.result()) is not None:
            coming = loader.submit(next, iterator, None)
            yield item

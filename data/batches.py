"""Training batches, prepared in a background thread.

A batch mixes three kinds of image: given ones (MNIST), synthetic digits in forms that MNIST lacks,
and drawings that are not digits. All of them are warped at random.

Random numbers are drawn by counter: a batch is cut into blocks, and each block has generators of
its own, seeded by the numbers of the epoch, the step and the block. So a process that uses part of
a batch draws the blocks of this part only, and any step can be drawn without those before it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from data.augment import Warp
from data.synthetic import handwriting, nondigits

AT_ONCE = 128
"""Steps whose synthetic images of a block are drawn in one call, which is faster."""

AHEAD = 3
"""Batches that are prepared in advance: some take several times as long as others."""

BLOCK = 32
"""Images in a block. A batch of less than two blocks is cut into halves, but not below `LEAST`."""

LEAST = 8
APART = 4
"""Groups of blocks; the groups draw their synthetic images at different steps."""

FEW = 16
"""An epoch of at most this many steps draws all synthetic images of a block in one call."""

MOST = 64
"""Largest number of blocks: in larger batches, which make an epoch of few steps, blocks are larger.
A call that draws few synthetic images takes several times as long per image."""

ORDER, WARP, SYNTHETIC = 0, 1, 2
"""What a generator draws, part of its seed; SYNTHETIC plus the kind of synthetic image."""

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
    key: tuple[int, int],
    mix: BatchMix = BatchMix(),
    part: Callable[[int], slice] = lambda size: slice(None),
    first: int = 0,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield one epoch: each given image once, shuffled, in batches with synthetic ones.

    Parameters
    ----------
    images : ndarray, uint8, (N, H, W)
        H and W must be 28 if `mix` adds synthetic images.
    labels : ndarray, int, (N,)
    size : int
        Images in a batch; the last batch may be smaller.
    key : tuple of 2 int
        Seed and number of the epoch: they determine all random numbers.
    mix : BatchMix
    part : callable
        Maps a batch's size to the slice of it that will be used. Only blocks of which it uses
        images are drawn; they are the same whatever the part. Other images and labels are 0.
    first : int
        Number of the first batch to yield, from 0.

    Yields
    ------
    images : ndarray, uint8, (size, H, W)
    labels : ndarray, int16, (size,)
        `data.synthetic.nondigits.NO_DIGIT` for a non-digit.
    """
    given, *made = mix.counts(size)
    order = _generator(key, ORDER).permutation(len(labels))
    blocks = _Blocks((given, *made), key, range(len(order) // given))
    for step in range(first, mix.steps(len(order), size)):
        chosen = order[step * given : (step + 1) * given]
        if len(chosen) < given:
            blocks = _Blocks((len(chosen), *made), key, range(step, step + 1))
        x = np.zeros((len(blocks.kinds), *images.shape[1:]), images.dtype)
        y = np.zeros(len(x), np.int16)
        used = blocks.covering(part(len(x)))
        for block in used:
            at = blocks.places[0][block]
            numbers = chosen[blocks.given[at]]
            x[at], y[at] = images[numbers], labels[numbers]
            blocks.add_synthetic(block, step, x, y)
        if mix.warp and used:
            cut = slice(blocks.slices[used[0]].start, blocks.slices[used[-1]].stop)
            x[cut] = mix.warp.apply(x[cut], *blocks.warps(mix.warp, step, used))
        yield x, y


class _Blocks:
    """The blocks of batches of one composition, for a range of steps of an epoch.

    Parameters
    ----------
    counts : tuple of 3 int
        Given images, synthetic digits and non-digits in a batch.
    key : tuple of 2 int
        Seed and number of the epoch.
    steps : range

    Attributes
    ----------
    kinds : ndarray, (size,)
        Kind of each image: 0 is given, 1 a synthetic digit, 2 a non-digit. They are spread evenly,
        so that each shard of the batch holds all kinds.
    given : ndarray, (size,)
        Number of given images before each image.
    slices : list of slice
        The images of each block.
    places : list of list of ndarray
        For each kind and block, the places of its images in the batch.
    """

    def __init__(self, counts, key, steps):
        self._key, self._steps = key, steps
        places = np.concatenate([(np.arange(n) + 0.5) / n for n in counts if n])
        self.kinds = np.repeat(np.arange(3), counts)[np.argsort(places, kind="stable")]
        self.given = np.cumsum(self.kinds == 0) - (self.kinds == 0)
        self.slices = _cut(len(self.kinds))
        self.places = [
            [cut.start + np.flatnonzero(self.kinds[cut] == kind) for cut in self.slices]
            for kind in range(3)
        ]
        self._drawn: dict[tuple[int, int], tuple[int, np.ndarray, np.ndarray]] = {}

    def covering(self, part):
        """Return the numbers of the blocks that have images in a slice of the batch."""
        start, stop, _ = part.indices(len(self.kinds))
        cuts = enumerate(self.slices)
        return [i for i, cut in cuts if max(start, cut.start) < min(stop, cut.stop)]

    def warps(self, warp, step, blocks):
        """Draw the random numbers that warp some blocks of a batch; see `Warp.numbers`."""
        sizes = [self.slices[block].stop - self.slices[block].start for block in blocks]
        generators = [_generator(self._key, WARP, step, block) for block in blocks]
        rows = map(warp.numbers, sizes, generators)
        return [np.concatenate(arrays) for arrays in zip(*rows, strict=True)]

    def add_synthetic(self, block, step, x, y):
        """Put a block's synthetic images and labels of a step into a batch."""
        for kind, make in ((1, handwriting.batch), (2, nondigits.batch)):
            at = self.places[kind][block]
            if not len(at):
                continue
            # Blocks and kinds are drawn at different steps, so that no step takes much longer;
            # blocks of different ranks at the same steps, if possible: they wait for one another.
            apart = min(len(self.slices), APART)
            first = -(-AT_ONCE * (2 * (block % apart) + kind) // (8 * apart))
            if len(self._steps) <= FEW:
                first = 0
            start = step - (step - first) % AT_ONCE
            stop = min(start + AT_ONCE, self._steps.stop)
            start = max(start, self._steps.start)
            if self._drawn.get((kind, block), [-1])[0] != start:
                rng = _generator(self._key, SYNTHETIC + kind, start, block)
                self._drawn[kind, block] = (start, *make((stop - start) * len(at), rng))
            _, images, labels = self._drawn[kind, block]
            of_step = slice((step - start) * len(at), (step - start + 1) * len(at))
            x[at], y[at] = images[of_step], labels[of_step]


def _cut(size):
    """Return the slices of a batch's blocks; all but the last have the same size."""
    whole = BLOCK * -(-size // (BLOCK * MOST))
    each = min(whole, max(LEAST, -(-size // 2)))
    return [slice(start, min(start + each, size)) for start in range(0, size, each)]


def _generator(key, what, step=0, block=0):
    """Return the generator of one kind of random numbers, in one block of one step."""
    seed, epoch = key
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(epoch, what, step, block)))


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items; a background thread prepares the next `AHEAD` while the caller uses one."""
    iterator = iter(items)
    with ThreadPoolExecutor(1, "loader") as loader:
        coming = deque(loader.submit(next, iterator, None) for _ in range(AHEAD))
        while (item := coming.popleft().result()) is not None:
            coming.append(loader.submit(next, iterator, None))
            yield item

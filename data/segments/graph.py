"""The segmentation graph of a line of writing: where digits may meet, and what is between.

A line is a row of blocks: strokes or pieces of ink. Digits may meet between two blocks, and at the
cuts of a block. These places are the nodes of the graph. A node is known by the parts of ink on its
left. An edge, a candidate digit, leads from one node to another if all that is on the left of the
first is on the left of the second, too. So cuts may cross, but no path takes two cuts that cross.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from data.segments.symbols import Box, around


class Part(NamedTuple):
    """A stroke or piece of ink, or what is between cuts.

    Attributes
    ----------
    box : Box
    ink : any
        What `data.segments.row.Draw` takes.
    """

    box: Box
    ink: Any


class Cut(NamedTuple):
    """A place in a block where two digits may meet.

    Attributes
    ----------
    left : frozenset of int
        Indices of the block's parts on its left.
    odds : float
        Logarithm of the odds that two digits meet there.
    """

    left: frozenset[int]
    odds: float


@dataclass(frozen=True)
class Block:
    """A stroke or a piece of ink.

    Attributes
    ----------
    parts : sequence of Part
    cuts : sequence of Cut
    joined : bool
        Whether its ink touches that of another block; it is no sign then.
    turn : int or None
        When it was written: its index among all strokes; None if that is not known.
    """

    parts: Sequence[Part]
    cuts: Sequence[Cut] = ()
    joined: bool = False
    turn: int | None = None

    @property
    def box(self) -> Box:
        """The box around its parts."""
        return around(part.box for part in self.parts)


class Graph:
    """The graph of blocks in reading order.

    Parameters
    ----------
    blocks : sequence of Block
        At least one.

    Attributes
    ----------
    parts : list of Part
        Of all blocks.
    left : ndarray, bool, (N, P)
        Which parts are on the left of each node.
    bounds : ndarray, int, (B + 1,)
        The nodes before each block and after the last.
    odds : ndarray, float, (N,)
        Those of cuts; 0 at the bounds of blocks.
    cut : ndarray, bool, (B,)
        Which blocks have cuts.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.parts = [part for block in blocks for part in block.parts]
        index = np.arange(len(self.parts))
        left: list[np.ndarray] = []
        odds: list[float] = []
        bounds: list[int] = []
        first = 0
        for block in blocks:
            bounds.append(len(left))
            left.append(index < first)
            odds.append(0.0)
            for cut in sorted(block.cuts, key=lambda cut: len(cut.left)):
                left.append((index < first) | np.isin(index - first, list(cut.left)))
                odds.append(cut.odds)
            first += len(block.parts)
        bounds.append(len(left))
        self.left = np.array([*left, index < first])
        self.odds = np.array([*odds, 0.0])
        self.bounds = np.array(bounds)
        self.cut = np.diff(self.bounds) > 1
        self._boxes = np.array([part.box for part in self.parts]).T
        turns = [-1 if block.turn is None else block.turn for block in blocks]
        self._turns = np.searchsorted(np.unique(turns), turns)

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.left)

    def runs(self, widest: float, most: int) -> dict[tuple[int, int], Box]:
        """Return the boxes of all edges: candidates up to ``widest`` pixels wide, and whole blocks.

        Parameters
        ----------
        widest : float
        most : int
            Largest number of blocks in an edge.
        """
        found = {}
        ahead = np.searchsorted(self.bounds, np.arange(len(self)), "right") - 1
        behind = np.searchsorted(self.bounds, np.arange(len(self)), "left")
        for i in range(len(self) - 1):
            inside = self.left[i + 1 :] & ~self.left[i]
            nested = inside.any(axis=1) & ~(self.left[i] & ~self.left[i + 1 :]).any(axis=1)
            blocks = behind[i + 1 :] - ahead[i]
            whole = (blocks == 1) & np.isin(i, self.bounds)
            whole &= np.isin(np.arange(i + 1, len(self)), self.bounds)
            boxes = self._around(inside)
            narrow = boxes[2] - boxes[0] <= widest
            for k in np.flatnonzero(nested & (blocks <= most) & (narrow | whole)):
                found[i, i + 1 + int(k)] = tuple(boxes[:, k].tolist())
        return found

    def inside(self, run: tuple[int, int]) -> list[Part]:
        """Return the parts of an edge, which are between its two nodes."""
        i, j = run
        return [self.parts[k] for k in np.flatnonzero(self.left[j] & ~self.left[i])]

    def returns(self, run: tuple[int, int]) -> int:
        """Return how often the writer came back to an edge after writing something else."""
        first = np.searchsorted(self.bounds, run[0], "right") - 1
        turns = np.sort(self._turns[first : np.searchsorted(self.bounds, run[1], "left")])
        return int((np.diff(turns) > 1).sum())

    def gaps(self) -> np.ndarray:
        """Return the distance between what is left and right of each bound of blocks, (B - 1,).

        It is below 0 where boxes overlap.
        """
        left = self.left[self.bounds[1:-1]]
        return self._around(~left)[0] - self._around(left)[2]

    def _around(self, chosen):
        """Return left, top, right and bottom of the boxes around chosen parts, bool (K, P)."""
        least, most = (
            extreme(np.where(chosen[None], self._boxes[axes, None], empty), axis=2)
            for extreme, axes, empty in ((np.min, [0, 1], np.inf), (np.max, [2, 3], -np.inf))
        )
        return np.concatenate([least, most])

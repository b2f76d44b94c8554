"""The columns of the overview: layers that show the same maps share one."""

from dataclasses import dataclass

import numpy as np

from inspector.network import Network
from inspector.tracing.path import SAME_INDEX, Path
from nn import Flatten


@dataclass(frozen=True)
class Stage:
    """Layers that share a column, and the output that the column shows.

    Attributes
    ----------
    layers : tuple of int
        Indices of the layers; none for the input.
    entry : int
        Entry of `Network.maps` that is shown: the output of the last of them.
    """

    layers: tuple[int, ...]
    entry: int


def stages(network: Network) -> list[Stage]:
    """Return the input, then a stage for each layer that mixes or moves numbers.

    The layers after it that work number by number belong to it, as does a Flatten before it.
    """
    found: list[list[int]] = [[]]
    mixes = [True]  # whether a stage has its layer that mixes numbers
    for i, layer in enumerate(network.layers):
        same = isinstance(layer, SAME_INDEX)
        if not same and mixes[-1]:
            found.append([])
            mixes.append(False)
        found[-1].append(i)
        mixes[-1] |= not same and not isinstance(layer, Flatten)
    return [Stage(tuple(layers), layers[-1] + 1 if layers else 0) for layers in found]


def chosen_channels(
    columns: list[Stage], maps: list[np.ndarray], path: Path, counts: list[int],
    before: list[list[int]],
) -> list[list[int]]:  # fmt: skip
    """Return the channels that each column shows: those with the largest shares in the path.

    A channel that was shown before keeps its place, so that the columns do not jump while the pen
    moves.

    Parameters
    ----------
    columns : list of Stage
    maps : list of ndarray
    path : Path
    counts : list of int
        How many channels each column has room for.
    before : list of list of int
        What this function returned last time; empty lists at first.
    """
    found: list[list[int]] = [[] for _ in columns]
    for j in reversed(range(len(columns))):
        entry = columns[j].entry
        C = maps[entry].shape[-1]
        count = min(counts[j], C)
        shares = path.shares[entry] if path.at[entry] is not None else None
        if shares is None or shares.size != C or np.count_nonzero(shares) <= 1:
            importance = np.abs(maps[entry].reshape(-1, C)).max(axis=0).astype(float)
            if j + 1 < len(columns) and maps[columns[j + 1].entry].shape[-1] == C:
                importance[found[j + 1]] += importance.max() + 1  # a pool keeps its channels
        else:
            importance = np.abs(shares).astype(float)
        if (at := path.at[entry]) is not None:
            importance[at[-1]] = np.inf
        best = np.argsort(-importance, kind="stable")[:count].tolist()
        found[j] = _in_place(best, before[j]) if count < C else list(range(C))
    return found


def _in_place(channels, before):
    """Return the channels, those that were shown before at their old places."""
    if len(before) != len(channels):
        return sorted(channels)
    new = sorted(set(channels) - set(before))
    return [channel if channel in channels else new.pop(0) for channel in before]

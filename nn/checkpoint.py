"""Checkpoints: all that a training is, in one file, so that it can go on as if it never stopped.

A checkpoint holds the weights, the averaged weights, the optimiser's memory, and how far the
training is. No generator's state is in it, because none lives longer than an epoch: what is random
follows from the seed and from the number of the epoch, the step and the shard.

Each file is written whole or not at all, and carries a checksum. The newest two are kept: should
one be damaged, there is the one before.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .averaging import Average
from .files import atomic_write, read_arrays
from .model import Sequential
from .optim import Arrays, Optimiser

FORMAT = 1
KEPT = 2


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message names it and says why, in one line."""


def write(folder: Path, number: int, progress: dict[str, Any], arrays: Arrays) -> Path:
    """Write a checkpoint, and delete all but the newest two.

    Parameters
    ----------
    folder : Path
    number : int
        Of the step; a higher number is newer.
    progress : dict
        What JSON can hold.
    arrays : dict of str to ndarray

    Returns
    -------
    Path
        The file.
    """
    text = json.dumps({"format": FORMAT, **progress})
    path = folder / f"checkpoint-{number:08d}.npz"
    with atomic_write(path) as file:
        checksum = np.array(_checksum(text, arrays))
        np.savez(file, progress=np.array(text), checksum=checksum, **arrays)
    for older in find(folder)[KEPT:]:
        older.unlink()
    return path


def find(folder: Path) -> list[Path]:
    """Return a folder's checkpoints, the newest first."""
    return sorted(folder.glob("checkpoint-*.npz"), reverse=True)


def read(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the progress and the arrays that `write` was given.

    Raises
    ------
    CheckpointError
        If the file is anything but a whole checkpoint.
    """
    try:
        arrays = read_arrays(path)
        text, checksum = (str(arrays.pop(name)) for name in ("progress", "checksum"))
        if checksum != _checksum(text, arrays):
            raise ValueError("its checksum is another one")
        progress = json.loads(text)
        if progress.pop("format") != FORMAT:
            raise ValueError(f"this program reads format {FORMAT}")
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from None
    except KeyError as error:
        raise CheckpointError(f"{path}: not a checkpoint: it lacks {error}") from None
    except ValueError as error:
        raise CheckpointError(f"{path}: not a whole checkpoint: {error}") from None
    return progress, arrays


def _checksum(text, arrays):
    digest = hashlib.sha256(text.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def gather(model: Sequential, average: Average, optimiser: Optimiser) -> Arrays:
    """Return all arrays of a training, each under a name of its own."""
    return dict(_places(model, average)) | {
        f"optimiser/{kind}/{name}": array
        for kind, memory in optimiser.state.items()
        for name, array in memory.items()
    }


def restore(arrays: Arrays, model: Sequential, average: Average, optimiser: Optimiser) -> None:
    """Put the arrays that `gather` returned back into their places.

    Raises
    ------
    ValueError
        If they are another network's; nothing is changed then.
    """
    places = dict(_places(model, average))
    memory = {name: array for name, array in arrays.items() if name.startswith("optimiser/")}
    if places.keys() | memory.keys() != arrays.keys() or any(
        array.shape != arrays[name].shape or array.dtype != arrays[name].dtype
        for name, array in places.items()
    ):
        raise ValueError("it is the checkpoint of another network")
    for name, array in places.items():
        array[...] = arrays[name]
    for name, array in memory.items():
        _, kind, parameter = name.split("/")
        optimiser.state[kind][parameter] = array.copy()


def _places(model: Sequential, average: Average) -> Iterator[tuple[str, np.ndarray]]:
    for owner, network in (("model", model), ("average", average.model)):
        for name, array in (network.named_params() | network.named_state()).items():
            yield f"{owner}/{name}", array

"""Checkpoints: all that a training is, in one file, so that it can go on as if it never stopped.

A checkpoint holds the weights, the averaged weights, the optimizer's memory, and how far the
training is. No generator's state is in it, because none lives longer than an epoch: what is random
follows from the seed and from the number of the epoch, the step and the shard.

Each file is written whole or not at all, and carries a checksum. The newest two are kept: should
one be damaged, there is the one before.
"""

import hashlib
import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..model import Sequential
from ..optim import Arrays, Optimizer
from ..saving.npz import read_arrays, write_arrays
from .ema import EMA

FORMAT = 1
KEPT = 2
MEMORY = "optimiser"  # of the arrays' names: every file so far spells it so


class CheckpointError(ValueError):
    """A checkpoint that cannot be used; the message names it and says why, in one line."""


class DamagedError(CheckpointError):
    """A checkpoint that is not whole."""


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
    own = {"progress": np.array(text), "checksum": np.array(_checksum(text, arrays))}
    write_arrays(path, own | arrays)
    for older in find(folder)[KEPT:]:
        older.unlink()
    for half in folder.glob(".checkpoint-*.npz.*"):  # what a kill in the middle of this left
        half.unlink()
    return path


def find(folder: Path) -> list[Path]:
    """Return a folder's checkpoints, the newest first."""
    return sorted(folder.glob("checkpoint-*.npz"), reverse=True)


def read(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the progress and the arrays that `write` was given.

    Raises
    ------
    DamagedError
        If the file is anything but a whole checkpoint.
    CheckpointError
        If it cannot be read, or is one of another version of this program.
    """
    try:
        arrays = read_arrays(path)
        text, checksum = (str(arrays.pop(name)) for name in ("progress", "checksum"))
        if checksum != _checksum(text, arrays):
            raise ValueError("its checksum is another one")
        progress = json.loads(text)
        if not isinstance(progress, dict) or "format" not in progress:
            raise ValueError("it does not say how far the run is")
        if (version := progress.pop("format")) != FORMAT:
            raise CheckpointError(
                f"{path}: its format is {str(version)[:20]} and this program reads {FORMAT}: "
                "name another folder"
            )
        for name, array in arrays.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise ValueError(f"array {name} holds NaN or infinity")
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from None
    except KeyError as error:
        raise damaged(path, f"it lacks {error}") from None
    except CheckpointError:
        raise
    except (ValueError, RecursionError) as error:
        raise damaged(path, error) from None
    return progress, arrays


def damaged(path: Path, fault: object) -> DamagedError:
    """Return the error for a file that is there and cannot be gone on from: one line."""
    return DamagedError(
        f"{path}: not a whole checkpoint: {textwrap.shorten(str(fault)[:1000], 200)}"
    )


def set_aside(path: Path) -> Path:
    """Give a checkpoint a name that `find` does not find; return it.

    Under its own it would count as one of the newest, and good ones would be deleted for its sake.
    """
    return path.rename(path.with_suffix(".damaged"))


def _checksum(text, arrays):
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode("utf-8", "surrogatepass"))
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def gather(model: Sequential, average: EMA, optimizer: Optimizer) -> Arrays:
    """Return all arrays of a training, not copied, each under a name of its own."""
    return dict(_places(model, average)) | {
        f"{MEMORY}/{kind}/{name}": array
        for kind, memory in optimizer.memory.items()
        for name, array in memory.items()
    }


def restore(arrays: Arrays, model: Sequential, average: EMA, optimizer: Optimizer) -> None:
    """Put the arrays that `gather` returned back into their places.

    Raises
    ------
    ValueError
        If they are another network's; nothing is changed then.
    """
    params = model.named_params()
    places = dict(_places(model, average))
    memory = {
        f"{MEMORY}/{kind}/{name}": w for kind in optimizer.memory for name, w in params.items()
    }
    kept = {name for name in arrays if name.startswith(f"{MEMORY}/")}
    if arrays.keys() - kept != places.keys() or not kept <= memory.keys():
        raise ValueError("it is the checkpoint of another network")
    for name, array in arrays.items():
        like = places[name] if name in places else memory[name]
        if (array.shape, array.dtype) != (like.shape, like.dtype):
            raise ValueError("it is the checkpoint of another network")
    for name, array in places.items():
        array[...] = arrays[name]
    for name in kept:
        _, kind, parameter = name.split("/")
        optimizer.memory[kind][parameter] = arrays[name].copy()


def _places(model: Sequential, average: EMA) -> Iterator[tuple[str, np.ndarray]]:
    for owner, network in (("model", model), ("average", average.model)):
        for name, array in (network.named_params() | network.named_state()).items():
            yield f"{owner}/{name}", array

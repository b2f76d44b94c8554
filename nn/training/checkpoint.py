"""Checkpoints: the complete state of a run in one file, enough to resume it bit for bit.

A checkpoint holds the weights, their EMA, the optimizer's memory and the progress. It needs no
random generator's state, because random numbers are drawn by counter: each follows from the seed
and the numbers of the epoch, the step and the block or shard.

Each file is written atomically and carries a checksum. The newest two are kept: if one is damaged,
the one before it is used.
"""

import hashlib
import json
import re
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
NAME = re.compile(r"checkpoint-([0-9]{8,15})\.npz")
"""Names of checkpoints, with the step. Other files in the folder are somebody else's."""

KEPT = 2
"""Number of checkpoints kept in a folder."""

# Prefixes of the arrays' names in a file. They are part of the format, hence the older words.
MODEL, AVERAGE, OPTIMIZER = "model", "average", "optimiser"


class CheckpointError(ValueError):
    """A checkpoint cannot be used; the message names the file and says why, in one line."""


class DamagedError(CheckpointError):
    """A checkpoint file is damaged or incomplete."""


def write(folder: Path, number: int, progress: dict[str, Any], arrays: Arrays) -> Path:
    """Write a checkpoint, and delete all but the newest two.

    Parameters
    ----------
    folder : Path
    number : int
        The optimizer's step; a higher number is newer.
    progress : dict
        Anything that JSON can hold.
    arrays : dict of str to ndarray

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OSError
        If it cannot be written; older checkpoints stay as they are.
    """
    text = json.dumps({"format": FORMAT, **progress})
    path = folder / f"checkpoint-{number:08d}.npz"
    own = {"progress": np.array(text), "checksum": np.array(_checksum(text, arrays))}
    write_arrays(path, own | arrays)
    for older in find(folder)[KEPT:]:
        older.unlink()
    for partial in folder.glob(".checkpoint-*.npz.*"):  # left by a process killed in `write`
        partial.unlink()
    return path


def find(folder: Path) -> list[Path]:
    """Return a folder's checkpoints, that of the latest step first."""
    named = ((NAME.fullmatch(path.name), path) for path in folder.glob("checkpoint-*.npz"))
    steps = [(int(match[1]), path) for match, path in named if match]
    return [path for _, path in sorted(steps, reverse=True)]


def read(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the progress and the arrays that `write` was given.

    Raises
    ------
    DamagedError
        If the file is not a complete checkpoint.
    CheckpointError
        If the file cannot be read, or has another format version.
    """
    try:
        arrays = read_arrays(path)
        text, checksum = (str(arrays.pop(name)) for name in ("progress", "checksum"))
        if checksum != _checksum(text, arrays):
            raise ValueError("its checksum does not match")
        progress = json.loads(text)
        if not isinstance(progress, dict) or "format" not in progress:
            raise ValueError("its format version is missing")
        if (version := progress.pop("format")) != FORMAT:
            raise CheckpointError(
                f"{path}: its format is {str(version)[:20]} and this program reads {FORMAT}: "
                "use another folder"
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
    """Return the error for a damaged checkpoint; its message is one line."""
    return DamagedError(
        f"{path}: not a complete checkpoint: {textwrap.shorten(str(fault)[:1000], 200)}"
    )


def set_aside(path: Path) -> Path:
    """Rename a damaged checkpoint so that `find` ignores it; return the new path.

    Otherwise it would count as one of the newest two, and `write` would delete a good one.
    """
    return path.rename(path.with_suffix(".damaged"))


def _checksum(text, arrays):
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode("utf-8", "surrogatepass"))
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def gather(model: Sequential, ema: EMA, optimizer: Optimizer) -> Arrays:
    """Return all arrays of a run under unique names, not copied."""
    return dict(_networks(model, ema)) | {
        f"{OPTIMIZER}/{kind}/{name}": array
        for kind, memory in optimizer.memory.items()
        for name, array in memory.items()
    }


def restore(arrays: Arrays, model: Sequential, ema: EMA, optimizer: Optimizer) -> None:
    """Copy the arrays that `gather` returned back into a run.

    Raises
    ------
    ValueError
        If their names, shapes or dtypes do not fit; nothing is changed then.
    """
    params = model.named_params()
    networks = dict(_networks(model, ema))
    memory = {
        f"{OPTIMIZER}/{kind}/{name}": w for kind in optimizer.memory for name, w in params.items()
    }
    saved = {name for name in arrays if name.startswith(f"{OPTIMIZER}/")}
    if arrays.keys() - saved != networks.keys() or not saved <= memory.keys():
        raise ValueError("it is the checkpoint of another network")
    for name, array in arrays.items():
        like = networks[name] if name in networks else memory[name]
        if (array.shape, array.dtype) != (like.shape, like.dtype):
            raise ValueError("it is the checkpoint of another network")
    for name, array in networks.items():
        array[...] = arrays[name]
    for name in saved:
        _, kind, parameter = name.split("/")
        optimizer.memory[kind][parameter] = arrays[name].copy()


def _networks(model: Sequential, ema: EMA) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the array of every parameter and running statistic of both networks."""
    for prefix, network in ((MODEL, model), (AVERAGE, ema.model)):
        for name, array in (network.named_params() | network.named_state()).items():
            yield f"{prefix}/{name}", array

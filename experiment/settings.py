"""The settings of a run: everything that its result depends on.

They are saved in its checkpoints. A checkpoint of other settings is refused, because resuming it
would give weights that no seed reproduces.
"""

import argparse
import platform
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from experiment.digits import Labelled
from nn import Sequential
from nn.fast import unavailable
from recipes import Recipe

OPTIONS = ("recipe", "epochs", "batch_size", "lr", "optimizer", "schedule", "seed", "quick")
RECIPE = "the recipe's values"
RENAMED = {
    "optimiser": "optimizer",
    "average": "ema_decay",
    "Mix": "BatchMix",
    "made_up": "synthetic",
    "scrawls": "nondigits",
}
"""Names in checkpoints of earlier versions, and what they are called now."""

ENGINE, FAST, PLAIN = "the engine", "compiled kernels", "plain layers"
MACHINE = "the arithmetic of"
"""Settings that decide the last bits: which layers are used, and which libraries and processor."""

RANDOM, BY_COUNTER = "random numbers", "by counter"
"""A setting that checkpoints of earlier versions lack: they drew an epoch with one generator."""


def settings(
    args: argparse.Namespace, train: Labelled, recipe: Recipe, model: Sequential
) -> dict[str, Any]:
    """Return the settings of a run, as JSON can hold them.

    Parameters
    ----------
    args : argparse.Namespace
        The command line.
    train : tuple of ndarray
        The training images and labels; their checksum is saved.
    recipe : Recipe
    model : Sequential
        The network to be trained; its layers are saved as text.
    """
    images, labels = train
    return {name: getattr(args, name) for name in OPTIONS} | {
        "training images": zlib.crc32(labels.tobytes(), zlib.crc32(images.tobytes())),
        RECIPE: str(replace(recipe, epochs=args.epochs)),
        "the network": str(model.layers),
        RANDOM: BY_COUNTER,
        ENGINE: PLAIN if unavailable() else FAST,
        MACHINE: arithmetic(),
    }


def arithmetic() -> str:
    """Return what decides the last bits of sums: the libraries and what they make of the processor.

    Different versions of NumPy's BLAS, and its kernels for different processors, add in different
    orders.
    """
    blas = sorted(
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    )
    libraries = [f"numpy {np.__version__}", *dict.fromkeys(blas)]
    if not unavailable():
        from nn.fast.kernels import BITS

        libraries.append(f"numba {version('numba')} for {BITS} bits")
    return ", ".join([*libraries, platform.machine()])


def comparable(
    saved: dict[str, Any], current: dict[str, Any], tell: Callable[[str], None]
) -> dict[str, Any]:
    """Return a checkpoint's settings so that they can be compared with this run's.

    Other libraries or another processor are no reason to refuse a checkpoint, but ``tell`` gets a
    line about them. For the rest see `with_current_names`.
    """
    named = with_current_names(saved)
    before, now = named.get(MACHINE), current[MACHINE]
    if before != now:
        tell(
            f"the run was begun with {before}, and here is {now}: the last bits of its weights "
            "will differ from those of a run that was never stopped"
        )
    return named | {MACHINE: now}


def with_current_names(saved: dict[str, Any]) -> dict[str, Any]:
    """Return a checkpoint's settings with earlier names replaced by today's; see `RENAMED`.

    Raises
    ------
    ValueError
        If the checkpoint cannot be resumed bit for bit.
    """
    if RANDOM not in saved:
        raise ValueError(
            "was begun with the random numbers of an earlier version and cannot be resumed bit "
            "for bit: use another folder"
        )
    current = {"quick": False}  # not saved by earlier versions
    current |= {RENAMED.get(name, name): value for name, value in saved.items()}
    if isinstance(recipe := current.get(RECIPE), str):
        words = rf"\b({'|'.join(RENAMED)})\b"
        current[RECIPE] = re.sub(words, lambda match: RENAMED[match[0]], recipe)
    return current

"""The settings of a run: everything that its result depends on.

They are saved in its checkpoints. A checkpoint of other settings is refused, because resuming it
would give weights that no seed reproduces.
"""

import argparse
import re
import zlib
from dataclasses import replace
from typing import Any

from experiment.digits import Labelled
from nn import Sequential
from recipes import Recipe

OPTIONS = ("recipe", "epochs", "batch_size", "lr", "optimizer", "schedule", "seed")
RECIPE = "the recipe's values"
RENAMED = {
    "optimiser": "optimizer",
    "average": "ema_decay",
    "Mix": "BatchMix",
    "made_up": "synthetic",
    "scrawls": "nondigits",
}
"""Names in checkpoints of earlier versions, and what they are called now."""

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
    }


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
    current = {RENAMED.get(name, name): value for name, value in saved.items()}
    if isinstance(recipe := current.get(RECIPE), str):
        words = rf"\b({'|'.join(RENAMED)})\b"
        current[RECIPE] = re.sub(words, lambda match: RENAMED[match[0]], recipe)
    return current

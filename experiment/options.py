"""The command-line options of ``train.py``."""

import argparse
import shlex
from datetime import datetime
from pathlib import Path

from experiment.arguments import MAX_THREADS, at_least
from experiment.digits import QUICK
from experiment.settings import OPTIONS, with_current_names
from guard.arguments import Parser
from guard.names import typed_command
from nn.training import checkpoint
from nn.training.processes import SingleProcess
from recipes import OPTIMIZERS, RECIPES, SCHEDULES

MAX_EPOCHS, MAX_BATCH = 100_000, 100_000
"""Beyond them memory runs out, before a training begins or in its first step."""

RUNS = Path("runs")
"""Folder of the runs whose --output is not given."""


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line; an invalid argument ends the program with a one-line error.

    Returns
    -------
    argparse.Namespace
        ``output`` and ``epochs`` are always set.
    """
    parser = _parser()
    args = parser.parse_args(argv)
    if args.resume:
        folder = _newest_run(parser, args.output)
        parser.set_defaults(**_settings_of(parser, folder))
        args = parser.parse_args(argv)  # what is given overrides, and is then refused or not
        args.output = folder
    if args.output is None:
        args.output = RUNS / f"{datetime.now():%Y-%m-%d-%H%M%S}"
    if args.epochs is None:
        args.epochs = 2 if args.quick else RECIPES[args.recipe].epochs
    return args


def _parser():
    parser = Parser("train.py", description="Train the network on MNIST.")
    add = parser.add_argument
    add("--recipe", choices=RECIPES, default="default",
        help="network and training, from recipes.py (%(default)s)")  # fmt: skip
    add("--epochs", type=at_least(int, 1, MAX_EPOCHS), help="passes over the images (the recipe's)")
    add(
        "--batch-size",
        type=at_least(int, 1, MAX_BATCH),
        default=128,
        help="images per step (%(default)s)",
    )
    add("--lr", type=at_least(float, 0), help="highest learning rate (the optimizer's)")
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="(%(default)s)")
    add("--schedule", choices=SCHEDULES, default="one-cycle",
        help="learning rate over the run (%(default)s)")  # fmt: skip
    add("--seed", type=at_least(int, 0), default=0,
        help="the same seed gives the same weights (%(default)s)")  # fmt: skip
    add("--threads", type=at_least(int, 1, MAX_THREADS), help="worker threads (one per core)")
    add("--data-dir", type=Path, metavar="DIR", help="folder of the four MNIST files")
    add("--output", type=Path, metavar="DIR",
        help="output folder; an existing run in it is resumed (runs/DATE-TIME)")  # fmt: skip
    add("--resume", action="store_true",
        help="resume the run in --output, or the newest in runs/, with its settings, "
        "bit for bit")  # fmt: skip
    add("--save-every", type=at_least(float, 0), default=1.0, metavar="MINUTES",
        help="time between checkpoints (%(default)s)")  # fmt: skip
    add("--patience", type=at_least(float, 0), default=SingleProcess.patience, metavar="SECONDS",
        help="with several ranks: end the run if one hangs for so long (%(default)s)")  # fmt: skip
    add("--quick", action="store_true",
        help=f"2 epochs on {QUICK:,} images: takes less than a minute")  # fmt: skip
    add("--watch", nargs="?", choices=("close", "stay"), const="close", metavar="stay",
        help="show in a window how the network learns; it closes when the run is stopped, "
        "with `--watch stay` it does not")  # fmt: skip
    add("--evaluate", type=Path, metavar="FILE",
        help="do not train; test the model in FILE on the MNIST test set")  # fmt: skip
    return parser


def _newest_run(parser, folder):
    """Return the folder of the newest checkpoint; end the program if there is none."""
    folders = RUNS.glob("*/") if folder is None else [folder]
    found = [path for each in folders for path in checkpoint.find(each)]
    if not found:
        parser.error(f"argument --resume: there is no checkpoint in {folder or RUNS}")
    return max(found, key=lambda path: path.stat().st_mtime).parent


def _settings_of(parser, folder):
    """Return the options that a run was started with; none if no checkpoint can be read."""
    for path in checkpoint.find(folder):
        try:
            saved, _ = checkpoint.read(path)
            found = with_current_names(saved["settings"])
        except (checkpoint.CheckpointError, OSError, KeyError, TypeError, ValueError):
            continue  # `Run.resume` says what is wrong with it
        if found.get("recipe") not in RECIPES:
            parser.error(f"argument --resume: the run in {folder} has the recipe "
                         f"{found.get('recipe')!r}, which recipes.py lacks")  # fmt: skip
        return {name: found[name] for name in OPTIONS if name in found}
    return {}


def resume_command(args: argparse.Namespace, argv: list[str] | None) -> str:
    """Return the command that resumes a run with the same settings.

    Parameters
    ----------
    args : argparse.Namespace
        What `parse` returned.
    argv : list of str, optional
        What `parse` was given.
    """
    replaced = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    replaced.add_argument("--resume", action="store_true")
    replaced.add_argument("--output")
    _, others = replaced.parse_known_args(argv)
    options = ["--resume", "--output", str(args.output), *others]
    return f"{typed_command('train.py')} {shlex.join(options)}"

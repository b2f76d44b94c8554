"""Race other systems to 99 % on MNIST: ``python -m benchmarks.race --seeds 10``.

The task is the shortest fixed training whose mean accuracy on the MNIST test set, over ten seeds,
is at least 99.0 % at its end. The recipe is `fast` of ``recipes.py``: the weights are those of
``python train.py --recipe fast --seed N``. Rules:

- Every run, one of a system and a seed, is a new process. Its time is that from starting the
  process to its printing the accuracy: start of Python, imports, loading the images, setting up,
  training and reading the test set.
- Not counted: downloading MNIST, and first compilations that a system keeps on disk. Each system
  takes two steps in a process of its own beforehand. What a system compiles anew in every process,
  such as the graphs of TensorFlow, counts.
- All systems train the same network in float32 from the same initial weights, with the same batches
  in the same order, the same optimizer, the same learning rate at each step, and as many threads.
  The command draws these beforehand, in some milliseconds.
- BatchNorm's statistics are those of a shard of 32 images here, as in ``train.py``, and those of
  the batch in the other systems.
- The test set is read once, at the end of each run. 5,000 training images are held out, as in
  ``train.py``; the recipe was chosen by them (`--validation` reads these instead).

The systems take turns, seed by seed.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from data import mnist
from data.batches import BatchMix, batches
from data.errors import DataError
from experiment.digits import held_out
from experiment.options import at_least
from guard.terminal import say
from nn.fast.workers import usable_cores
from recipes import OPTIMIZERS, RECIPES, SCHEDULES, Recipe, network

from .results import machine, table, write
from .speed.race import PHASES, Plan, Task
from .speed.race_process import Finish, start
from .speed.worker import BenchmarkError, Candidate, SystemFailedError

OURS = "ours"
PYTORCH = "benchmarks.speed.peers.race_pytorch:PyTorch"
KERAS = "benchmarks.speed.peers.race_keras"
CANDIDATES = {
    OURS: Candidate("benchmarks.speed.race_ours:Ours", ("numba",)),
    "PyTorch": Candidate(PYTORCH, ("torch",)),
    "PyTorch, channels-last": Candidate(PYTORCH, ("torch",), {"channels_last": True}),
    "Keras, fit": Candidate(f"{KERAS}:Fit", ("tensorflow", "keras")),
    "Keras, tf.function": Candidate(f"{KERAS}:Function", ("tensorflow", "keras")),
}
RECIPE = "fast"
BATCH = 128  # that of train.py
GOAL = 0.99
WARM_UP = 2  # steps


@dataclass
class Entry:
    """A system's runs, one for each seed.

    Attributes
    ----------
    system, version : str
    finishes : list of Finish
    """

    system: str
    version: str
    finishes: list[Finish] = field(default_factory=list)

    def accuracies(self) -> list[float]:
        """Return the accuracy of each seed, in [0, 1]."""
        return [one.accuracy for one in self.finishes]

    def seconds(self) -> list[float]:
        """Return the time of each seed."""
        return [one.seconds for one in self.finishes]


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    args = parse(argv)
    try:
        run(args)
    except (BenchmarkError, DataError, OSError) as error:
        say("benchmarks.race", error)
        return 2
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.race",
        description=f"Time whole trainings to {GOAL:.1%} on MNIST, by this project and others.",
    )
    names = list(CANDIDATES)
    add = parser.add_argument
    add("--seeds", type=at_least(int, 1), default=10, help="runs of each system (%(default)s)")
    add("--systems", nargs="+", choices=names, default=names, metavar="NAME",
        help=f"systems to race: {'; '.join(names)} (default: all)")  # fmt: skip
    add("--threads", type=at_least(int, 1), default=usable_cores(),
        help="threads of each system (%(default)s)")  # fmt: skip
    add("--validation", action="store_true",
        help="read the held-out training images instead of the test set")  # fmt: skip
    add("--data-dir", type=Path, help="folder of the four MNIST files")
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    """Race, print and write."""
    recipe = RECIPES[RECIPE]
    check(recipe)
    _, labels = mnist.load("train", args.data_dir)
    read = "held-out training images" if args.validation else "test set"
    about = machine(args.threads) | {"recipe": str(recipe), "accuracy on": read}
    print(*(f"{key}: {value}" for key, value in about.items()), sep="\n")
    entries = warm_up(recipe, len(labels), args)
    for seed in range(args.seeds):
        course = plan(recipe, seed, len(labels))
        for entry in entries:
            finish = start(task(entry.system, recipe, seed, args), course, network(recipe, seed))
            entry.finishes.append(finish)
            print(line(entry.system, seed, finish), flush=True)
    best = ratio_to_best_peer(entries)
    print("", comparison(entries), sep="\n")
    if best is not None:
        print(f"\nours is {best:.2f} times as fast as the fastest peer")
    if args.json:
        write(args.json, about | {"results": figures(entries), "ratio_to_best_peer": best})


def check(recipe: Recipe) -> None:
    """Raise BenchmarkError if the recipe needs what the other systems do not have here."""
    optimizer = OPTIMIZERS["adam"](None, recipe)
    plain = all(mix == BatchMix() for mix in recipe.mixes(recipe.epochs))
    if recipe.ema_decay or recipe.dropout or optimizer.weight_decay or not plain:
        raise BenchmarkError(
            f"recipe {RECIPE}: the other systems train without weight decay, dropout, averaged "
            "weights, augmentation and synthetic digits"
        )


def task(system: str, recipe: Recipe, seed: int, args: argparse.Namespace) -> Task:
    """Return what a process of a system has to do."""
    return Task(
        target=CANDIDATES[system].target,
        options=CANDIDATES[system].options,
        data_dir=None if args.data_dir is None else str(args.data_dir),
        on_test=not args.validation,
        seed=seed,
        threads=args.threads,
        betas=OPTIMIZERS["adam"](None, recipe).betas,
        label_smoothing=recipe.label_smoothing,
    )


def plan(recipe: Recipe, seed: int, images: int) -> Plan:
    """Return the course of a training, as ``train.py`` takes it with the same seed.

    Parameters
    ----------
    recipe : Recipe
    seed : int
    images : int
        Size of the MNIST training set.
    """
    validation, train = held_out(images)
    parts = [
        chosen
        for epoch, mix in enumerate(recipe.mixes(recipe.epochs), start=1)
        for chosen, _ in batches(train, np.zeros_like(train), BATCH, (seed, epoch), mix)
    ]
    rate = SCHEDULES["one-cycle"](OPTIMIZERS["adam"](None, recipe).lr, len(parts))
    return Plan(
        order=np.concatenate(parts),
        ends=np.cumsum([len(chosen) for chosen in parts]),
        rates=np.array([rate(step) for step in range(len(parts))]),
        held_out=validation,
    )


def warm_up(recipe: Recipe, images: int, args: argparse.Namespace) -> list[Entry]:
    """Let each system take a few steps; return entries for those that can.

    Raises
    ------
    SystemFailedError
        If this project's own run fails.
    """
    course = plan(recipe, 0, images)
    ends = course.ends[:WARM_UP]
    course = course._replace(
        order=course.order[: ends[-1]], ends=ends, rates=course.rates[:WARM_UP]
    )
    entries = []
    for name in args.systems:
        package = CANDIDATES[name].needs[-1]
        if missing := CANDIDATES[name].missing():
            print(f"not installed: {name} needs {', '.join(missing)} (pip install -e '.[bench]')")
            continue
        try:
            start(task(name, recipe, 0, args), course, network(recipe, 0))
        except SystemFailedError as error:
            print(f"{name} failed: {error}")
            if name == OURS:
                raise
            continue
        entries.append(Entry(name, f"{package} {metadata.version(package)}"))
    return entries


def line(system: str, seed: int, finish: Finish) -> str:
    """Return a run as a line of text."""
    width = max(map(len, CANDIDATES))
    phases = ", ".join(f"{name} {finish.phases[name]:.2f}" for name in PHASES)
    result = f"{finish.accuracy:.2%}  {finish.seconds:5.2f} s: {phases}"
    return f"seed {seed:>2}  {system:<{width}}  {result}"


def comparison(entries: Sequence[Entry]) -> str:
    """Return a table of the entries, with the speed of ours relative to each."""
    header = ["system", "version", "accuracy", "lowest", "sd", "seconds", "low", "high", "ours is"]
    rows = []
    for entry in entries:
        accuracies, seconds = entry.accuracies(), entry.seconds()
        spread = f"{100 * statistics.stdev(accuracies):.2f}" if len(accuracies) > 1 else ""
        mean = statistics.mean(seconds)
        relative = mean / statistics.mean(entries[0].seconds())
        rows.append(
            [entry.system, entry.version, f"{statistics.mean(accuracies):.2%}",
             f"{min(accuracies):.2%}", spread, f"{mean:.2f}", f"{min(seconds):.2f}",
             f"{max(seconds):.2f}", f"{relative:.2f}x" if entries[0].system == OURS else ""]
        )  # fmt: skip
    return table(header, rows)


def ratio_to_best_peer(entries: Sequence[Entry]) -> float | None:
    """Return the mean time of the fastest peer over ours; None unless both have raced."""
    means = {entry.system: statistics.mean(entry.seconds()) for entry in entries}
    ours = means.pop(OURS, None)
    return min(means.values()) / ours if ours and means else None


def figures(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the entries for a JSON file: means, and all runs in the order of their seeds."""
    return [
        {
            "system": entry.system,
            "version": entry.version,
            "mean_accuracy": statistics.mean(entry.accuracies()),
            "mean_seconds": statistics.mean(entry.seconds()),
            "runs": [asdict(one) for one in entry.finishes],
        }
        for entry in entries
    ]


if __name__ == "__main__":
    sys.exit(main())

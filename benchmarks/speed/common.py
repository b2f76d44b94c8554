"""Shared by the benchmarks of training and inference: options, network and data, workers."""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from data import mnist
from data.errors import DataError
from experiment.arguments import at_least
from nn import Conv2D, Dense, Dropout, Flatten, MaxPool2D, ReLU, Sequential
from nn.fast.workers import usable_cores

from .system import Job
from .worker import Candidate, SystemFailedError, Worker

OURS = "ours"
OWN = {
    OURS: Candidate("benchmarks.speed.ours:Ours"),
    "ours, plain layers": Candidate("benchmarks.speed.ours:Ours", options={"fused": False}),
}
IMAGES = 6_400
SEED = 0


def parse(argv: Sequence[str] | None, name: str, names: Sequence[str]) -> argparse.Namespace:
    """Parse the command line of a benchmark.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the arguments of this process.
    name : {"training", "inference"}
    names : sequence of str
        Systems to choose from.
    """
    parser = argparse.ArgumentParser(
        f"python -m benchmarks.{name}",
        description=f"Compare {name} with other systems on the same network, threads and data.",
    )
    add = parser.add_argument
    add("--rounds", type=at_least(int, 1), default=7, help="rounds over all systems (%(default)s)")
    add(
        "--seconds",
        type=at_least(float, 0),
        default=2.0,
        help="seconds per system and round (%(default)s)",
    )
    add(
        "--threads",
        type=at_least(int, 1),
        default=usable_cores(),
        help="threads of each system (%(default)s)",
    )
    add("--systems", nargs="+", choices=names, default=names, metavar="NAME",
        help=f"systems to measure: {'; '.join(names)} (default: all)")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    add("--chart", type=Path, metavar="FILE", default=Path("runs", f"benchmark-{name}.png"),
        help="draw the figures to this file (%(default)s)")  # fmt: skip
    if name == "training":
        add("--batch", type=at_least(int, 1), default=128, help="images per step (%(default)s)")
        add("--scaling", action="store_true", help="also measure ours by threads and by batch")
        add("--profile", action="store_true", help="also measure ours by layer and direction")
    args = parser.parse_args(argv)
    if name == "training" and args.batch > IMAGES:
        parser.error(f"argument --batch: must be at most {IMAGES:,} images")
    if OURS not in args.systems:
        parser.error(f"--systems must name {OURS}: it is what the others are compared with")
    return args


def keras_example() -> Sequential:
    """Return the network of Keras's MNIST example, untrained."""
    rng = np.random.default_rng(SEED)
    return Sequential(
        [
            Conv2D(1, 32, 3, rng=rng),
            ReLU(),
            MaxPool2D(2),
            Conv2D(32, 64, 3, rng=rng),
            ReLU(),
            MaxPool2D(2),
            Flatten(),
            Dropout(0.5, rng=rng),
            Dense(5 * 5 * 64, 10, rng=rng),
        ]
    )


def make_job(batch: int, threads: int) -> tuple[Job, str]:
    """Return the job, and a description of its images: MNIST if it is found, else noise."""
    folder = mnist.find_local()
    if folder is None:
        rng = np.random.default_rng(SEED)
        images = rng.integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
        labels = rng.integers(0, 10, IMAGES, dtype=np.uint8)
    else:
        images, labels = (array[:IMAGES].copy() for array in mnist.load("train", folder))
        if len(labels) < IMAGES:
            raise DataError(f"{folder}: {len(labels):,} images; the benchmark takes {IMAGES:,}")
    kind = "random noise: MNIST is not on this machine" if folder is None else "MNIST"
    return Job(keras_example(), images, labels, batch, threads), kind


def start(
    stack: ExitStack, candidates: Mapping[str, Candidate], job: Job, warm_up: Sequence[tuple]
) -> tuple[dict[str, Worker], dict[str, list[Any]]]:
    """Start a worker for each installed candidate; print which are left out and why.

    Parameters
    ----------
    stack : ExitStack
        Ends the workers when it is closed.
    candidates : dict of str to Candidate
    job : Job
    warm_up : sequence of tuple
        First requests, during which systems compile.

    Returns
    -------
    workers : dict of str to Worker
    values : dict of str to list
        Each worker's answers to the first requests.

    Raises
    ------
    SystemFailedError
        If one of this project's own systems fails.
    """
    workers, values = {}, {}
    for name, candidate in candidates.items():
        if missing := candidate.missing():
            print(f"not installed: {name} needs {', '.join(missing)} (pip install -e '.[bench]')")
            continue
        print(f"starting {name} ... ", end="", flush=True)
        try:
            worker = stack.enter_context(Worker(candidate, job))
            values[name] = [worker.ask(*request).value for request in warm_up]
        except SystemFailedError as error:
            print(f"failed: {error}")
            if name in OWN:
                raise
            continue
        workers[name] = worker
        print("ready")
    return workers, values

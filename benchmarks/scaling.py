"""Model the speed of training on many machines: ``python -m benchmarks.scaling``.

The command times the parts of a training step on one thread, and prints tables of the throughput
that docs/scaling.md's model predicts for more machines. Under a launcher, as in ``mpiexec -n 2
python -m benchmarks.scaling``, it times the communication between ranks instead, and
``python -m benchmarks.hosts`` does so between hosts with links of a given rate and delay. The
fastest of many calls counts, because other processes only slow a call down.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks.namespaces import Link
from data.batches import batches
from data.synthetic import handwriting
from experiment.arguments import at_least
from guard.terminal import say
from nn import Adam, fuse
from nn.schedule import constant
from nn.training.ema import EMA
from nn.training.launch import LaunchError, join
from nn.training.processes import SingleProcess
from nn.training.trainer import SHARD, Trainer, shards
from recipes import MIX, RECIPES, build

LINKS = (Link(10e9, 50e-6), Link(1e9, 200e-6))
MESSAGE = 90e-6
"""Seconds that a message takes beside the link's delay; fitted to `benchmarks.hosts`."""

BYTE = 3.5e-9
"""Seconds that a byte takes beside the link: TCP, and copies. Fitted likewise."""

LARGE = 3  # messages in which a large one is sent: request, answer, data
MACHINES = (1, 2, 4, 8, 16, 32, 64)
FIXED = 128  # images: the usual batch
IMAGES = 55_000  # MNIST's without those for validation
SHARDS = (1, 2, 4, 8)  # shards per rank


class Costs(NamedTuple):
    """Seconds of the parts of a step: a shard on one of several busy cores, and the rest."""

    shard: float
    add: float
    update: float


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.scaling",
        description="Time the parts of a training step, and model training on many machines.",
    )
    add = parser.add_argument
    add("--times", type=at_least(int, 1), default=200, help="calls of each part (%(default)s)")
    add("--cores", type=at_least(int, 1), default=2, help="cores per machine (%(default)s)")
    add("--shards", type=at_least(int, 1), default=16, help="shards per machine (%(default)s)")
    args = parser.parse_args(argv)
    try:
        with join() as processes:
            if processes.size > 1:
                exchange(processes, args.times)
            else:
                costs = measure(args.times, args.cores)
                for name, cost in costs._asdict().items():
                    print(f"{name:<10}{1e6 * cost:10,.1f} µs")
                images = args.shards * SHARD
                for link in LINKS:
                    table(costs, link, args.cores, [n * images for n in MACHINES])
                    table(costs, link, args.cores, [FIXED for n in MACHINES if n * SHARD <= FIXED])
    except LaunchError as error:
        say("benchmarks.scaling", error)
        return 2
    return 0


def numbers() -> int:
    """Return the number of floats a shard contributes: gradients and running statistics."""
    model = build(RECIPES["default"], 0)
    return sum(a.size for a in (model.named_params() | model.named_state()).values())


def exchange(processes: SingleProcess, times: int) -> None:
    """Time and print the communication between ranks in a step."""
    P = numbers()
    print(f"{processes.size} ranks, {P:,} numbers per shard; fastest and median of {times}, µs")
    print(f"{'shards per rank':<16}{'all-gather':>16}{'all-reduce sum':>18}{'all-reduce max':>18}")
    for each in SHARDS:
        total = each * processes.size
        rows, facts = np.ones((each, P), np.float32), np.ones((each, 3))
        tasks = (
            partial(processes.all_gather, facts, total),
            partial(processes.all_reduce_sum, rows, total),
            partial(processes.all_reduce_max, 0, 0),
        )
        cells = [timed(task, times) for task in tasks]
        text = "".join(f"{1e6 * best:10,.0f}{1e6 * middle:8,.0f}" for best, middle in cells)
        print(f"{each:<14}{text}", flush=True)


def measure(times: int, cores: int) -> Costs:
    """Return the shortest time of each part of a step, in seconds; all cores compute shards."""
    model = build(RECIPES["default"], 0)
    images, labels = handwriting.batch(2 * cores * SHARD, np.random.default_rng(0))
    engine = partial(fuse, input_gradient=False)
    with Trainer(model, Adam(1e-3), constant(1e-3), threads=cores, engine=engine) as trainer:
        step = timed(lambda: trainer.step(images, labels), times)[0]
    grads = {name: np.zeros_like(w) for name, w in model.named_params().items()}
    optimizer, average = Adam(1e-3), EMA(model, 0.999)
    update = timed(lambda: optimizer.step(model.named_params(), grads), times)[0]
    update_and_average = update + timed(lambda: average.update(model), times)[0]
    rows = np.ones((5, numbers()), np.float32)
    add = timed(lambda: SingleProcess().all_reduce_sum(rows, 5), times)[0] / 4
    return Costs((step - update - (2 * cores - 1) * add) / 2, add, update_and_average)


def loader(batch: int, share: int) -> float:
    """Return the processor time in which a rank prepares ``share`` images of each batch, seconds.

    It is the mean over an epoch, and the shorter of two. An epoch of few steps costs more a step,
    because synthetic images are drawn for many steps at once.
    """
    images, labels = np.full((IMAGES, 28, 28), 128, np.uint8), np.zeros(IMAGES, np.uint8)

    def part(size):
        return slice(0, size * share // batch)

    seconds = []
    for epoch in (1, 2):
        start = time.thread_time()
        steps = sum(1 for _ in batches(images, labels, batch, (0, epoch), MIX, part))
        seconds.append((time.thread_time() - start) / steps)
    return min(seconds)


def exchange_time(link: Link, machines: int) -> float:
    """Return the modelled time of a step's messages, seconds.

    The stop flag, the losses and the all-gather of the sum take rounds of log2(machines), the
    all-to-all one round; the two of the sum are large.
    """
    if machines == 1:
        return 0.0
    rounds = math.ceil(math.log2(machines))
    small, large = 2 * rounds, LARGE * (1 + rounds)
    sent = 2 * 4 * numbers() * (machines - 1) / machines
    return (small + large) * (link.delay + MESSAGE) + sent * (8 / link.rate + BYTE)


def table(costs: Costs, link: Link, cores: int, sizes: list[int]) -> None:
    """Print the predicted throughput by number of machines, whose batches have these sizes."""
    print(f"\n{cores} cores per machine; {link}; milliseconds")
    print("machines    batch      work  exchange    loader      step   images/s  efficiency")
    first = None
    for n, batch in zip(MACHINES, sizes, strict=False):
        each = len(shards(batch)) // n
        adds = (each - 1) + math.ceil(math.log2(n))
        work = math.ceil(each / cores) * costs.shard + adds * costs.add + costs.update
        exchange, load = exchange_time(link, n), loader(batch, batch // n)
        # The loader has a thread of its own but no core, unless a core has no shard: its work
        # takes time from the others.
        step = max(work + exchange + load / cores, load)
        if each < cores:
            step = max(work + exchange, load)
        first = first or batch / step
        cells = "".join(f"{1e3 * seconds:10.2f}" for seconds in (work, exchange, load, step))
        print(f"{n:>8}{batch:>9,}{cells}{batch / step:>11,.0f}{batch / step / n / first:>12.0%}")


def timed(task: Callable[[], object], times: int) -> tuple[float, float]:
    """Return the shortest and the median time of some calls, in seconds."""
    task()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    return min(seconds), float(np.median(seconds))


if __name__ == "__main__":
    sys.exit(main())

"""Model the speed of training on many machines: ``python -m benchmarks.scaling``.

The command times the parts of a training step on one thread, and prints a table of the throughput
that docs/scaling.md's model predicts for more machines. Under a launcher, as in ``mpiexec -n 2
python -m benchmarks.scaling``, it times the communication between ranks instead. The fastest of
many calls counts, because other processes only slow a call down.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from data.synthetic import handwriting
from experiment.arguments import at_least
from nn import Adam, fuse
from nn.schedule import constant
from nn.training.ema import EMA
from nn.training.launch import LaunchError, join
from nn.training.processes import SingleProcess
from nn.training.trainer import SHARD, Trainer
from recipes import MIX, RECIPES, build

NETWORK = 10e9 / 8  # bytes per second: 10 Gbit/s
LATENCY = 30e-6  # seconds, one message between two machines with TCP on Ethernet
MACHINES = (1, 2, 4, 8, 16, 32, 64)
SHARDS = (1, 2, 4)  # shards per rank


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.scaling",
        description="Time the parts of a training step, and model training on many machines.",
    )
    add = parser.add_argument
    add("--times", type=at_least(int, 1), default=200, help="calls of each part (%(default)s)")
    add("--cores", type=at_least(int, 1), default=2, help="cores per machine (%(default)s)")
    add("--shards", type=at_least(int, 1), default=8, help="shards per machine (%(default)s)")
    args = parser.parse_args(argv)
    try:
        with join() as processes:
            if processes.size > 1:
                exchange(processes, args.times)
            else:
                costs = measure(args.times)
                for name, cost in costs.items():
                    print(f"{name:<32}{1e6 * cost:10,.1f} µs")
                table(costs, args.cores, args.shards)
    except LaunchError as error:
        print(f"benchmarks.scaling: {error}", file=sys.stderr)
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
    for shards in SHARDS:
        total = shards * processes.size
        rows, facts = np.ones((shards, P), np.float32), np.ones((shards, 3))
        tasks = (
            partial(processes.all_gather, facts, total),
            partial(processes.all_reduce_sum, rows, total),
            partial(processes.all_reduce_max, 0, 0),
        )
        cells = [timed(task, times) for task in tasks]
        text = "".join(f"{1e6 * best:10,.0f}{1e6 * middle:8,.0f}" for best, middle in cells)
        print(f"{shards:<14}{text}", flush=True)


def measure(times: int) -> dict[str, float]:
    """Return the shortest time of each part of a step on one thread, in seconds."""
    rng = np.random.default_rng(0)
    recipe = RECIPES["default"]
    model = build(recipe, 0)
    images, labels = handwriting.batch(2 * SHARD, rng)
    with Trainer(
        model, Adam(1e-3), constant(1e-3), threads=1, engine=partial(fuse, input_gradient=False)
    ) as trainer:
        step = timed(lambda: trainer.step(images, labels), times)[0]
    grads = {name: np.zeros_like(w) for name, w in model.named_params().items()}
    optimizer, average = Adam(1e-3), EMA(model, 0.999)
    update = timed(lambda: optimizer.step(model.named_params(), grads), times)[0]
    update_and_average = update + timed(lambda: average.update(model), times)[0]
    rows = np.ones((5, numbers()), np.float32)
    add = timed(lambda: SingleProcess().all_reduce_sum(rows, 5), times)[0] / 4
    many = np.repeat(images, 4, axis=0)
    draw = timed(lambda: MIX.warp(many, rng, slice(0, 0)), times)[0] / len(many)
    warp = timed(lambda: MIX.warp(many, rng), times)[0] / len(many) - draw
    synthetic = timed(lambda: handwriting.batch(len(many), rng), times)[0] / len(many)
    return {
        "a shard, forward and backward": (step - update) / 2,
        "summing one more shard": add,
        "optimizer and average": update_and_average,
        "drawing, per image of the batch": draw + (MIX.synthetic + MIX.nondigits) * synthetic,
        "warping, per image of the rank": warp,
    }


def table(costs: dict[str, float], cores: int, shards: int) -> None:
    """Print the predicted throughput by number of machines."""
    compute, add, update, draw, warp = costs.values()
    print(f"\n{cores} cores and {shards} shards of {SHARD} images per machine, 10 Gbit/s")
    print("machines    batch   compute  exchange    loader      step   images/s  efficiency")
    first = None
    for n in MACHINES:
        work = math.ceil(shards / cores) * compute + shards * add + update
        sent = 4 * numbers() * (shards + 1) * (n - 1) / n
        exchange = 4 * LATENCY * math.ceil(math.log2(n)) + sent / NETWORK
        batch = n * shards * SHARD
        loader = batch * draw + shards * SHARD * warp
        # The loader has a thread of its own but no core: its work takes time from the others.
        step = max(work + exchange + loader / cores, loader)
        first = first or batch / step
        cells = "".join(f"{1e3 * seconds:10.2f}" for seconds in (work, exchange, loader, step))
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

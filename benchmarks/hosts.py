"""Measure training on several hosts with links between them: ``sudo python -m benchmarks.hosts``.

The hosts are network namespaces of this machine (`benchmarks.namespaces`). Each has one core, which
several share if there are more hosts than cores. So a step is compared with that of as many hosts
that train at the same time, each for itself. Needs root, iproute2 and mpich. What a killed run left
is removed by the next.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.namespaces import NETWORK, PREFIX, HostsError, hosts, write_launcher
from benchmarks.scaling import (
    IMAGES,
    LINKS,
    exchange_time,
    numbers,
    timed,
)
from data.batches import ahead, batches
from data.synthetic import handwriting
from experiment.arguments import at_least
from guard.terminal import say
from nn import Adam, fuse
from nn.fast.workers import usable_cores
from nn.schedule import constant
from nn.training.launch import join
from nn.training.processes import SingleProcess
from nn.training.trainer import SHARD, Trainer
from recipes import MIX, RECIPES, build

ROOT = Path(__file__).parents[1]
HOSTS = (2, 4)
MOST = 64
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
COLUMNS = ("link", "hosts", "stop flag", "losses", "sum", "model", "step", "alone", "efficiency")
FIGURES = "figures: "
"""Begins the line that a worker prints."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.hosts",
        description="Measure training on two and four hosts, made as network namespaces (root).",
    )
    add = parser.add_argument
    add("--shards", type=at_least(int, 1), default=4, help="shards per host (%(default)s)")
    add("--steps", type=at_least(int, 1), default=40, help="steps that are timed (%(default)s)")
    add("--hosts", type=at_least(int, 2, MOST), nargs="+", default=HOSTS, metavar="N",
        help="numbers of hosts (2 4)")  # fmt: skip
    add("--worker", action="store_true", help=argparse.SUPPRESS)
    add("--crowded", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.worker:
        return worker(args.shards, args.steps, args.crowded)
    for number in ENDING:  # remove the hosts first
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        report(args.hosts, args.shards, args.steps)
    except (HostsError, subprocess.TimeoutExpired) as error:
        say("benchmarks.hosts", error)
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def report(counts: Sequence[int], shards: int, steps: int) -> None:
    """Measure on each number of hosts and each link; print a table in Markdown."""
    print(
        f"{shards} shards of {SHARD} images per host, {usable_cores()} cores; milliseconds, medians"
    )
    print("\n" + _row(COLUMNS))
    print(_row("---" for _ in COLUMNS), flush=True)
    for link in LINKS:
        for count in counts:
            with hosts(count, link) as names:
                found = measure(names, shards, steps)
            cells = [found[name] for name in ("flag", "losses", "sum")]
            cells += [exchange_time(link, count), found["step"], found["alone"]]
            times = (f"{1e3 * cell:.2f}" for cell in cells)
            print(_row([link, count, *times, f"{found['alone'] / found['step']:.0%}"]), flush=True)


def _row(cells):
    return f"| {' | '.join(map(str, cells))} |"


def measure(names: list[str], shards: int, steps: int) -> dict[str, float]:
    """Run `worker` on hosts, a rank on each; return what rank 0 printed.

    Raises
    ------
    HostsError
        If it fails.
    """
    options = ["--worker", "--shards", str(shards), "--steps", str(steps)]
    if len(names) > usable_cores():
        options.append("--crowded")
    with tempfile.TemporaryDirectory() as folder:
        process = start(names, ["benchmarks.hosts", *options], Path(folder, "launcher"))
        return _figures(process.communicate(timeout=600), f"{len(names)} hosts")


def start(names: list[str], module: list[str], launcher: Path) -> subprocess.Popen:
    """Start a rank of ``python -m MODULE`` on each host.

    Parameters
    ----------
    names : list of str
        As made by `benchmarks.namespaces.hosts`.
    module : list of str
        The module's name, and its arguments.
    launcher : Path
        Where to write a script that mpiexec needs for as long as it runs.

    Raises
    ------
    HostsError
        If mpiexec is missing.
    """
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    mpiexec = shutil.which("mpiexec", path=beside)
    if mpiexec is None:
        raise HostsError("no mpiexec: python -m pip install -e '.[mpi]'")
    addresses = [f"{NETWORK}{i + 1}" for i in range(len(names))]
    write_launcher(launcher, usable_cores())
    return subprocess.Popen(
        [
            "ip", "netns", "exec", names[0], "unshare", "--uts", "sh", "-c",
            'hostname "$0" && exec taskset -c 0 "$@"', f"{PREFIX}1",
            mpiexec, "-launcher", "ssh", "-launcher-exec", str(launcher),
            "-hosts", ",".join(addresses), "-n", str(len(names)), "-iface", "eth0",
            sys.executable, "-m", *module,
        ],
        env=os.environ | {"UCX_TLS": "tcp,self"},  # not through shared memory
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _figures(printed, what):
    """Return what `worker` printed; raise HostsError with its last line if it failed."""
    out, errors = printed
    for line in out.splitlines():
        if line.startswith(FIGURES):
            return json.loads(line.removeprefix(FIGURES))
    raise HostsError(f"{what}: {((errors or out).strip().splitlines() or ['no message'])[-1]}")


def worker(shards: int, steps: int, crowded: bool) -> int:
    """Time a step's messages and whole steps on this host; rank 0 prints medians as JSON."""
    with join() as processes:
        if crowded:  # a rank that waits must not keep the core of another one busy
            from nn.training import mpi

            mpi.SPIN_SECONDS = 0.0
        found = messages(processes, shards, steps) | {"step": training(processes, shards, steps)}
        processes.all_reduce_max(0, 0)  # all begin at the same time
        alone = np.array([[training(SingleProcess(), shards, steps)]])
        found["alone"] = float(processes.all_gather(alone, processes.size).max())
        if processes.rank == 0:
            print(FIGURES + json.dumps(found), flush=True)
    return 0


def messages(processes: SingleProcess, shards: int, times: int) -> dict[str, float]:
    """Return the median time of each message of a step, seconds."""
    total = shards * processes.size
    rows, facts = np.ones((shards, numbers()), np.float32), np.ones((shards, 3))
    return {
        "flag": timed(partial(processes.all_reduce_max, 0, 0), times)[1],
        "losses": timed(partial(processes.all_gather, facts, total), times)[1],
        "sum": timed(partial(processes.all_reduce_sum, rows, total), times)[1],
    }


def training(processes: SingleProcess, shards: int, steps: int) -> float:
    """Return the median time of a training step, its batch and its messages, seconds."""
    model = build(RECIPES["default"], 0)
    few, classes = handwriting.batch(1000, np.random.default_rng(0))
    images, labels = np.resize(few, (IMAGES, 28, 28)), np.resize(classes, IMAGES)
    engine = partial(fuse, input_gradient=False)
    size = shards * SHARD * processes.size
    with Trainer(
        model, Adam(1e-3), constant(1e-3), threads=1, engine=engine, processes=processes
    ) as trainer:
        loader = ahead(batches(images, labels, size, (0, 1), MIX, trainer.part))
        seconds = []
        for _ in range(steps + 2):
            start = time.perf_counter()
            trainer.step(*next(loader))
            processes.all_reduce_max(0, 0)
            seconds.append(time.perf_counter() - start)
    return float(np.median(seconds[2:]))


if __name__ == "__main__":
    sys.exit(main())

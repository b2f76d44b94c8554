"""Profile a training step: time of each layer and direction, against the machine's peak.

One thread takes one shard through the fused network, as each worker of a training run does. A
layer's GFLOP/s count all multiply-adds of the plain layer, so a backward pass that skips zeros may
exceed the peak. Each time is the shortest of many, because other processes only add to it.
"""

import time
from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from nn import Adam, SoftmaxCrossEntropy, fuse
from nn.model import as_input
from nn.training.trainer import SHARD

from ..results import table
from .ours import Ours
from .system import Job

REPEATS = 100
PEAK_SIZE = 1_536


def profile(job: Job) -> list[dict[str, Any]]:
    """Measure and print the time of each layer and direction; return the rows of the table."""
    step = _step(replace(job, threads=1))  # changes the weights, on which no time depends
    with threadpool_limits(1, user_api="blas"):
        rows = [*_layers(job), _optimizer(job)]
    peaks = {threads: sgemm_peak(threads) for threads in sorted({1, job.threads})}
    total = sum(row["microseconds_per_image"] for row in rows)
    print("\nours by layer and direction, on one thread")
    for threads, peak in peaks.items():
        print(f"sgemm peak, threads {threads}: {peak:,.0f} GFLOP/s")
    cells = [
        [
            row["layer"],
            row["direction"],
            f"{row['microseconds_per_image']:,.2f}",
            f"{row['microseconds_per_image'] / total:.1%}",
            f"{row['gflops']:,.1f}" if row["gflops"] else "",
            f"{row['gflops'] / peaks[1]:.0%}" if row["gflops"] else "",
        ]
        for row in rows
    ]
    print(table(["layer", "direction", "µs per image", "share", "GFLOP/s", "of peak"], cells))
    print(f"{total:,.1f} µs per image in total; a whole step takes {step:,.1f} µs per image")
    return rows


def sgemm_peak(threads: int) -> float:
    """Return the GFLOP/s of the fastest of several large float32 matrix products."""
    a = np.random.default_rng(0).random((PEAK_SIZE, PEAK_SIZE), dtype=np.float32)
    out = np.empty_like(a)
    with threadpool_limits(threads, user_api="blas"):
        seconds = min(_clock(np.matmul, a, a, out)[1] for _ in range(8))
    return 2 * PEAK_SIZE**3 / seconds / 1e9


def _step(job):
    """Return the time of a training step, in µs per image."""
    system = Ours(job)
    system.train(REPEATS // 2)
    with system.trainer:
        return 1e6 * min(system.train(REPEATS).seconds) / job.batch


def _layers(job):
    """Return rows for each layer's forward, the loss, and each layer's backward, in this order."""
    network, loss = fuse(job.model, input_gradient=False), SoftmaxCrossEntropy()
    names = [f"{i} {type(layer).__name__}" for i, layer in enumerate(network.layers)]
    taken: dict[tuple[str, str], list[float]] = {}
    costs: dict[tuple[str, str], int] = {}

    def run(name, direction, function, *args):
        out, seconds = _clock(function, *args)
        taken.setdefault((name, direction), []).append(seconds)
        return out

    for _ in range(REPEATS):
        x = as_input(job.images[:SHARD])
        for name, layer in zip(names, network.layers, strict=True):
            costs[name, "forward"] = _multiply_adds(job.model, layer, x.shape)
            x = run(name, "forward", layer.forward, x, True)
        run("loss", "forward", loss.forward, x, job.labels[:SHARD])
        dout = run("loss", "backward", loss.backward)
        for name, layer in zip(reversed(names), reversed(network.layers), strict=True):
            dout = run(name, "backward", layer.backward, dout)
            products = 1 if dout is None else 2  # for the weights and for the input
            costs[name, "backward"] = products * costs[name, "forward"]
    rows = []
    for key, all_seconds in taken.items():
        seconds = min(all_seconds)
        rows.append(_row(*key, seconds / SHARD, 2 * costs.get(key, 0) * SHARD / seconds / 1e9))
    return rows


def _multiply_adds(model, layer, shape):
    """Return the multiply-adds per image of the plain layer that shares this one's parameters."""
    plain = (one for one in model.layers if one.params is layer.params)
    return sum(one.multiply_adds(shape[1:]) for one in plain)


def _optimizer(job):
    """Return the row of the optimizer's step, which a batch takes once."""
    optimizer, params, grads = Adam(1e-6), job.model.named_params(), job.model.named_grads()
    seconds = [_clock(optimizer.step, params, grads)[1] for _ in range(REPEATS)]
    return _row("Adam", "step", min(seconds) / job.batch, 0)


def _row(layer, direction, seconds, gflops):
    return {
        "layer": layer,
        "direction": direction,
        "microseconds_per_image": 1e6 * seconds,
        "gflops": gflops,
    }


def _clock(function, *args):
    """Return a function's result, and its time in seconds."""
    start = time.perf_counter()
    out = function(*args)
    return out, time.perf_counter() - start

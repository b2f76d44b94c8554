"""Compare the speed of prediction with other systems: ``python -m benchmarks.inference``.

All systems have the same weights and turn prepared images into probabilities: many images at once,
then one. Nothing is timed unless all systems compute the same probabilities.
"""

import sys
from contextlib import ExitStack
from dataclasses import asdict

import numpy as np

from data.errors import DataError
from guard.terminal import say

from .results import RATE, TIME, Result, comparison, draw, machine, ratio_to_best_peer, write_json
from .speed.common import OURS, OWN, make_job, parse, start
from .speed.worker import BenchmarkError, Candidate, alternate

PYTORCH = "benchmarks.speed.peers.pytorch:PyTorch"
KERAS = "benchmarks.speed.peers.keras_tf:"
ONNX = "benchmarks.speed.peers.onnx_rt:OnnxRuntime"

PEERS = {
    "PyTorch": Candidate(PYTORCH, ("torch",)),
    "PyTorch, channels-last": Candidate(PYTORCH, ("torch",), {"channels_last": True}),
    "PyTorch, compiled": Candidate(PYTORCH, ("torch",), {"compiled": True}),
    "Keras, predict": Candidate(f"{KERAS}Predict", ("tensorflow", "keras")),
    "Keras, call": Candidate(f"{KERAS}Call", ("tensorflow", "keras")),
    "Keras, tf.function": Candidate(f"{KERAS}Function", ("tensorflow", "keras")),
    "ONNX Runtime": Candidate(ONNX, ("onnxruntime", "onnx")),
    "ONNX Runtime, 1 thread": Candidate(ONNX, ("onnxruntime", "onnx"), {"threads": 1}),
}
CANDIDATES = OWN | PEERS
MANY = 1_000
TOLERANCE = 1e-4
"""Largest absolute difference between a system's probability and ours."""


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    args = parse(argv, "inference", list(CANDIDATES))
    try:
        run(args)
    except (BenchmarkError, DataError, OSError) as error:
        say("benchmarks.inference", error)
        return 2
    return 0


def run(args) -> None:
    """Measure, print, draw and write."""
    job, kind = make_job(MANY, args.threads)
    about = machine(args.threads) | {"data": kind}
    print(*(f"{key}: {value}" for key, value in about.items()), sep="\n")
    candidates = {name: one for name, one in CANDIDATES.items() if name in args.systems}
    how_long = {"rounds": args.rounds, "seconds": args.seconds}
    with ExitStack() as stack:
        workers, values = start(stack, candidates, job, [("read", MANY, 1), ("read", 1, 1)])
        check({name: [timed.value for timed in both] for name, both in values.items()})
        many = alternate(workers, ("read", MANY), **how_long)
        one = alternate(workers, ("read", 1), **how_long)
    throughput = [Result.of(name, [MANY / s for s in many[name]], RATE) for name in many]
    latency = [Result.of(name, [1e6 * s for s in one[name]], TIME) for name in one]
    panels = {f"{MANY:,} images at once": throughput, "one image": latency}
    best = [ratio_to_best_peer(results, OWN) for results in panels.values()]
    for (title, results), fastest in zip(panels.items(), best, strict=True):
        print(f"\n{title}", comparison(results), sep="\n")
        if fastest is not None:
            print(f"ours is {fastest:.2f} times as fast as the fastest peer")
    draw(args.chart, panels, OWN)
    if args.json:
        one_image = {"results": [asdict(r) for r in latency], "ratio_to_best_peer": best[1]}
        write_json(args.json, throughput, best[0], **about, one_image=one_image)


def check(values: dict[str, list[np.ndarray]]) -> None:
    """Raise BenchmarkError if a system's probabilities differ from ours."""
    for name, answers in values.items():
        for theirs, ours in zip(answers, values[OURS], strict=True):
            off = np.abs(theirs - ours).max() if theirs.shape == ours.shape else np.inf
            if not off <= TOLERANCE:
                raise BenchmarkError(
                    f"{name} does not compute the same: a probability is off by {off:.2g}; "
                    "nothing was timed"
                )


if __name__ == "__main__":
    sys.exit(main())

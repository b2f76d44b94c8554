"""Compare the speed of training with other systems: ``python -m benchmarks.training``.

All systems take steps of Adam on the same batches, from the same weights. Nothing is timed unless
all systems reach about the same loss in the first steps.
"""

import sys
from contextlib import ExitStack
from dataclasses import replace

from data.errors import DataError
from guard.terminal import say

from .results import RATE, Result, comparison, draw, machine, ratio_to_best_peer, table, write_json
from .speed.common import OURS, OWN, make_job, parse, start
from .speed.system import Job
from .speed.worker import BenchmarkError, Candidate, alternate

PYTORCH = "benchmarks.speed.peers.pytorch:PyTorch"
KERAS = "benchmarks.speed.peers.keras_tf"
PEERS = {
    "PyTorch": Candidate(PYTORCH, ("torch",)),
    "PyTorch, channels-last": Candidate(PYTORCH, ("torch",), {"channels_last": True}),
    "PyTorch, compiled": Candidate(PYTORCH, ("torch",), {"compiled": True}),
    "Keras, fit": Candidate(f"{KERAS}:Fit", ("tensorflow", "keras")),
    "Keras, tf.function": Candidate(f"{KERAS}:Function", ("tensorflow", "keras")),
}
CANDIDATES = OWN | PEERS
FIRST_STEPS = 40
TOLERANCE = 0.15
"""Largest relative difference between a system's mean loss and ours: dropout is random."""

BATCHES = (32, 64, 128, 256, 512)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    args = parse(argv, "training", list(CANDIDATES))
    try:
        run(args)
    except (BenchmarkError, DataError, OSError) as error:
        say("benchmarks.training", error)
        return 2
    return 0


def run(args) -> None:
    """Measure, print, draw and write."""
    job, kind = make_job(args.batch, args.threads)
    about = machine(args.threads) | {"data": kind, "batch": args.batch}
    print(*(f"{key}: {value}" for key, value in about.items()), sep="\n")
    candidates = {name: one for name, one in CANDIDATES.items() if name in args.systems}
    with ExitStack() as stack:
        workers, first = start(stack, candidates, job, [("train", FIRST_STEPS)])
        losses = {name: timed.value for name, (timed,) in first.items()}
        check(losses)
        seconds = alternate(workers, ("train",), rounds=args.rounds, seconds=args.seconds)
        memory = {name: worker.ask("train", 1).megabytes for name, worker in workers.items()}
    results = rates(seconds, dict.fromkeys(seconds, args.batch))
    best = ratio_to_best_peer(results, OWN)
    columns = {
        "peak memory, MB": [f"{memory[r.system]:,.0f}" for r in results],
        f"loss of {FIRST_STEPS} steps": [f"{losses[r.system]:.3f}" for r in results],
    }
    print("", comparison(results, columns), sep="\n")
    if best is not None:
        print(f"\nours trains {best:.2f} times as fast as the fastest peer")
    more = about | {"peak_megabytes": memory, "first_loss": losses}
    if args.scaling:
        more["scaling"] = scaling(job, args)
    if args.profile:
        from .speed.profile import profile

        more["profile"] = profile(job)
    draw(args.chart, {f"training, batches of {args.batch}": results}, OWN)
    if args.json:
        write_json(args.json, results, best, **more)


def check(losses: dict[str, float]) -> None:
    """Raise BenchmarkError if a system's loss differs from ours."""
    for name, loss in losses.items():
        if not abs(loss - losses[OURS]) <= TOLERANCE * losses[OURS]:
            raise BenchmarkError(
                f"{name} does not learn the same: the mean loss of its first steps is {loss:.3f}, "
                f"ours {losses[OURS]:.3f}; nothing was timed"
            )


def rates(seconds: dict[str, list[float]], images: dict[str, int]) -> list[Result]:
    """Return images per second, from the seconds per step of each round and the images per step."""
    return [
        Result.of(name, [images[name] / s for s in rounds], RATE)
        for name, rounds in seconds.items()
    ]


def scaling(job: Job, args) -> list[dict]:
    """Measure and print this project's speed by number of threads, then by size of batch."""
    print("\nours by threads and batch")
    settings = [(threads, job.batch) for threads in range(1, job.threads)]
    settings += [(job.threads, batch) for batch in sorted({*BATCHES, job.batch})]
    names = {f"{threads} threads, batch {batch}": (threads, batch) for threads, batch in settings}
    with ExitStack() as stack:
        workers = {}
        for name, (threads, batch) in names.items():
            own = replace(job, threads=threads, batch=batch)
            workers |= start(stack, {name: CANDIDATES[OURS]}, own, [("train", 10)])[0]
        seconds = alternate(workers, ("train",), rounds=args.rounds, seconds=args.seconds)
    rows = [
        {
            "threads": t,
            "batch": b,
            "images_per_s": r.median,
            "microseconds_per_image": 1e6 / r.median,
        }
        for r, (t, b) in zip(
            rates(seconds, {name: b for name, (_, b) in names.items()}), names.values(), strict=True
        )
    ]
    print(table(list(rows[0]), [[f"{value:,.0f}" for value in row.values()] for row in rows]))
    return rows


if __name__ == "__main__":
    sys.exit(main())

"""A small training on any number of MPI ranks.

``mpiexec -n 2 python -m tests.nn.training.mpi_run FOLDER FAULT STEP RANK``

Each rank writes all its arrays to ``FOLDER/outcome-RANK.npz``. At STEP, if it is given, the FAULT
happens on RANK, or on all ranks if RANK is -1. The FAULT "plain" is none. Without a FAULT and with
"ask" the layers are fused, else plain: without numba, ranks start sooner.
"""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

import nn
from nn import Adam, BatchNorm, Conv2D, Dense, Dropout, Flatten, MaxPool2D, ReLU, Sequential
from nn.schedule import one_cycle
from nn.training import checkpoint
from nn.training.ema import EMA
from nn.training.launch import join
from nn.training.run import Run, StoppedError
from nn.training.trainer import Trainer

EPOCHS, STEPS, BATCH = 2, 16, 128
PATIENCE = 5.0  # seconds without a sign of life
PATIENCE_IN_VAIN = 3.0  # the same, where a rank hangs or its link is lost: the test waits for it


def fail():
    raise RuntimeError("this rank has had enough")


def ask():
    """Say so, and wait for a SIGTERM, at which `Run` puts the handler back that was there before.

    Otherwise the training might be over before the signal comes.
    """
    handler = signal.getsignal(signal.SIGTERM)
    print("taken", flush=True)
    while signal.getsignal(signal.SIGTERM) is handler:
        time.sleep(0.01)


FAULTS = {
    "ask": ask,
    "exit": lambda: os._exit(3),
    "hang": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "raise": fail,
    "term": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "say": lambda: print("taken", flush=True),
}


def plain(model):
    """Return the plain layers, whose gradients are all sent after the backward pass."""
    return model


def network():
    """Return a small network of every kind of layer that is trained."""
    rng = np.random.default_rng(0)
    layers = [Conv2D(1, 4, 3, rng=rng), ReLU(), MaxPool2D(2), BatchNorm(4), Flatten()]
    return Sequential([*layers, Dropout(0.3), Dense(36, 10, rng=rng)])


def epoch(number, first):
    """Yield an epoch's batches from a number on; the last has fewer shards than there are ranks."""
    rng, n = np.random.default_rng(1), BATCH * (STEPS - 1) + 40
    images, labels = rng.integers(0, 256, (n, 8, 8), np.uint8), rng.integers(0, 10, n)
    order = np.random.default_rng(number).permutation(len(labels))
    for part in np.split(order, range(BATCH, len(order), BATCH))[first:]:
        yield images[part], labels[part]


def train(
    processes,
    folder: Path,
    threads: int | None,
    fault: str = "",
    at: int = 0,
    who: int = 0,
    engine=nn.fuse,
):
    """Train, or resume; write the outcome to a file."""
    model = network()
    ema, optimizer = EMA(model, 0.9), Adam(0.01)
    schedule = one_cycle(0.01, EPOCHS * STEPS)
    with Trainer(
        model, optimizer, schedule, seed=5, threads=threads, processes=processes, engine=engine
    ) as trainer:
        run = Run(trainer, ema, folder, {"seed": 5})
        if run.resume(print):
            print(f"resuming at step {optimizer.steps}", flush=True)
        with run.stopping_on_signals():
            while run.progress.epoch <= EPOCHS:
                for _ in run.steps(epoch(run.progress.epoch, run.progress.step)):
                    if optimizer.steps == at and who in (processes.rank, -1):
                        FAULTS[fault]()
                run.end_epoch()
    history = [row["loss"] for row in run.progress.history]
    arrays = checkpoint.gather(model, ema, optimizer) | {"history": np.array(history)}
    np.savez(folder / f"outcome-{processes.rank}.npz", **arrays)
    print(f"trained on {processes.size} ranks", flush=True)


def main(argv: list[str]) -> int:
    """Run the command; return its exit status."""
    folder, fault, at, who = argv if len(argv) > 1 else (*argv, "", 0, 0)
    try:
        processes = join()
        # Before they beat: the time to the first sign of life is a share of it.
        processes.patience = PATIENCE_IN_VAIN if fault in ("hang", "say") else PATIENCE
        with processes:
            Path(folder, f"pid-{processes.rank}").write_text(str(os.getpid()))
            if fault == "raise" and int(who) >= 0:
                nn.training.mpi.EXIT_TIMEOUT = 1.0  # seconds; no other rank will fail
            engine = nn.fuse if fault in ("", "ask") else plain
            train(processes, Path(folder), 1, fault, int(at), int(who), engine)
    except StoppedError as stop:
        print(stop, file=sys.stderr)
        return 128 + stop.signal
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

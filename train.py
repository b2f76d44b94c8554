"""Train the network on MNIST: ``python train.py``.

The model, the history of its epochs and a picture of its curves go to ``runs/NAME/``. With
``--evaluate FILE`` nothing is trained: the model in FILE reads the test set, and what it got wrong
is shown.
"""

import argparse
import csv
import io
import shlex
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import weights
from data import mnist
from data.batches import BatchMix, ahead, batches
from data.errors import DataError
from data.synthetic import handwriting
from experiment import charts, report
from experiment.options import at_least
from experiment.watch import watching
from nn import ModelFileError, Sequential
from nn.saving.atomic import atomic_write, locked
from nn.training import checkpoint
from nn.training.calibration import calibrate
from nn.training.checkpoint import CheckpointError
from nn.training.ema import EMA
from nn.training.launch import LaunchError, join
from nn.training.processes import SingleProcess
from nn.training.run import Run, StoppedError
from nn.training.trainer import Trainer, evaluate
from recipes import OPTIMIZERS, RECIPES, SCHEDULES, Recipe, RecipeError, network

RUNS = Path("runs")
VALIDATION = 5_000
SPLIT_SEED = 0  # the held-out images are the same in every run, whatever its seed
SYNTHETIC = 12_000
QUICK = 10_000
FAULTS = (
    DataError, ModelFileError, CheckpointError, RecipeError, ArithmeticError, LaunchError, OSError,
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    args = argparse.Namespace(output=RUNS)
    try:
        with join() as processes:
            args = processes.run_on_rank_0(parse, argv)
            return processes.run_on_rank_0(show, args) if args.evaluate else train(args, processes)
    except FAULTS as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except StoppedError as stop:
        print(f"\ntrain.py: {stop}; to go on: {_again(args, argv)}", file=sys.stderr)
        return 128 + stop.signal
    except KeyboardInterrupt:
        print(f"\ntrain.py: stopped; what it saved is in {args.output}", file=sys.stderr)
        return 130
    return 0  # a rank other than the first, which has said what there is to say


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Read the command line; an argument out of range ends the program with a line that says so."""
    parser = argparse.ArgumentParser("train.py", description="Train the network on MNIST.")
    add = parser.add_argument
    add("--recipe", choices=RECIPES, default="default", help="network and training (%(default)s)")
    add("--epochs", type=at_least(int, 1), help="times through all images (the recipe's)")
    add("--batch-size", type=at_least(int, 1), default=128, help="images a step (%(default)s)")
    add("--lr", type=at_least(float, 0), help="highest learning rate (the optimizer's own)")
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="(%(default)s)")
    add("--schedule", choices=SCHEDULES, default="one-cycle", help="(%(default)s)")
    add("--seed", type=at_least(int, 0), default=0, help="same seed, same result (%(default)s)")
    add("--threads", type=at_least(int, 1), help="worker threads (as many as cores)")
    add("--data-dir", type=Path, help="folder of the four MNIST files")
    add("--output", type=Path,
        help="folder for the run; one that is there is gone on with (runs/DATE-TIME)")  # fmt: skip
    add("--resume", action="store_true", help="go on with the newest run in --output, or runs/")
    add("--save-every", type=at_least(float, 0), default=1.0, metavar="MINUTES",
        help="from one checkpoint to the next (%(default)s)")  # fmt: skip
    add("--quick", action="store_true", help=f"2 epochs on {QUICK:,} images: under a minute")
    add("--watch", action="store_true", help="see it learn, live in a window")
    add("--evaluate", type=Path, metavar="FILE", help="read the test set with this model instead")
    args = parser.parse_args(argv)
    if args.resume:
        args.output = _stopped_run(parser, args.output)
    if args.output is None:
        args.output = RUNS / f"{datetime.now():%Y-%m-%d-%H%M%S}"
    if args.epochs is None:
        args.epochs = 2 if args.quick else RECIPES[args.recipe].epochs
    return args


def _again(args, argv):
    """Return the command that goes on with this run: its checkpoints want the same settings."""
    given = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    given.add_argument("--resume", action="store_true")
    given.add_argument("--output")
    _, rest = given.parse_known_args(argv)
    return shlex.join(["python", "train.py", "--resume", "--output", str(args.output), *rest])


def _stopped_run(parser, folder):
    """Return the folder of the run to go on with; end the program if there is none."""
    folders = RUNS.glob("*/") if folder is None else [folder]
    found = [path for one in folders for path in checkpoint.find(one)]
    if not found:
        parser.error(f"argument --resume: there is no checkpoint in {folder or RUNS}")
    return max(found, key=lambda path: path.stat().st_mtime).parent


def train(args: argparse.Namespace, processes: SingleProcess) -> int:
    """Train a network, or go on with it; validate each epoch; read the test set at the end."""
    recipe = RECIPES[args.recipe]
    digits = processes.run_on_rank_0(load, args)
    model = network(recipe, args.seed)
    print(model.summary())
    average = EMA(model, recipe.average)
    optimizer = OPTIMIZERS[args.optimizer](args.lr, recipe)
    mixes = recipe.mixes(args.epochs)
    steps = [mix.steps(len(digits["train"][1]), args.batch_size) for mix in mixes]
    schedule = SCHEDULES[args.schedule](optimizer.lr, sum(steps))
    engine = prepare(model, recipe.mix)
    reader = engine(average.model, threads=args.threads)
    with (
        ExitStack() as held,
        Trainer(
            model,
            optimizer,
            schedule,
            label_smoothing=recipe.label_smoothing,
            seed=args.seed,
            threads=args.threads,
            engine=engine,
            processes=processes,
        ) as trainer,
    ):
        processes.run_on_rank_0(held.enter_context, locked(args.output))
        kept = settings(args, digits, recipe, model)
        run = Run(trainer, average, args.output, kept, 60 * args.save_every)
        if run.resume(print):
            print(f"going on with {args.output} at epoch {run.progress.epoch}")
        watched = nullcontext(lambda taken: taken)
        if args.watch and processes.rank == 0:
            watched = watching(run, reader, *digits["validation"], steps)
        with run.stopping_on_signals(), watched as follow:
            while run.progress.epoch <= args.epochs:
                mix = mixes[run.progress.epoch - 1]
                run_epoch(run, digits["train"], mix, args, follow)
                loss, accuracy = processes.run_on_rank_0(evaluate, reader, *digits["validation"])
                row = run.end_epoch(val_loss=loss, val_accuracy=accuracy)
                print(
                    f"epoch {row['epoch']:>2}: loss {row['loss']:.4f}, "
                    f"accuracy {row['accuracy']:.2%}; "
                    f"validation loss {loss:.4f}, accuracy {accuracy:.2%}; "
                    f"{row['images_per_s']:,.0f} images/s",
                    flush=True,
                )
                if run.progress.epoch <= args.epochs:  # `finish` saves after the last one
                    processes.run_on_rank_0(save, args.output, average.model, run.progress.history)
    return processes.run_on_rank_0(
        finish, args, average.model, reader, digits, run.progress.history
    )


def finish(
    args: argparse.Namespace,
    model: Sequential,
    reader: Sequential,
    digits: dict[str, tuple[np.ndarray, np.ndarray]],
    history: list[dict[str, float]],
) -> int:
    """Calibrate what was trained, save it, and read the test set with it."""
    images, labels = digits["validation"]
    temperature = calibrate(model, reader.predict_proba(images), labels)
    names = save(args.output, model, history)
    print(f"calibrated on the validation images: temperature {temperature:.2f}")
    loss, accuracy = evaluate(reader, *digits["test"])
    print(f"test: loss {loss:.4f}, accuracy {accuracy:.2%} of {len(digits['test'][1]):,} images")
    print(f"saved {', '.join(names)} in {args.output}")
    return 0


def settings(
    args: argparse.Namespace, digits: dict, recipe: Recipe, model: Sequential
) -> dict[str, Any]:
    """Return all that a run's outcome depends on, as its checkpoints keep it."""
    names = ("recipe", "epochs", "batch_size", "lr", "optimizer", "schedule", "seed")
    images, labels = digits["train"]
    return {name: getattr(args, name) for name in names} | {
        "training images": zlib.crc32(labels.tobytes(), zlib.crc32(images.tobytes())),
        "the recipe's values": str(replace(recipe, epochs=args.epochs)),
        "the network": str(model.layers),
    }


def prepare(model: Sequential, mix: BatchMix | None = None) -> Callable[..., Sequential]:
    """Return what makes a network of compiled kernels, once they are ready; say how it went."""
    try:
        from nn.fast.fuse import fuse, warm_up
        from nn.fast.kernels import COMPILING

        reason = None if COMPILING else "NUMBA_DISABLE_JIT is set"
    except ImportError as error:
        reason = f"{error}; install numba"
    if reason:
        print(f"working with the plain layers, which are slow: {reason}")
        return lambda network, threads=None: network
    print("preparing the fast kernels ... ", end="", flush=True)
    start = time.perf_counter()
    compiled = warm_up(model, weights.SHAPE)
    if mix is not None:
        next(batches(np.zeros((1, *weights.SHAPE[:2]), np.uint8), np.zeros(1, int), 8, (0,), mix))
    how = "compiled, and kept for the next start" if compiled else "ready"
    print(f"{how}: {time.perf_counter() - start:.1f} s")
    return partial(fuse, input_gradient=False)


def load(args: argparse.Namespace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return images and labels to train with, to validate with and to test with."""
    try:
        images, labels = mnist.load("train", args.data_dir)
        test = mnist.load("test", args.data_dir)
    except mnist.NoDataError as error:
        print(
            f"{error}\nTraining on {SYNTHETIC:,} synthetic digits instead: "
            "expect less of the result."
        )
        images, labels = handwriting.batch(SYNTHETIC, np.random.default_rng((SPLIT_SEED, 1)))
        test = handwriting.batch(SYNTHETIC // 6, np.random.default_rng((SPLIT_SEED, 2)))
    held, rest = held_out(len(labels))
    if args.quick:
        rest = rest[:QUICK]
    return {
        "train": (images[rest], labels[rest]),
        "validation": (images[held], labels[held]),
        "test": test,
    }


def held_out(images: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which of so many training images are held out to validate with, and the rest."""
    order = np.random.default_rng(SPLIT_SEED).permutation(images)
    count = min(VALIDATION, images // 6)
    return order[:count], order[count:]


def run_epoch(
    run: Run, examples: tuple[np.ndarray, np.ndarray], mix: BatchMix, args, follow
) -> None:
    """Train through what is left of an epoch, its steps handed through ``follow``."""
    progress = run.progress
    key = (args.seed, progress.epoch)
    with tqdm(
        total=mix.steps(len(examples[1]), args.batch_size),
        initial=progress.step,
        desc=f"epoch {progress.epoch}/{args.epochs}",
        unit=" steps",
        leave=False,
    ) as bar:
        coming = batches(*examples, args.batch_size, key, mix, run.trainer.part)
        for _ in follow(run.steps(ahead(coming))):
            row = progress.row()
            text = f"loss {row['loss']:.4f}, accuracy {row['accuracy']:.2%}"
            bar.set_postfix_str(text, refresh=False)
            bar.update()


def save(folder: Path, model: Sequential, history: list[dict[str, float]]) -> tuple[str, ...]:
    """Write the model, the history and its picture, each whole or not at all; return the names."""
    names = ("curves.png", "history.csv", "model.npz")
    picture, table, weights = (folder / name for name in names)
    model.save(weights)
    with atomic_write(table) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.DictWriter(text, fieldnames=history[0])
        writer.writeheader()
        writer.writerows(history)
        text.detach()
    charts.curves(history, picture)
    return names


def show(args: argparse.Namespace) -> int:
    """Read the test set with a saved model; print and draw how well, and what went wrong."""
    model = weights.load(args.evaluate)
    images, labels = mnist.load("test", args.data_dir)
    proba = prepare(model)(model, threads=args.threads).predict_proba(images)
    report.reading(images, labels, proba, args.output)
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # a folder's name this terminal cannot write
    sys.exit(main())

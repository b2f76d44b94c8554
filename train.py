"""Train the network on MNIST: ``python train.py``.

The model, the history of its epochs and a chart of them go to ``runs/DATE-TIME/``. A run that was
stopped can be resumed. With ``--evaluate FILE`` nothing is trained: the model in FILE is tested on
the MNIST test set.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path

from tqdm import tqdm

import weights
from data import mnist
from data.batches import BatchMix, ahead, batches
from data.errors import DataError
from experiment import charts, report
from experiment.digits import Digits, Labelled, load
from experiment.engine import prepare
from experiment.live import watching
from experiment.options import RUNS, parse, resume_command
from experiment.settings import settings, with_current_names
from nn import ModelFileError, Sequential
from nn.saving.atomic import locked
from nn.training.calibration import calibrate
from nn.training.checkpoint import CheckpointError
from nn.training.ema import EMA
from nn.training.launch import LaunchError, join
from nn.training.processes import SingleProcess
from nn.training.run import Run, StoppedError
from nn.training.trainer import Step, Trainer, evaluate
from recipes import OPTIMIZERS, RECIPES, SCHEDULES, RecipeError, network

ERRORS = (
    DataError,
    ModelFileError,
    CheckpointError,
    RecipeError,
    ArithmeticError,
    LaunchError,
    OSError,
)
"""Errors that are reported in one line."""


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    args = argparse.Namespace(output=RUNS)
    try:
        with join() as processes:
            args = processes.run_on_rank_0(parse, argv)
            processes.patience = args.patience
            if args.evaluate:
                return processes.run_on_rank_0(test, args)
            return train(args, processes)
    except ERRORS as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except StoppedError as stop:
        print(f"\ntrain.py: {stop}; resume with: {resume_command(args, argv)}", file=sys.stderr)
        return 128 + stop.signal
    except KeyboardInterrupt:
        print(f"\ntrain.py: interrupted; saved files are in {args.output}", file=sys.stderr)
        return 130
    return 0  # on a rank other than 0, whose exception rank 0 has reported


def train(args: argparse.Namespace, processes: SingleProcess) -> int:
    """Train a network, or resume its training; then calibrate, save and test it."""
    recipe = RECIPES[args.recipe]
    digits = processes.run_on_rank_0(load, args.data_dir, args.quick)
    model = network(recipe, args.seed)
    print(model.summary())
    ema = EMA(model, recipe.ema_decay)
    engine = prepare(model, recipe.mix)
    predictor = engine(ema.model, threads=args.threads)
    with ExitStack() as stack:
        trainer = stack.enter_context(make_trainer(model, engine, digits, args, processes))
        processes.run_on_rank_0(stack.enter_context, locked(args.output))
        run_settings = settings(args, digits.train, recipe, model)
        run = Run(trainer, ema, args.output, run_settings, save_every=60 * args.save_every)
        if run.resume(print, with_current_names):  # if its folder holds a checkpoint
            print(f"resuming {args.output} at epoch {run.progress.epoch}")
        train_epochs(run, predictor, digits, args)
    history = run.progress.history
    return processes.run_on_rank_0(finish, ema.model, predictor, digits, history, args.output)


def make_trainer(
    model: Sequential,
    engine: Callable[..., Sequential],
    digits: Digits,
    args: argparse.Namespace,
    processes: SingleProcess,
) -> Trainer:
    """Return a trainer with the optimizer and the learning rates that were asked for."""
    recipe = RECIPES[args.recipe]
    optimizer = OPTIMIZERS[args.optimizer](args.lr, recipe)
    return Trainer(
        model,
        optimizer,
        schedule=SCHEDULES[args.schedule](optimizer.lr, sum(epoch_steps(digits, args))),
        label_smoothing=recipe.label_smoothing,
        seed=args.seed,
        threads=args.threads,
        engine=engine,
        processes=processes,
    )


def epoch_steps(digits: Digits, args: argparse.Namespace) -> list[int]:
    """Return the number of steps of each epoch: it depends on the share of synthetic digits."""
    images, _ = digits.train
    mixes = RECIPES[args.recipe].mixes(args.epochs)
    return [mix.steps(len(images), args.batch_size) for mix in mixes]


def train_epochs(run: Run, predictor: Sequential, digits: Digits, args: argparse.Namespace) -> None:
    """Train through the epochs that are left; validate and save after each."""
    processes = run.trainer.processes
    mixes = RECIPES[args.recipe].mixes(args.epochs)
    recording = nullcontext(iter)  # `iter(steps)` changes nothing
    if args.watch and processes.rank == 0:
        recording = watching(run, predictor, *digits.validation, epoch_steps(digits, args))
    with run.stopping_on_signals(), recording as record:
        while run.progress.epoch <= args.epochs:
            train_epoch(run, digits.train, mixes[run.progress.epoch - 1], record, args)
            loss, accuracy = processes.run_on_rank_0(evaluate, predictor, *digits.validation)
            row = run.end_epoch(val_loss=loss, val_accuracy=accuracy)
            print(
                f"epoch {row['epoch']:>2}: loss {row['loss']:.4f}, accuracy {row['accuracy']:.2%}; "
                f"validation loss {loss:.4f}, accuracy {accuracy:.2%}; "
                f"{row['images_per_s']:,.0f} images/s",
                flush=True,
            )
            if run.progress.epoch <= args.epochs:  # after the last epoch `finish` saves
                processes.run_on_rank_0(save, args.output, run.ema.model, run.progress.history)


def train_epoch(
    run: Run,
    examples: Labelled,
    mix: BatchMix,
    record: Callable[[Iterator[Step]], Iterator[Step]],
    args: argparse.Namespace,
) -> None:
    """Train through the rest of an epoch, with a progress bar."""
    progress = run.progress
    key = (args.seed, progress.epoch)
    with tqdm(
        total=mix.steps(len(examples[1]), args.batch_size),
        initial=progress.step,
        desc=f"epoch {progress.epoch}/{args.epochs}",
        unit=" steps",
        leave=False,
    ) as bar:
        coming = batches(*examples, args.batch_size, key, mix, run.trainer.part, progress.step)
        for _ in record(run.steps(ahead(coming))):
            row = progress.row()
            text = f"loss {row['loss']:.4f}, accuracy {row['accuracy']:.2%}"
            bar.set_postfix_str(text, refresh=False)
            bar.update()


def finish(
    model: Sequential,
    predictor: Sequential,
    digits: Digits,
    history: list[dict[str, float]],
    folder: Path,
) -> int:
    """Calibrate the trained model, save it, and test it."""
    images, labels = digits.validation
    temperature = calibrate(model, predictor.predict_proba(images), labels)
    names = save(folder, model, history)
    print(f"calibrated on the validation images: temperature {temperature:.2f}")
    loss, accuracy = evaluate(predictor, *digits.test)
    print(f"test: loss {loss:.4f}, accuracy {accuracy:.2%} of {len(digits.test[1]):,} images")
    print(f"saved {', '.join(names)} in {folder}")
    return 0


def save(folder: Path, model: Sequential, history: list[dict[str, float]]) -> tuple[str, ...]:
    """Write the model, the history and its chart, each atomically; return the file names."""
    model.save(folder / "model.npz")
    report.write_history(history, folder / "history.csv")
    charts.curves(history, folder / "curves.png")
    return "curves.png", "history.csv", "model.npz"


def test(args: argparse.Namespace) -> int:
    """Test a saved model on the MNIST test set; print its accuracy and draw its mistakes."""
    model = weights.load(args.evaluate)
    images, labels = mnist.load("test", args.data_dir)
    engine = prepare(model)
    proba = engine(model, threads=args.threads).predict_proba(images)
    report.evaluation(images, labels, proba, args.output)
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # a folder name the terminal cannot print
    sys.exit(main())

"""Train the network on MNIST: ``python train.py``.

The model, the history of its epochs and a chart of them go to ``runs/DATE-TIME/``. A run that was
stopped can be resumed. With ``--evaluate FILE`` nothing is trained: the model in FILE is tested on
the MNIST test set.
"""

if __name__ == "__main__":  # before the imports below, which Ctrl-C may interrupt
    from guard.commands import begin

    begin()

import argparse
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Any

from tqdm import tqdm

import weights
from data import mnist
from data.batches import BatchMix, ahead, batches
from data.errors import DataError
from experiment import charts, report
from experiment.digits import Digits, Labelled, load
from experiment.engine import prepare
from experiment.options import RUNS, parse, resume_command
from experiment.settings import comparable, settings
from experiment.side_jobs import SideJobs
from guard.commands import run as run_command
from guard.commands import streams
from guard.names import typed_command
from guard.terminal import one_line, say
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

SIDE_JOBS = SideJobs("train.py")


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    with streams(lossy=True):  # lines that cannot be printed do not end a training
        return _main(argv)


def _main(argv: list[str] | None) -> int:
    args = argparse.Namespace(output=RUNS)
    try:
        with join() as processes:
            args = processes.run_on_rank_0(parse, argv)
            processes.patience = args.patience
            if args.evaluate:
                return processes.run_on_rank_0(test, args)
            return train(args, processes)
    except ERRORS as error:
        say("train.py", error)
        return 2
    except StoppedError as stop:
        print(file=sys.stderr)  # the progress bar has not ended its line
        say("train.py", f"{stop}; resume with: {resume_command(args, argv)}")
        return 128 + stop.signal
    except KeyboardInterrupt:
        print(file=sys.stderr)
        say("train.py", f"interrupted; saved files are in {args.output}")
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
        if run.resume(tell, lambda saved: comparable(saved, run_settings, tell)):
            tell(f"resuming {args.output} at epoch {run.progress.epoch}")
        else:
            processes.run_on_rank_0(refuse_finished, args.output)
        train_epochs(run, predictor, digits, args)
    history = run.progress.history
    return processes.run_on_rank_0(finish, ema.model, predictor, digits, history, args.output)


def tell(line: str) -> None:
    """Print a line."""
    print(one_line(line), flush=True)


def refuse_finished(folder: Path) -> None:
    """Raise CheckpointError if a folder has a model, which a fresh start would write over."""
    if (folder / "model.npz").exists():
        raise CheckpointError(
            f"{folder}: there is a model.npz, and no checkpoint to resume from; nothing was "
            "changed: train in another folder, or move the model away"
        )


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
        steps = epoch_steps(digits, args)
        stay = args.watch == "stay"
        recording = watched(run, predictor, *digits.validation, steps, stay)
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


def watched(*arguments: Any) -> AbstractContextManager:
    """Return the context of `experiment.live.watching`; if it fails, one that records nothing."""
    begun = [nullcontext(iter)]

    def begin():
        from experiment.live import watching  # with matplotlib, which others do not wait for

        begun.append(watching(*arguments))

    SIDE_JOBS.attempt("nothing is shown", begin)
    return begun[-1]


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
        disable=None,  # without a terminal: a file is no place for a bar
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
    tell(f"saved {', '.join(names)} in {folder}")
    model_file = shlex.quote(str(folder / names[-1]))
    tell(f"draw digits for it: {typed_command('gui.py')} --weights {model_file}")
    return 0


def save(folder: Path, model: Sequential, history: list[dict[str, float]]) -> tuple[str, ...]:
    """Write the model, the history and its chart, each atomically; return the file names."""
    model.save(folder / "model.npz")
    jobs = (("history.csv", report.write_history), ("curves.png", charts.curves))
    beside = [
        name for name, job in jobs if SIDE_JOBS.attempt(f"no {name}", job, history, folder / name)
    ]
    return *sorted(beside), "model.npz"


def test(args: argparse.Namespace) -> int:
    """Test a saved model on the MNIST test set; print its accuracy and draw its mistakes."""
    model = weights.load(args.evaluate)
    images, labels = mnist.load("test", args.data_dir)
    engine = prepare(model)
    proba = engine(model, threads=args.threads).predict_proba(images)
    report.evaluation(images, labels, proba, args.output)
    return 0


if __name__ == "__main__":
    run_command(main, "train.py", lossy=True)

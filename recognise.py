"""Read digits from pictures: ``python recognise.py FILE...``.

Each picture gives one line, ``FILE<TAB>DIGIT<TAB>PROBABILITY``; with ``--json``, one object of an
array, with the probabilities of all ten digits. A picture that cannot be read gives one line on
stderr, the others are still read, and the exit status is 1. Folders and stacks of any size are read
in constant memory on all cores, except that images of a stack that are not 28x28 are prepared on
one core.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import weights
from data import folders, stacks
from data.errors import DataError
from experiment.arguments import at_least
from nn import ModelFileError, Sequential
from nn.fast import unavailable
from nn.fast.workers import Workers, parts, usable_cores

BATCH = 128  # pictures per call of the network: fast, and bounded in memory
TASK = 32  # images of a stack per task of a thread: their feature maps fit its cache

Answer = tuple[str, NDArray[np.float32]]  # name of a picture, probabilities of the ten digits


def recognise(
    model: Sequential,
    names: Iterable[str],
    on_error: Callable[[Exception], None],
    jobs: int = 1,
    on_stack: Callable[[int], None] = lambda images: None,
) -> Iterator[Answer]:
    """Read the digit in each picture, in order, in batches.

    Parameters
    ----------
    model : Sequential
        A network for digits; see `weights.check`.
    names : iterable of str
        Pictures, folders of pictures, and stacks of images.
    on_error : callable
        Called with the ``DataError`` or ``OSError`` of each picture, folder or stack that cannot
        be read or recognised.
    jobs : int
        Cores to use.
    on_stack : callable
        Called with the number of images in a stack before its first answer.

    Yields
    ------
    file : str
        Name of the picture as given. Pictures of a folder are sorted; an image of a stack has its
        index, as in ``digits.npy[0]``.
    probabilities : ndarray, float32, (10,)
    """
    for is_stack, group in groupby(names, stacks.is_stack):
        if is_stack:
            for file in group:
                yield from _recognise_stack(model, file, on_error, jobs, on_stack)
        else:
            yield from _recognise_pictures(model, group, on_error, jobs)


def _recognise_pictures(model, names, on_error, jobs):
    """Yield the answers to pictures and to the pictures in folders."""
    found = folders.read(folders.find(names, on_error), on_error, jobs)
    while batch := list(islice(found, BATCH)):
        files, digits = zip(*batch, strict=True)
        yield from _answers(model, files, np.stack(digits), on_error)


def _answers(network, names, images, on_error):
    """Yield each image's name and probabilities; if the network overflows, try them one by one."""
    try:
        proba = network.predict_proba(images)
    except FloatingPointError as error:
        if len(images) == 1:
            on_error(DataError(f"{names[0]}: {error}"))
            return
        for name, image in zip(names, images, strict=True):
            yield from _answers(network, [name], image[None], on_error)
        return
    yield from zip(names, proba, strict=True)


def _recognise_stack(model, file, on_error, jobs, on_stack):
    """Yield the answers to the images of a stack, read by several threads."""
    with ExitStack() as held:
        for chunk in _until_error(stacks.chunks(file), on_error):
            if chunk.start == 0:
                on_stack(chunk.of)
                held.close()
                network = _quickest(model) if chunk.of > stacks.CHUNK else model.replica
                workers = held.enter_context(Workers(network, jobs))
            inked = np.flatnonzero(chunk.images.any(axis=(1, 2)))
            for i in np.setdiff1d(np.arange(len(chunk.images)), inked):
                on_error(DataError(f"{chunk.names[i]}: blank: there is no ink in it"))
            names, images = [chunk.names[i] for i in inked], chunk.images[inked]
            tasks = [(names[part], images[part]) for part in parts(len(images), TASK)]
            for answers, errors in workers.map(_answers_and_errors, tasks):
                yield from answers
                for error in errors:
                    on_error(error)


def _answers_and_errors(network, task):
    """Return the answers to some images and their errors: the task of a thread."""
    errors: list[Exception] = []
    return list(_answers(network, *task, errors.append)), errors


def _until_error(chunks, on_error):
    """Yield chunks until one cannot be read; report that error."""
    try:
        yield from chunks
    except (DataError, OSError) as error:
        on_error(error)


def _quickest(model):
    """Return a function that makes a replica of `model`, of fast layers if numba is installed."""
    if unavailable():
        return model.replica
    from nn.fast import fuse

    return lambda: fuse(model.replica())


def _write_lines(answers: Iterable[Answer]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for file, probabilities in answers:
        # Characters that the terminal cannot encode are escaped.
        name = file.encode(encoding, "backslashreplace").decode(encoding)
        digit = probabilities.argmax()
        print(f"{name}\t{digit}\t{probabilities[digit]:.4f}", flush=True)


def _write_json(answers: Iterable[Answer]) -> None:
    """Write an array object by object, in constant memory."""
    before = "["
    try:
        for file, probabilities in answers:
            rounded = [round(float(p), 6) for p in probabilities]
            digit = int(probabilities.argmax())
            record = {
                "file": file,
                "digit": digit,
                "probability": rounded[digit],
                "probabilities": rounded,
            }
            print(before, json.dumps(record), sep="\n", end="", flush=True)
            before = ","
    finally:  # even after an interruption the output is a valid array
        print("[]" if before == "[" else "\n]", flush=True)


def _counted(answers, bar):
    for answer in answers:
        yield answer
        bar.update()


def _samples() -> str:
    """Return the folder of the shipped pictures, relative to this one if it lies below."""
    here, folder = Path.cwd(), weights.SAMPLES
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="recognise.py",
        description="Read digits from pictures: one line each, FILE<TAB>DIGIT<TAB>PROBABILITY.",
        epilog="Exit status: 0 if all pictures were read, 1 if some were not, 2 on other errors.",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a picture (PNG, JPEG, BMP, GIF, TIFF or WebP), a folder, searched with its "
        "subfolders, or a stack: an .npy or .npz file of images, (N, H, W); images of 28x28 must "
        "look like MNIST's or its negative, others are prepared like pictures (default: samples/)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print an array of objects: file, digit, probability and all ten probabilities",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        default=weights.SHIPPED,
        metavar="FILE",
        help="network to use: .npz, .h5, .keras or .onnx (default: the shipped one)",
    )
    parser.add_argument(
        "--jobs",
        type=at_least(int, 1),
        default=usable_cores(),
        metavar="N",
        help="cores to use for many images (default: all, %(default)s)",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see ``python recognise.py --help``."""
    args = _parse(argv)
    unread = []

    def complain(error: Exception) -> None:
        unread.append(error)
        tqdm.write(f"recognise.py: {error}", file=sys.stderr)

    def expect(images: int) -> None:
        bar.total = (bar.total or 0) + images

    write = _write_json if args.json else _write_lines
    # The bar and the answers cannot share a terminal.
    hidden = sys.stdout.isatty() or not sys.stderr.isatty()
    try:
        model = weights.load(args.weights)
        names = args.files or [_samples()]
        with tqdm(disable=hidden, delay=1, unit=" images", leave=False) as bar:
            answers = recognise(model, names, complain, args.jobs, expect)
            write(_counted(answers, bar))
    except BrokenPipeError:  # as in `| head`: the reader has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (DataError, ModelFileError, OSError) as error:
        print(f"recognise.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if unread else 0


if __name__ == "__main__":
    sys.exit(main())

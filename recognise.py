"""Read digits from pictures: ``python recognise.py FILE...``.

Each picture gives one line, ``FILE<TAB>DIGIT<TAB>PROBABILITY``, or with ``--json`` one object of an
array, with the probability of all ten digits. A picture that cannot be read is one line on stderr;
the others still come, and the exit code is 1. Folders and stacks of many images are read with flat
memory, on all cores; only the images of a stack that are not 28x28 are prepared on one.
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
from experiment.options import at_least
from nn import ModelFileError, Sequential
from nn.fast.workers import Workers, usable_cores

BATCH = 128  # pictures through the network at once: fast, and memory stays bounded
TASK = 32  # images of a stack that a thread takes at once: they stay in its cache

Answer = tuple[str, NDArray[np.float32]]  # a file's name, the probabilities of the ten digits


def recognise(
    model: Sequential,
    names: Iterable[str],
    on_error: Callable[[Exception], None],
    jobs: int = 1,
    on_stack: Callable[[int], None] = lambda images: None,
) -> Iterator[Answer]:
    """Read the digit in each picture, in order, a batch at a time.

    Parameters
    ----------
    model : Sequential
        A network for (28, 28) images of ten digits.
    names : iterable of str
        Pictures, folders of pictures, and stacks of images.
    on_error : callable
        Is given the ``DataError`` or ``OSError`` of each picture, folder or stack that cannot be
        read, or for which the network has no answer.
    jobs : int
        How many cores to use.
    on_stack : callable
        Is given the number of images of each stack before its first answer.

    Yields
    ------
    file : str
        The picture's name as it was given; a folder's pictures come sorted; an image of a stack
        has its number, ``digits.npy[0]``.
    probabilities : ndarray of shape (10,), float32
        How likely each digit is.
    """
    for stacked, group in groupby(names, stacks.is_stack):
        if stacked:
            for file in group:
                yield from _recognise_stack(model, file, on_error, jobs, on_stack)
            continue
        found = folders.read(folders.find(group, on_error), on_error, jobs)
        while batch := list(islice(found, BATCH)):
            read, images = zip(*batch, strict=True)
            yield from _answers(model, read, np.stack(images), on_error)


def _answers(network, names, images, on_error):
    """Yield each image's name and probabilities; one that has none costs no other its own."""
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


def _part_of_a_stack(network, part):
    """Return the answers to some images, and the errors: what one thread does at a time."""
    errors: list[Exception] = []
    return list(_answers(network, *part, errors.append)), errors


def _recognise_stack(model, file, on_error, jobs, on_stack):
    """Yield the answers to a stack's images, and an error if it has one."""
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
            images, names = chunk.images[inked], [chunk.names[i] for i in inked]
            parts = [
                (names[start : start + TASK], images[start : start + TASK])
                for start in range(0, len(images), TASK)
            ]
            for answers, errors in workers.map(_part_of_a_stack, parts):
                yield from answers
                for error in errors:
                    on_error(error)


def _until_error(chunks, on_error):
    """Yield the chunks; an error ends them and goes to `on_error`."""
    try:
        yield from chunks
    except (DataError, OSError) as error:
        on_error(error)


def _quickest(model):
    """Return what makes networks like `model` that read many images soonest, a call for each."""
    try:
        from nn.fast.fuse import fuse
        from nn.fast.kernels import COMPILING
    except ImportError:  # no numba
        COMPILING = False
    return (lambda: fuse(model.replica())) if COMPILING else model.replica


def _write_lines(answers: Iterable[Answer]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for file, probabilities in answers:
        # A name that this terminal has no letters for is written with escapes.
        name = file.encode(encoding, "backslashreplace").decode(encoding)
        digit = probabilities.argmax()
        print(f"{name}\t{digit}\t{probabilities[digit]:.4f}", flush=True)


def _write_json(answers: Iterable[Answer]) -> None:
    """Write the array object by object, so that thousands need not be held."""
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
    finally:  # whatever ends it, what was printed is a whole array
        print("[]" if before == "[" else "\n]", flush=True)


def _counted(answers, bar):
    for answer in answers:
        yield answer
        bar.update()


def _samples() -> str:
    """The shipped pictures, named as briefly as they can be from here."""
    here, folder = Path.cwd(), weights.SAMPLES
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="recognise.py",
        description="Read digits from pictures: one line each, FILE<TAB>DIGIT<TAB>PROBABILITY.",
        epilog="Exit code: 0 all read, 1 some could not be read, 2 nothing could be done.",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a picture (PNG, JPEG, BMP, GIF or TIFF), a folder that has some in it or in its "
        "folders, or a stack: an .npy or .npz file of images of shape (N, 28, 28), like MNIST's, "
        "or of another size, prepared like pictures; default: samples/",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print an array of objects with file, digit, probability and all ten probabilities",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        default=weights.SHIPPED,
        metavar="FILE",
        help="a saved network, .npz, .h5, .keras or .onnx (default: the shipped one)",
    )
    parser.add_argument(
        "--jobs",
        type=at_least(int, 1),
        default=usable_cores(),
        metavar="N",
        help="cores to use when there are many images (default: all, %(default)s)",
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
    # Answers on the same terminal would break the bar; the first second needs none.
    hidden = sys.stdout.isatty() or not sys.stderr.isatty()
    try:
        model = weights.load(args.weights)
        names = args.files or [_samples()]
        with tqdm(disable=hidden, delay=1, unit=" images", leave=False) as bar:
            answers = recognise(model, names, complain, args.jobs, expect)
            write(_counted(answers, bar))
    except BrokenPipeError:  # as in `| head`: the reader has all it wants
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (DataError, ModelFileError, OSError) as error:
        print(f"recognise.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if unread else 0


if __name__ == "__main__":
    sys.exit(main())

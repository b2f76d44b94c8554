"""Read digits and numbers from pictures: ``python recognise.py FILE...``.

Each picture gives one line, ``FILE<TAB>DIGIT<TAB>PROBABILITY``; with ``--json``, one object of an
array, with the probabilities of all ten digits. A number is read as one, and a sheet gives a line
for each line of writing. A picture that cannot be read gives one line on stderr, the others are
still read, and the exit status is 1. A doubtful answer is noted on stderr. Folders and stacks of
any size are read in constant memory on all cores, except that images of a stack that are not 28x28
are prepared on one core.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import groupby, islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

import weights
from data import folders, stacks
from data.errors import DataError
from data.segments import pictures
from experiment import answers as written
from experiment.answers import Answer
from experiment.recognise_options import parse
from nn import ModelFileError, Sequential
from nn.fast import unavailable
from nn.fast.workers import Workers, parts

BATCH = 128  # pictures per call of the network: fast, and bounded in memory
NO_NUMBER = "there is ink in it, but no digit: crop it to the number on plain paper"
TASK = 32  # images of a stack per task of a thread: their feature maps fit its cache


def recognise(
    model: Sequential,
    names: Iterable[str],
    on_error: Callable[[Exception], None],
    jobs: int = 1,
    on_stack: Callable[[int], None] = lambda images: None,
    digits: str = "one",
    on_several: Callable[[str], None] = lambda file: None,
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
    digits : str
        Whether a picture holds one digit or a number: one of `data.segments.pictures.DIGITS`. An
        image of a stack holds one.
    on_several : callable
        Called with the name of a picture that is read as one digit, but has several pieces of ink.

    Yields
    ------
    file : str
        Name of the picture as given. Pictures of a folder are sorted; an image of a stack has its
        index, as in ``digits.npy[0]``.
    probabilities : ndarray, float32, (10,), or Reading
        What was read: one digit, or a number.
    """
    for is_stack, group in groupby(names, stacks.is_stack):
        if is_stack:
            for file in group:
                yield from _recognise_stack(model, file, on_error, jobs, on_stack)
        else:
            yield from _recognise_pictures(model, group, on_error, jobs, digits, on_several)


def _recognise_pictures(model, names, on_error, jobs, digits, on_several):
    """Yield the answers to pictures and to the pictures in folders."""
    find = partial(pictures.prepare, digits=digits)
    found = folders.read(folders.find(names, on_error), on_error, jobs, find)
    for single, group in groupby(found, lambda item: item[1].page is None):
        while batch := list(islice(group, BATCH if single else 1)):
            files, prepared = zip(*batch, strict=True)
            if not single:
                yield from _number(model, files[0], prepared[0], on_error, on_several)
                continue
            for file, picture in batch:
                if picture.several:
                    on_several(file)
            by_name = dict(batch)
            for file, proba in _answers(
                model, files, np.stack([p.digit for p in prepared]), on_error
            ):
                if pictures.is_unsure(by_name[file], proba):
                    yield from _look_again(model, file, proba, on_error, on_several)
                else:
                    yield file, proba


def _look_again(model, file, proba, on_error, on_several):
    """Yield the answer to a picture that looked like one digit, but may be two that touch."""
    _, picture = folders.prepare(file, partial(pictures.prepare, again=True))
    if isinstance(picture, Exception) or picture.page is None:
        yield file, proba
    else:
        yield from _number(model, file, picture, on_error, on_several)


def _number(model, file, picture, on_error, on_several):
    """Yield the answer to a picture that may hold a number."""
    try:
        proba = None
        if picture.digit is not None:
            (proba,) = model.predict_proba(picture.digit[None])
        reading = pictures.read(picture, proba, model.predict_proba)
    except FloatingPointError as error:
        on_error(DataError(f"{file}: {error}"))
        return
    if reading is not None:
        yield file, reading
    elif proba is not None:
        if picture.several:
            on_several(file)
        yield file, proba
    else:
        on_error(DataError(f"{file}: {picture.trouble or NO_NUMBER}"))


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


def _counted(answers, bar):
    for answer in answers:
        yield answer
        bar.update()


def _samples() -> str:
    """Return the folder of the shipped pictures, relative to this one if it lies below."""
    here, folder = Path.cwd(), weights.SAMPLES
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see ``python recognise.py --help``."""
    args = parse(argv)
    unread = []

    def complain(error: Exception) -> None:
        unread.append(error)
        note(str(error))

    def note(line: str) -> None:
        tqdm.write(f"recognise.py: {line}", file=sys.stderr)

    def expect(images: int) -> None:
        bar.total = (bar.total or 0) + images

    write = written.as_json if args.json else written.as_lines
    # The bar and the answers cannot share a terminal.
    hidden = sys.stdout.isatty() or not sys.stderr.isatty()
    try:
        model = weights.load(args.weights, args.pixels)
        names = args.files or [_samples()]
        with tqdm(disable=hidden, delay=1, unit=" images", leave=False) as bar:
            several: set[str] = set()
            answers = recognise(model, names, complain, args.jobs, expect, args.digits, several.add)
            answers = written.doubted(answers, args.doubt, several, note)
            if args.marked:
                answers = written.marked(answers, args.marked, complain)
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

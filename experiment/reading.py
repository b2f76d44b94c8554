"""Read the digits and numbers in pictures and stacks, in batches, one after another.

`read` does it in one call that can be pickled, for other processes and machines.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import ExitStack
from functools import lru_cache, partial
from itertools import groupby, islice
from typing import Any

import numpy as np

import weights
from data import folders, stacks
from data.errors import DataError
from data.segments import pictures
from experiment.answers import COLUMNS, Answer, rows
from guard.terminal import describe
from nn import Sequential
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
    done: Container[str] = (),
) -> Iterator[Answer]:
    """Read the digit in each picture, in order, in batches.

    Parameters
    ----------
    model : Sequential
        A network for digits; see `weights.check`.
    names : iterable of str
        Pictures, folders of pictures, tar archives of pictures, and stacks of images. A name that
        does not exist may be a pattern, as in ``scans/**/*.png``.
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
    done : container of str
        Names of pictures and of images of stacks that are left out.

    Yields
    ------
    file : str
        Name of the picture as given. Pictures of a folder are sorted; one of an archive has the
        archive's name in front, as in ``scans.tar/a.png``; an image of a stack has its index, as
        in ``digits.npy[0]``.
    probabilities : ndarray, float32, (10,), or Reading
        What was read: one digit, or a number.
    """
    for is_stack, group in groupby(folders.expand(names, on_error), stacks.is_stack):
        if is_stack:
            for file in group:
                yield from _recognise_stack(model, file, on_error, jobs, on_stack, done)
        else:
            files = (file for file in folders.find(group, on_error) if file not in done)
            yield from _recognise_pictures(model, files, on_error, jobs, digits, on_several)


def _recognise_pictures(model, files, on_error, jobs, digits, on_several):
    """Yield the answers to pictures."""
    find = partial(pictures.prepare, digits=digits)
    found = folders.read(files, on_error, jobs, find)
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
    elif proba is not None and not pictures.is_crowded(picture):
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


def _recognise_stack(model, file, on_error, jobs, on_stack, done):
    """Yield the answers to the images of a stack, read by several threads."""
    with ExitStack() as held:
        for chunk in _until_error(stacks.chunks(file), on_error):
            if chunk.start == 0:
                on_stack(chunk.of)
                held.close()
                network = _quickest(model) if chunk.of > stacks.CHUNK else model.replica
                workers = held.enter_context(Workers(network, jobs))
            left = np.array([name not in done for name in chunk.names])
            inked = chunk.images.any(axis=(1, 2))
            for i in np.flatnonzero(left & ~inked):
                on_error(DataError(f"{chunk.names[i]}: blank: there is no ink in it"))
            chosen = np.flatnonzero(left & inked)
            names, images = [chunk.names[i] for i in chosen], chunk.images[chosen]
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


def read(
    names: str | Iterable[str],
    weights_file: str | None = None,
    digits: str = "auto",
    pixels: str | None = None,
) -> list[dict[str, Any]]:
    """Read pictures in one call, for another process or another machine.

    The function and what it returns can be pickled: ``client.map(read, names)`` with Dask,
    ``Parallel()(delayed(read)(name) for name in names)`` with joblib, and ``ray.remote(read)``.
    A process loads the network once.

    Parameters
    ----------
    names : str or iterable of str
        What `recognise` takes. The files must be found under these names where this runs.
    weights_file : str, optional
        The network; the shipped one by default.
    digits : str
        See `recognise`.
    pixels : str, optional
        Unit of the network's pixels; see `weights.load`.

    Returns
    -------
    list of dict
        `experiment.answers.COLUMNS` for each digit or line of writing, and an ``error`` that is
        empty; for what cannot be read, an error that names it, and the rest None.
    """
    found: list[dict[str, Any]] = []

    def on_error(error):
        found.append(dict.fromkeys(COLUMNS) | {"error": describe(error)})

    model = _network(str(weights_file or weights.SHIPPED), pixels)
    given = [names] if isinstance(names, str) else names
    for answer in recognise(model, given, on_error, digits=digits):
        found += [dict(zip(COLUMNS, row, strict=True)) | {"error": ""} for row in rows(*answer)]
    return found


@lru_cache(maxsize=1)
def _network(file, pixels):
    return weights.load(file, pixels)

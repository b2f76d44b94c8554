"""Pictures in files and folders, made ready for a network on as many cores as asked for."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data import canvas
from data.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff")  # what a folder is read for
FIRST = 128  # so many are read right here: processes take longer to start
AT_ONCE = 32  # pictures that a process is given at a time

Picture = tuple[str, NDArray[np.float32]]
OnError = Callable[[Exception], None]


def find(names: Iterable[str], on_error: OnError) -> Iterator[str]:
    """Yield the files named, and for a folder all pictures in it and in its folders, sorted.

    Parameters
    ----------
    names : iterable of str
        Of files, which need not exist, and folders.
    on_error : callable
        Is given the ``OSError`` of a folder that cannot be listed, and a ``DataError`` for one
        without pictures.

    Yields
    ------
    str
    """
    for name in names:
        if not os.path.isdir(name):
            yield name
            continue
        empty = True
        for folder, folders, files in os.walk(Path(name), onerror=on_error):
            folders.sort()
            for file in sorted(files):
                if Path(file).suffix.lower() in SUFFIXES:
                    empty = False
                    yield os.path.join(folder, file)
        if empty:
            on_error(DataError(f"{name}: no picture in this folder ({', '.join(SUFFIXES)})"))


def read(files: Iterable[str], on_error: OnError, jobs: int = 1) -> Iterator[Picture]:
    """Make each picture look like an MNIST digit.

    Parameters
    ----------
    files : iterable of str
    on_error : callable
        Is given the ``DataError`` or ``OSError`` of each that cannot be read; the rest goes on.
    jobs : int
        Processes to read them with, if there are many.

    Yields
    ------
    file : str
    digit : ndarray of shape (28, 28), float32
        In the order of the files.
    """
    files = iter(files)
    first = (prepare(file) for file in (files if jobs == 1 else islice(files, FIRST)))
    for file, digit in chain(first, _prepared_elsewhere(files, jobs)):
        if isinstance(digit, Exception):
            on_error(digit)
        else:
            yield file, digit


def prepare(file: str) -> tuple[str, NDArray[np.float32] | Exception]:
    """Return a picture's name and digit, or the error that tells why it cannot be read."""
    try:
        with canvas.open_image(file) as image:
            digit = canvas.from_image(image)
        if not digit.any():
            raise DataError(f"{file}: blank: no ink was found on its paper")
    except (DataError, OSError) as error:
        return file, error
    return file, digit


def _prepared_elsewhere(files, jobs):
    """Yield `prepare` of each file, made by other processes a little ahead."""
    group = list(islice(files, AT_ONCE))
    if not group:
        return
    # "spawn": a process with threads cannot be safely copied as it is. Ctrl-C is for the parent.
    context = multiprocessing.get_context("spawn")
    ignoring = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(jobs, context, signal.signal, ignoring) as pool:
        coming = deque()
        try:
            while group or coming:
                if group and len(coming) < 2 * jobs:
                    coming.append(pool.submit(_prepare_all, group))
                    group = list(islice(files, AT_ONCE))
                else:
                    yield from coming.popleft().result()
        except BrokenProcessPool:
            raise DataError(
                "a process that prepares pictures has ended, for want of memory perhaps: "
                "try one core only"
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _prepare_all(files):
    return [prepare(file) for file in files]

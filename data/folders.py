"""Find pictures in folders and archives, and turn them into digits in several processes."""

import glob
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from PIL import Image

from data import canvas, tars
from data.errors import DataError
from data.pictures.formats import OTHER_SUFFIXES, SUFFIXES
from guard.processes import end_with_parent, interrupts_held

FIRST = 128  # pictures read in this process: starting others would take longer
AT_ONCE = 32  # pictures in one task of a worker process

Find = Callable[[Image.Image], Any]
OnError = Callable[[Exception], None]


def expand(names: Iterable[str], on_error: OnError) -> Iterator[str]:
    """Replace each pattern, such as ``scans/**/*.png``, by the files that match it, sorted.

    A name that exists is no pattern, whatever is in it. ``on_error`` is called with a ``DataError``
    for a pattern that nothing matches.
    """
    for name in names:
        if os.path.lexists(name) or not glob.has_magic(name):
            yield name
            continue
        matches = sorted(glob.iglob(name, recursive=True))
        yield from matches
        if not matches:
            on_error(DataError(f"{name}: no file matches this pattern"))


def find(names: Iterable[str], on_error: OnError) -> Iterator[str]:
    """Replace each folder or archive by the pictures in it and in its subfolders.

    Those of a folder are sorted; those of an archive keep its order. Pictures and pages in formats
    that cannot be read are among them, so that each is reported.

    Parameters
    ----------
    names : iterable of str
        Files and folders. A name that is not a folder is yielded as it is, even if it is missing.
    on_error : callable
        Called with an ``OSError`` if a folder cannot be listed, and with a ``DataError`` if it
        has no pictures.

    Yields
    ------
    str
        Path of a file.
    """
    for name in names:
        if not os.path.isdir(name):
            yield from tars.find(name, on_error) if tars.is_tar(name) else [name]
            continue
        empty = True
        waiting = [os.fspath(Path(name))]
        while waiting:  # os.walk recurses, and folders may be nested deeper than it can
            folder = waiting.pop()
            try:
                files, folders = _listed(folder)
            except OSError as error:
                on_error(error)
                continue
            waiting += [os.path.join(folder, inner) for inner in reversed(folders)]
            for file in files:
                empty = False
                yield os.path.join(folder, file)
        if empty:
            on_error(DataError(f"{name}: no picture in this folder ({', '.join(SUFFIXES)})"))


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """Return the names of the pictures and folders in a folder, sorted; no links to folders."""
    files, folders = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif Path(entry.name).suffix.lower() in SUFFIXES + OTHER_SUFFIXES and not (
                entry.is_symlink() and os.path.isdir(entry.path)
            ):
                files.append(entry.name)
    return sorted(files), sorted(folders)


def one_digit(image: Image.Image):
    """Return the digit in a picture, float32 (28, 28); raise DataError if there is none."""
    digit, trouble = canvas.find_digit(image)
    if trouble:
        raise DataError(trouble)
    return digit


def read(
    files: Iterable[str], on_error: OnError, jobs: int = 1, find: Find = one_digit
) -> Iterator[tuple[str, Any]]:
    """Turn pictures into digits that look like MNIST's, in the order of the files.

    Parameters
    ----------
    files : iterable of str
    on_error : callable
        Called with the ``DataError`` or ``OSError`` of a picture that cannot be read; the others
        are still yielded.
    jobs : int
        Worker processes; they start only if there are more than `FIRST` files.
    find : callable
        Finds the digit in a picture, or whatever is wanted of it, or raises ``DataError`` with a
        message that does not name the picture. It runs in other processes.

    Yields
    ------
    file : str
    digit : ndarray, float32, (28, 28)
        Paper is 0, ink is 1; or what ``find`` returns.

    Raises
    ------
    DataError
        If a worker process dies.
    """
    files = iter(files)
    first = (prepare(file, find) for file in (files if jobs == 1 else islice(files, FIRST)))
    for file, digit in chain(first, _prepared_elsewhere(files, jobs, find)):
        if isinstance(digit, Exception):
            on_error(digit)
        else:
            yield file, digit


def prepare(file: str, find: Find = one_digit) -> tuple[str, Any]:
    """Return a picture's name and its digit, or its name and the error if it cannot be read."""
    try:
        with canvas.open_image(file) as image:
            try:
                return file, find(image)
            except DataError as error:
                raise DataError(f"{file}: {error}") from None
    except (DataError, OSError) as error:
        return file, error


def _prepared_elsewhere(files, jobs, find):
    """Yield the results of `prepare`, computed ahead of time by worker processes."""
    group = list(islice(files, AT_ONCE))
    if not group:
        return
    # "spawn", because forking a process that has threads is unsafe.
    context = multiprocessing.get_context("spawn")
    resource_tracker.ensure_running()  # now, because its start would release Ctrl-C, held below
    with ProcessPoolExecutor(jobs, context, _begin_worker, (os.getpid(),)) as pool:
        coming = deque()
        try:
            while group or coming:
                if group and len(coming) < 2 * jobs:
                    with interrupts_held():  # here, processes start
                        coming.append(pool.submit(_prepare_all, group, find))
                    group = list(islice(files, AT_ONCE))
                else:
                    yield from coming.popleft().result()
        except BrokenProcessPool:
            raise DataError(
                "a process that prepares pictures has ended, perhaps out of memory: "
                "use one core (--jobs 1)"
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin_worker(parent):
    """Let the parent alone handle Ctrl-C, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(multiprocessing.parent_process().join, parent)


def _prepare_all(files, find):
    return [prepare(file, find) for file in files]

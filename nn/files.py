"""Files that are never half written, and archives that are never trusted."""

import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

MAX_ARCHIVE_BYTES = 1 << 30
"""The most that the arrays of one archive may take up in memory."""


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a file that appears under ``path`` whole, or not at all.

    What is written goes to a temporary name in the same folder, to the disk, and only then is
    renamed. Whatever goes wrong before leaves an older file of that name as it was.

    Yields
    ------
    binary file
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    """Return the process's umask; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read all arrays of an ``.npz`` file; nothing in it is ever executed.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is no archive of plain arrays, is damaged, or is larger than `MAX_ARCHIVE_BYTES`.
    """
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError("it is not an .npz archive")
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                if sum(member.file_size for member in archive.infolist()) > MAX_ARCHIVE_BYTES:
                    raise ValueError(f"its arrays take more than {MAX_ARCHIVE_BYTES} bytes")
                return {
                    member.filename.removesuffix(".npy"): _read_array(archive, member)
                    for member in archive.infolist()
                }
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise ValueError(f"the archive is damaged ({error})") from error


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Read one array; a pickled one is refused, and so is one larger than its file."""
    with archive.open(member) as stream:
        try:
            array = np.lib.format.read_array(stream, allow_pickle=False)
        except MemoryError:
            raise ValueError(f"{member.filename} claims an absurd size") from None
        if stream.read(1):
            raise ValueError(f"{member.filename} has bytes left over")
        return array

"""Files that are never half written, and archives that are never trusted."""

import math
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

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
        _sync_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Have the disk know of the new name, too, where a folder can be opened (not on Windows)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: str | os.PathLike) -> Iterator[None]:
    """Hold a folder, which is made if need be, against every other process that asks for it.

    The lock is the operating system's: it ends with its owner, however that ends. Where there is
    no `fcntl` (Windows), nothing is locked.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(
                error.errno, f"{folder}: another training is at work here; name another folder"
            ) from None
        yield
    finally:
        os.close(handle)


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
        except ValueError:
            raise
        except Exception as error:  # a dozen kinds: no two parsers agree on what damage is
            raise ValueError(f"the archive is damaged ({error or type(error).__name__})") from error


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Read one array; a pickled one is refused, and so is one of another size than its file."""
    with archive.open(member) as stream:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError(f"{member.filename!r} is of another version")
        shape, in_columns, dtype = np.lib.format.read_array_header_1_0(stream)
        content = stream.read()
    if dtype.hasobject or len(content) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{member.filename!r} is not the array it claims to be")
    return np.ndarray(shape, dtype, content, order="F" if in_columns else "C")

"""Atomic writes, and folders locked by one process."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Error numbers of a full disk, an exceeded quota and an exceeded file size."""


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under ``path`` whole, or not at all.

    The data is written to a temporary file in the same folder and flushed to the disk; then the
    file is renamed. If anything fails before that, an existing file at ``path`` is unchanged.
    Missing folders are made.

    Yields
    ------
    binary file

    Raises
    ------
    OSError
        If it cannot be written. If the disk is full, the message names the file and says what to
        do.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            reason = f"{error.strerror}; make room, or write to another disk"
            raise OSError(error.errno, reason, str(path)) from error
        raise


def _sync_folder(folder: Path) -> None:
    """Flush the new name to the disk, where a folder can be opened (not on Windows)."""
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
    """Lock a folder against other processes that call this, and make it if it is missing.

    The operating system releases the lock when its owner ends, even by a crash. Without `fcntl`
    (on Windows) nothing is locked.

    Raises
    ------
    BlockingIOError
        If another process holds the lock.
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
                error.errno, f"{folder}: another run is training here; name another folder"
            ) from None
        yield
    finally:
        os.close(handle)


def _umask() -> int:
    """Return the umask of the process, which can be read only by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

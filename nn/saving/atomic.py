"""Atomic writes, and folders locked by one process."""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from guard.files import TEMPORARY, create_temporary, lock

LOG = logging.getLogger(__name__)

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Error numbers of a full disk, an exceeded quota and an exceeded file size."""


@contextmanager
def atomic_write(path: str | os.PathLike, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under ``path`` whole, or not at all.

    The data is written to a temporary file in the same folder and flushed to the disk; then the
    file is renamed. If anything fails before that, an existing file at ``path`` is unchanged.
    Missing folders are made. Temporary files that killed processes left are deleted.

    Parameters
    ----------
    path : path-like
    durable : bool
        Whether to wait until the disk has the data, so that it survives a power failure.

    Yields
    ------
    binary file

    Raises
    ------
    OSError
        If it cannot be written. The message names the file and, if the disk is full, says what to
        do.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file, temporary = create_temporary(path)
        with file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            os.chmod(temporary, 0o666 & ~_umask())
            if os.name != "nt":  # before its lock ends; Windows renames only closed files
                os.replace(temporary, path)
        if os.name == "nt":
            os.replace(temporary, path)
        if durable:
            _sync_folder(path.parent)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _naming(error, path) from error
        raise


def _naming(error: OSError, path: Path) -> OSError:
    """Return an error that names the file itself, not the temporary one."""
    if error.errno in DISK_FULL:
        reason = f"{error.strerror}; make room, or write to another disk"
        return OSError(error.errno, reason, str(path))
    if os.fsdecode(error.filename or "").endswith(TEMPORARY):
        return OSError(error.errno, error.strerror, str(path))
    return error


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

    The operating system releases the lock when its owner ends, even by a crash. Nothing is locked
    on Windows, nor on a file system without locks; the latter is logged.

    Raises
    ------
    BlockingIOError
        If another process holds the lock.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    if os.name == "nt":  # folders cannot be opened there
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            trouble = lock(handle)
        except BlockingIOError as error:
            raise BlockingIOError(
                error.errno, f"{folder}: another run is training here; name another folder"
            ) from None
        if trouble:
            LOG.warning(
                "%s: cannot be locked (%s): make sure that no other run trains here",
                folder, trouble,
            )  # fmt: skip
        yield
    finally:
        os.close(handle)


def _umask() -> int:
    """Return the umask of the process, which can be read only by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

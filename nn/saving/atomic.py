"""Files written whole or not at all, and folders held by one process."""

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


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""How a system says that a file has no room."""


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a file that appears under ``path`` whole, or not at all.

    What is written goes to a temporary name in the same folder, to the disk, and only then is
    renamed. Whatever goes wrong before leaves an older file of that name as it was.

    Yields
    ------
    binary file

    Raises
    ------
    OSError
        If it cannot be written; if there is no room, with the file's name and the remedy.
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
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            reason = f"{error.strerror}; make room, or write to another disk"
            raise OSError(error.errno, reason, str(path)) from error
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

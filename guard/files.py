"""Open ordinary files only, and create temporary files that the next run clears.

A path from a stranger may be a FIFO, which blocks whoever opens it, a device, which never ends, or
a file that grows as fast as it is read.
"""

import errno
import io
import os
import re
import stat
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

KINDS = (
    (stat.S_ISDIR, errno.EISDIR, "a folder"),
    (stat.S_ISFIFO, errno.EINVAL, "a named pipe (FIFO)"),
    (stat.S_ISSOCK, errno.EINVAL, "a socket"),
    (stat.S_ISCHR, errno.EINVAL, "a device"),
    (stat.S_ISBLK, errno.EINVAL, "a device"),
)
"""What a path may be instead of an ordinary file."""

TEMPORARY = ".tmp"
OLD = 3600.0
"""Seconds after which a temporary file is abandoned, where files cannot be locked."""


def open_file(path: str | os.PathLike) -> BinaryIO:
    """Open an ordinary file for reading, without waiting; a link to one is followed.

    No more is read of it than it held when it was opened.

    Raises
    ------
    OSError
        If it is missing, or no ordinary file: the message says what it is.
    """
    _check_kind(os.stat(path), path)  # some devices act as soon as they are opened
    flags = ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT")
    handle = os.open(path, os.O_RDONLY | sum(getattr(os, name, 0) for name in flags))
    try:
        _check_kind(os.fstat(handle), path)  # it may have been replaced since
        return io.BufferedReader(_Ordinary(handle))
    except BaseException:
        os.close(handle)
        raise


def read_file(path: str | os.PathLike, limit: int) -> bytes:
    """Return the content of an ordinary file; raise ValueError if it has more than ``limit`` bytes.

    Raises
    ------
    OSError
        As `open_file`.
    """
    with open_file(path) as file:
        content = file.read(limit + 1) or b""
    if len(content) > limit:
        raise ValueError(f"it takes more than {limit:,} bytes")
    return content


def _check_kind(status: os.stat_result, path) -> None:
    """Raise OSError unless a path is an ordinary file."""
    if stat.S_ISREG(status.st_mode):
        return
    for is_kind, number, name in KINDS:
        if is_kind(status.st_mode):
            raise OSError(number, f"{name}, not an ordinary file", os.fspath(path))
    raise OSError(errno.EINVAL, "not an ordinary file", os.fspath(path))


class _Ordinary(io.FileIO):
    """An open file that ends where it ended when it was opened."""

    def __init__(self, handle: int):
        super().__init__(handle, "rb")
        self._end = os.fstat(handle).st_size

    def _left(self) -> int:
        return max(self._end - self.tell(), 0)

    def readinto(self, buffer, /):
        return super().readinto(memoryview(buffer).cast("B")[: self._left()])

    def read(self, size=-1, /):
        left = self._left()
        return super().read(left if size is None or size < 0 else min(size, left))

    def readall(self):
        return self.read()

    def seek(self, offset, whence=os.SEEK_SET, /):
        if whence == os.SEEK_END:
            offset, whence = max(self._end + offset, 0), os.SEEK_SET
        return super().seek(offset, whence)


def lock(handle: int) -> str:
    """Lock an open file or folder against other processes that do so; its owner's end unlocks it.

    Returns
    -------
    str
        Why the file system cannot lock it; empty if it is locked, or on Windows, which has no
        such locks.

    Raises
    ------
    BlockingIOError
        If another process holds the lock.
    """
    if fcntl is None:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:  # ENOLCK, EOPNOTSUPP, ENOSYS
        return error.strerror or str(error)
    return ""


def create_temporary(path: str | os.PathLike) -> tuple[BinaryIO, Path]:
    """Create a temporary file beside ``path``, and clear those that killed processes left.

    It is locked while it is open. So the next call for the same path, in any process, can tell
    whether it is still being written.

    Returns
    -------
    file : binary file
        Open for writing; rename it before it is closed.
    name : Path
    """
    path = Path(path)
    _clear_temporary(path)
    while True:
        handle, name = tempfile.mkstemp(TEMPORARY, f".{path.name}.", path.parent)
        try:
            if fcntl is not None:
                fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # a file system without locks: its age must tell
            pass
        if os.fstat(handle).st_nlink or os.name == "nt":
            return os.fdopen(handle, "wb"), Path(name)
        os.close(handle)  # cleared by another process before it was locked


def _clear_temporary(path: Path) -> None:
    """Delete the temporary files for ``path`` whose writers are gone."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}{re.escape(TEMPORARY)}")
    try:
        left = [entry for entry in os.scandir(path.parent) if ours.fullmatch(entry.name)]
    except OSError:
        return
    for entry in left:
        try:
            if entry.is_file(follow_symlinks=False):
                _delete_abandoned(entry)
        except OSError:  # gone, not ours or, on Windows, still open
            continue


def _delete_abandoned(entry: os.DirEntry) -> None:
    """Delete a temporary file, unless a process still writes it."""
    if fcntl is None:
        os.unlink(entry)  # Windows deletes no open file
        return
    handle = os.open(entry, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(entry)  # under the lock: a writer that waits for it sees that it is gone
    except BlockingIOError:
        pass  # it is being written
    except OSError:  # a file system without locks: its age must tell
        if time.time() - entry.stat().st_mtime > OLD:
            os.unlink(entry)
    finally:
        os.close(handle)

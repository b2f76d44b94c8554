"""Pictures in ``.tar`` archives, read where they lie: nothing is unpacked.

An archive may come from a stranger. Members that are not ordinary files, or whose names lead out of
the archive, are refused. The memory for headers, and the headers between two members, are limited.
"""

import io
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from data.errors import DataError
from data.pictures.formats import OTHER_SUFFIXES, SUFFIXES
from guard.files import open_file

SUFFIX = ".tar"
COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
MAX_HEADER_BYTES = 1 << 16  # of an extended header, such as one with a long name
MAX_HEADERS = 100  # reads between two members: an archive of pictures has at most six


class Member(str):
    """The name of a picture in an archive, which knows where it lies; it can be pickled.

    Attributes
    ----------
    archive : str
    offset, size : int
        The picture's bytes in the archive.
    """

    archive: str
    offset: int
    size: int

    def __new__(cls, name: str, archive: str, offset: int, size: int) -> "Member":
        member = super().__new__(cls, name)
        member.archive, member.offset, member.size = archive, offset, size
        return member

    def __getnewargs__(self):
        return str(self), self.archive, self.offset, self.size


def is_tar(name: str) -> bool:
    """Return whether a file is an archive, by its suffix."""
    return name.lower().endswith((SUFFIX, *COMPRESSED))


def open_member(path: str | os.PathLike, most: int) -> BinaryIO:
    """Open a file, or a member of an archive, of which at most ``most`` bytes are wanted."""
    if not isinstance(path, Member):
        return open_file(path)
    with open_file(path.archive) as file:
        file.seek(path.offset)
        content = file.read(min(path.size, most))
    if len(content) < min(path.size, most):
        raise DataError(f"{path}: the archive ends in it: copy the archive again")
    return io.BytesIO(content)


def find(archive: str, on_error: Callable[[Exception], None]) -> Iterator[Member]:
    """Yield the pictures in an archive, in its order.

    Parameters
    ----------
    archive : str
    on_error : callable
        Called with a ``DataError`` for each member that is refused, and with a ``DataError`` or
        ``OSError`` if the archive is damaged, empty or cannot be opened.
    """
    if archive.lower().endswith(COMPRESSED):
        on_error(DataError(f"{archive}: compressed: make it a plain .tar, or unpack it"))
        return
    empty = True
    try:
        with open_file(archive) as file:
            for entry in _entries(_Headers(file), archive):
                name = f"{archive}/{entry.name}"
                if entry.isdir() or not _is_picture(entry.name):
                    continue
                empty = False
                if trouble := _trouble(entry):
                    on_error(DataError(f"{name}: {trouble}"))
                else:
                    yield Member(name, archive, entry.offset_data, entry.size)
    except (DataError, OSError) as error:
        on_error(error)
        return
    if empty:
        on_error(DataError(f"{archive}: no picture in this archive ({', '.join(SUFFIXES)})"))


def _is_picture(name):
    return Path(name).suffix.lower() in SUFFIXES + OTHER_SUFFIXES


def _trouble(entry):
    """Return why a member is refused; empty if it is not."""
    if entry.issym() or entry.islnk():
        return "a link in an archive: add the picture itself"
    if not entry.isreg() or entry.issparse():
        return "not an ordinary file: add the picture itself"
    if entry.name.startswith("/") or ".." in entry.name.split("/"):
        return "its name leads out of the archive: add it under a relative name"
    return ""


def _entries(headers, archive):
    """Yield the headers of an archive's members, in constant memory."""
    try:
        with tarfile.open(fileobj=headers, mode="r:") as tar:
            before = -1
            while (entry := tar.next()) is not None:
                if entry.offset <= before or entry.size < 0:  # it would go round in circles
                    raise tarfile.TarError("members overlap")
                before = entry.offset
                yield entry
                tar.members.clear()
                headers.left = MAX_HEADERS
    except OSError:
        raise
    except (tarfile.TarError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise DataError(f"{archive}: not a complete tar archive: write it again") from error


class _Headers(io.RawIOBase):
    """An archive of which only headers are read, and few at a time."""

    def __init__(self, file):
        self._file = file
        self.left = MAX_HEADERS

    def read(self, size=-1):
        """Return the next bytes; raise ValueError if they are too many, or read too often."""
        self.left -= 1
        if not 0 <= size <= MAX_HEADER_BYTES or self.left < 0:
            raise ValueError("headers too large")
        return self._file.read(size)

    def seek(self, offset, whence=os.SEEK_SET):
        """Go to an offset."""
        return self._file.seek(offset, whence)

    def tell(self):
        """Return the offset."""
        return self._file.tell()

"""Archives of arrays, ``.npz``, that are never trusted."""

import math
import os
import struct
import zipfile
from typing import BinaryIO

import numpy as np

from .atomic import atomic_write

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


MAX_MODEL_BYTES = 1 << 26
"""The most that the arrays of a model may take up: sixteen million weights in float32."""

MAX_ARCHIVE_BYTES = 5 * MAX_MODEL_BYTES
"""The most that those of any archive may: a checkpoint has a model four times, and some more."""

MAX_DIRECTORY_BYTES = 1 << 20
"""The most that an archive's list of its arrays may take up: zipfile reads it entry by entry."""

HEADER_BYTES = 256
"""More than the header of any array that is written here."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What NumPy writes. The others are unpacked by zipfile in one go, however much comes out."""

KINDS = "biufSU"
"""Of numbers and texts, as in ``dtype.kind``: no objects, no records, no dates."""


def write_arrays(
    path: str | os.PathLike, arrays: dict[str, np.ndarray], most: int = MAX_ARCHIVE_BYTES
) -> None:
    """Write arrays as an ``.npz`` file, whole or not at all.

    Raises
    ------
    ValueError
        If they take up more than the ``most`` bytes that `read_arrays` would read again.
    """
    size = sum(array.nbytes + HEADER_BYTES for array in arrays.values())
    if size > most:
        raise ValueError(f"{path}: its arrays take {size} bytes; {most} are the most read again")
    with atomic_write(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # no array is named allow_pickle


def read_arrays(path: str | os.PathLike, most: int = MAX_ARCHIVE_BYTES) -> dict[str, np.ndarray]:
    """Read all arrays of an ``.npz`` file; nothing in it is ever executed, or written to a name.

    Parameters
    ----------
    path : path-like
    most : int
        Bytes that the arrays may take up; no more is unpacked.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is no archive of plain arrays, is damaged, or is larger than allowed.
    """
    with open(path, "rb") as file:
        _check_directory(file)
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                if sum(member.file_size for member in members) > most:
                    raise ValueError(f"its arrays take more than {most} bytes")
                arrays = {
                    member.filename.removesuffix(".npy"): _read_array(archive, member)
                    for member in members
                }
        except ValueError:
            raise
        except Exception as error:  # a dozen kinds: no two parsers agree on what damage is
            raise ValueError(f"the archive is damaged ({error or type(error).__name__})") from error
    if len(arrays) < len(members):
        raise ValueError("two of its arrays have one name")
    return arrays


def _check_directory(file: BinaryIO) -> None:
    """See that the list of members is short, by the record that ends the archive.

    The record must end the file, too, and have no larger twin before it, as zips beyond 4 GiB do.
    """
    record = struct.Struct("<4s16x4s8xLLH")  # perhaps the twin's locator, then the record
    file.seek(max(file.seek(0, os.SEEK_END) - record.size, 0))
    locator, end, size, _, comment = record.unpack(file.read().rjust(record.size, b"\0"))
    if end != b"PK\5\6" or comment:
        raise ValueError("it is not an .npz archive")
    if locator == b"PK\6\7" or size > MAX_DIRECTORY_BYTES:
        raise ValueError(f"its list of arrays takes more than {MAX_DIRECTORY_BYTES} bytes")


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Read one array; a pickled one is refused, and so is one of another size than its file."""
    name = f"{member.filename!r}"
    if member.compress_type not in METHODS:
        raise ValueError(f"{name} is compressed in a way that NumPy does not use")
    with archive.open(member) as stream:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError(f"{name} is of another version")
        shape, in_columns, dtype = np.lib.format.read_array_header_1_0(stream)
        size = math.prod(shape) * dtype.itemsize
        plain = dtype.kind in KINDS and dtype.itemsize > 0
        content = stream.read(size + 1) if plain and 0 <= size <= member.file_size else None
    if content is None or len(content) != size:
        raise ValueError(f"{name} is not the array it claims to be")
    return np.ndarray(shape, dtype, content, order="F" if in_columns else "C")

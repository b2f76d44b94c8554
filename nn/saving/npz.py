"""Archives of arrays, ``.npz``: written atomically, and untrusted when read."""

import math
import os
import struct
import zipfile
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

import numpy as np

from guard.budget import budget, charge
from guard.files import open_file

from .atomic import atomic_write

MAX_MODEL_BYTES = 1 << 26
"""Limit for the arrays of a model: 64 MiB, or 16 million weights in float32."""

MAX_ARCHIVE_BYTES = 5 * MAX_MODEL_BYTES
"""Limit for the arrays of any archive: a checkpoint holds four copies of a model, and more."""

SECONDS = 3.0
"""Limit of the processor time for reading an archive, whose members may be small and slow."""

MAX_DIRECTORY_BYTES = 1 << 20
"""Limit for the central directory of an archive, which zipfile reads entry by entry."""

HEADER_BYTES = 256
"""Upper bound for the header of an array that is written here."""

MAX_ARRAYS = 20_000
"""Limit for the number of arrays: a checkpoint of a thousand layers has some 16,000."""

Place = str | os.PathLike | BinaryIO
"""Path of a file or, between processes, an open file that can be sought."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compression methods that NumPy writes. zipfile unpacks all others at once, whatever the size."""

KINDS = "biufSU"
"""Values of ``dtype.kind`` that are read: numbers and texts, no objects, records or dates."""


def write_arrays(
    path: Place, arrays: dict[str, np.ndarray], limit: int = MAX_ARCHIVE_BYTES
) -> None:
    """Write arrays as an ``.npz`` file, whole or not at all.

    Parameters
    ----------
    path : path-like or binary file
    arrays : dict of str to ndarray
    limit : int
        Size in bytes that `read_arrays` accepts.

    Raises
    ------
    ValueError
        If the arrays take more than ``limit`` bytes.
    OSError
        If the file cannot be written.
    """
    size = sum(array.nbytes + HEADER_BYTES for array in arrays.values())
    if size > limit:
        raise ValueError(f"{path}: its arrays take {size} bytes; at most {limit} can be read back")
    with atomic_write(path) if isinstance(path, (str, os.PathLike)) else nullcontext(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # no array is named allow_pickle


def read_arrays(path: Place, limit: int = MAX_ARCHIVE_BYTES) -> dict[str, np.ndarray]:
    """Read all arrays of an ``.npz`` file. Nothing in it is executed or extracted to the disk.

    Parameters
    ----------
    path : path-like or binary file
    limit : int
        Most bytes that the arrays may take; no more are unpacked.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is not an archive of plain arrays, is damaged, or exceeds a limit or the budget.
    """
    with _opened(path) as file, budget(items=MAX_ARRAYS, seconds=SECONDS):
        check_directory(file)
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                if sum(member.file_size for member in members) > limit:
                    raise ValueError(f"its arrays take more than {limit} bytes")
                arrays = {
                    member.filename.removesuffix(".npy"): _read_array(archive, member)
                    for member in members
                }
        except ValueError:
            raise
        except Exception as error:  # zipfile and NumPy raise many kinds for a damaged file
            raise ValueError(f"the archive is damaged ({error or type(error).__name__})") from error
    if len(arrays) < len(members):
        raise ValueError("two of its arrays have the same name")
    return arrays


def _opened(path: Place) -> AbstractContextManager[BinaryIO]:
    """Open a file for reading, unless it is open already."""
    return open_file(path) if isinstance(path, (str, os.PathLike)) else nullcontext(path)


def check_directory(file: BinaryIO) -> None:
    """Check the size of the central directory, as the record at the end of the file states it.

    A comment after the record, and the ZIP64 record that archives beyond 4 GiB have before it, are
    refused.
    """
    record = struct.Struct("<4s16x4s8xLLH")  # locator of a ZIP64 record, if any; end record
    file.seek(max(file.seek(0, os.SEEK_END) - record.size, 0))
    locator, end, size, _, comment = record.unpack(file.read().rjust(record.size, b"\0"))
    if end != b"PK\5\6" or comment:
        raise ValueError("it is not an .npz archive")
    if locator == b"PK\6\7" or size > MAX_DIRECTORY_BYTES:
        raise ValueError(f"its list of arrays takes more than {MAX_DIRECTORY_BYTES} bytes")


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """Read one array; refuse a pickled one, and one whose size is not that of its data."""
    # `data.stacks` reads the headers of stacks of images; `nn` and `data` may not import each
    # other. Both leave the parsing to NumPy.
    name = f"{member.filename!r}"
    if member.compress_type not in METHODS:
        raise ValueError(f"{name} is compressed in a way that NumPy does not use")
    with archive.open(member) as stream:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError(f"{name} has an unsupported version of the .npy format")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
        size = math.prod(shape) * dtype.itemsize
        plain = dtype.kind in KINDS and dtype.itemsize > 0
        charge(bytes=max(size, 0), items=1)
        content = stream.read(size + 1) if plain and 0 <= size <= member.file_size else None
    if content is None or len(content) != size:
        raise ValueError(f"{name} is not the array it claims to be")
    return np.ndarray(shape, dtype, content, order="F" if fortran_order else "C")

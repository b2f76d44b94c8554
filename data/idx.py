"""IDX, the file format of MNIST: a short header, then an array of bytes.

The header is four bytes (0, 0, 8 for unsigned bytes, the number of axes) and the size of each axis
as a big-endian uint32. The elements follow in C order.
"""

import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from guard.files import open_file

CHUNK = 1 << 16  # compressed bytes per read
MAX_COUNT = 300_000  # items; EMNIST has 280,000 digits, so a larger count is a damaged header


def read(path: Path, item_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read the items of an IDX file; one whose name ends in ".gz" is decompressed.

    At most one byte more than the header declares is read or decompressed.

    Parameters
    ----------
    path : Path
    item_shape : tuple of int
        Expected shape of an item: (28, 28) for images, () for labels.

    Returns
    -------
    ndarray, uint8, (N, *item_shape)
        Writable; N is in [1, `MAX_COUNT`].

    Raises
    ------
    DataError
        If the file is empty, truncated or oversized, has another type or shape, or is no valid
        gzip file.
    OSError
        If the file cannot be opened.
    """
    try:
        with open_file(path) as file:
            content = Gunzip(file) if path.suffix == ".gz" else file
            count = _read_count(content, path, item_shape)
            size = count * math.prod(item_shape)
            body = content.read(size + 1)  # one byte more, to detect trailing bytes
    except EOFError as error:
        raise unusable(path, "is truncated: its gzip stream does not end") from error
    except zlib.error as error:
        raise unusable(path, f"is not a valid gzip file ({error})") from error
    if len(body) < size:
        raise unusable(path, f"is truncated: {len(body)} of {size} bytes after its header")
    if len(body) > size:
        raise unusable(path, f"is oversized: bytes trail the {size} that its header declares")
    return np.frombuffer(body, np.uint8).reshape(count, *item_shape).copy()  # a copy is writable


class Gunzip:
    """A gzip file of one member, decompressed on demand.

    The standard library's `gzip` loops in Python over each byte of a header and over any number of
    empty members, so that a hostile file of a few megabytes takes a minute. Here zlib parses
    everything, and a second member is trailing data.

    Parameters
    ----------
    file : binary file
    """

    def __init__(self, file: BinaryIO):
        self._file = file
        self._zlib = zlib.decompressobj(wbits=31)  # 31: expect a gzip header and checksum

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes; fewer at the end.

        Raises
        ------
        EOFError
            If the file is truncated.
        zlib.error
            If it is no valid gzip file.
        """
        parts = []
        while size > 0:
            packed = self._zlib.unconsumed_tail or self._zlib.unused_data or self._file.read(CHUNK)
            if self._zlib.eof:  # return trailing bytes as they are: `read` reports them
                parts.append(packed[:size])
                break
            if not packed:
                if self._file.tell() == 0:  # empty, not truncated
                    break
                raise EOFError
            parts.append(self._zlib.decompress(packed, size))
            size -= len(parts[-1])
        return b"".join(parts)


def unusable(path: Path, fault: str) -> DataError:
    """Return the error for a file that exists and whose content cannot be used."""
    return DataError(f"{path} {fault}; delete it or replace it with a good copy")


def _read_count(file: BinaryIO | Gunzip, path: Path, item_shape: tuple[int, ...]) -> int:
    axes = 1 + len(item_shape)
    magic = bytes((0, 0, 8, axes))
    found = file.read(4)
    sizes = file.read(4 * axes)
    if not found:
        raise unusable(path, "is empty")
    if found != magic:
        raise unusable(path, f"begins with {found.hex(' ')}, not with {magic.hex(' ')}")
    if len(sizes) < 4 * axes:
        raise unusable(path, "is truncated inside its header")
    count, *shape = struct.unpack(f">{axes}I", sizes)
    if tuple(shape) != item_shape:
        raise unusable(path, f"holds items of shape {tuple(shape)}, not {item_shape}")
    if not 1 <= count <= MAX_COUNT:
        raise unusable(path, f"declares {count} items, not 1 to {MAX_COUNT}")
    return count

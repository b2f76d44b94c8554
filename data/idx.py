"""IDX, the file format of MNIST: arrays of bytes behind a short header.

Four bytes say what follows (0, 0, 8 for unsigned bytes, the number of axes), then each axis has its
size as a big-endian number of four bytes, then come the elements, the last axis running fastest.
"""

import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError

CHUNK = 1 << 16  # bytes of a gzip file that are unpacked at a time
MAX_COUNT = 300_000  # a larger count is a damaged header: EMNIST's digits, all of them, are 280,000


def read(path: Path, item_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read items of a known shape; a name that ends in ".gz" is a gzip file.

    Never more than the header declares, and one byte, is read or unpacked.

    Parameters
    ----------
    path : Path
    item_shape : tuple of int
        Shape of one item: (28, 28) for images, () for labels.

    Returns
    -------
    items : (N, *item_shape) uint8
        N is at least 1 and at most `MAX_COUNT`.

    Raises
    ------
    DataError
        If the file is empty, truncated, oversized, of another type or shape, or not sound gzip.
    OSError
        If the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            content = Gunzip(file) if path.suffix == ".gz" else file
            count = _read_count(content, path, item_shape)
            size = count * math.prod(item_shape)
            body = content.read(size + 1)  # one more than there should be, to see what trails
    except EOFError as error:
        raise unusable(path, "is truncated: its gzip stream does not end") from error
    except zlib.error as error:
        raise unusable(path, f"is not a sound gzip file ({error})") from error
    if len(body) < size:
        raise unusable(path, f"is truncated: {len(body)} of {size} bytes after its header")
    if len(body) > size:
        raise unusable(path, f"is oversized: bytes trail the {size} that its header declares")
    return np.frombuffer(body, np.uint8).reshape(count, *item_shape).copy()  # copied: writable


class Gunzip:
    """What a gzip file holds, unpacked only as far as it is asked for.

    The library's own gzip reads a header byte by byte and takes any number of empty parts, so that
    a few megabytes can keep it busy for a minute. Here there is one part, and zlib reads it all.

    Parameters
    ----------
    file : binary file
    """

    def __init__(self, file: BinaryIO):
        self._file = file
        self._zlib = zlib.decompressobj(wbits=31)  # 31: a gzip header, the data, their checksum

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes, or all that are left.

        Raises
        ------
        EOFError
            If the file is cut short.
        zlib.error
            If it is not sound gzip.
        """
        parts = []
        while size > 0:
            packed = self._zlib.unconsumed_tail or self._zlib.unused_data or self._file.read(CHUNK)
            if self._zlib.eof:  # what follows the end is handed out as it is, and is too much
                parts.append(packed[:size])
                break
            if not packed:
                if self._file.tell() == 0:  # of no bytes at all nothing was cut off
                    break
                raise EOFError
            parts.append(self._zlib.decompress(packed, size))
            size -= len(parts[-1])
        return b"".join(parts)


def unusable(path: Path, fault: str) -> DataError:
    """Return the error for a file that is there and whose content cannot be used."""
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

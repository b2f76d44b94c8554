"""Stacks: many images in one ``.npy`` or ``.npz`` file, read a few thousand at a time.

A stack is read from its first byte to its last and never held as a whole, so memory stays the same
however many images there are.
"""

import io
import math
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from PIL import Image

from data import canvas
from data.errors import DataError
from data.pictures.open import MAX_DECODED_PIXELS

SUFFIXES = (".npy", ".npz")
CHUNK = 8192
"""Images that are read at once, unless they are large."""

CHUNK_BYTES = 32 << 20
"""What is read at once is no more than this."""

SIZE = (canvas.FIELD, canvas.FIELD)
HEADERS = {  # by version: the bytes that say how long a header is, and what reads it
    (1, 0): (2, np.lib.format.read_array_header_1_0),
    (2, 0): (4, np.lib.format.read_array_header_2_0),
}
MAX_HEADER_BYTES = 10_000  # NumPy's own limit, which it looks at once the header is read

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What NumPy writes. The others are unpacked by zipfile in one go, however much comes out."""


class Chunk(NamedTuple):
    """Some of a stack's images, ready for a network.

    Attributes
    ----------
    names : list of str
        Each image's: the file's, and which it is, ``digits.npy[0]``.
    images : ndarray, shape (n, 28, 28)
        uint8, or float in [0, 1]; ink is above 0.
    start, of : int
        Which image of its stack is the first here, from 0, and how many the whole stack has.
    """

    names: list[str]
    images: np.ndarray
    start: int
    of: int


def is_stack(name: str) -> bool:
    """Return whether a file's name is that of a stack."""
    return Path(name).suffix.lower() in SUFFIXES


def chunks(file: str) -> Iterator[Chunk]:
    """Read a stack's images in order.

    An ``.npz`` file may hold several stacks, ``digits.npz/train[0]``; what is no array of images in
    it, such as labels, is passed over. Images of 28x28 are taken as they are, like MNIST's; those
    of another size are prepared one by one, as a picture in a file is.

    Raises
    ------
    DataError
        If it is no whole file of images; what came before may still be used.
    OSError
        If it cannot be opened.
    """
    read = _chunks if Path(file).suffix.lower() == ".npy" else _chunks_of_all
    with open(file, "rb") as content:
        try:
            yield from read(content, file)
        except DataError:
            raise
        except Exception as error:  # a dozen kinds: no two parsers agree on what damage is
            ending = Path(file).suffix
            raise DataError(f"{file}: not a whole {ending} file: save it again") from error


def _chunks_of_all(content, file):
    """Yield the images of all arrays of an archive that are images."""
    found = False
    with zipfile.ZipFile(content) as archive:
        for member in archive.infolist():
            name = f"{file}/{member.filename.removesuffix('.npy')}"
            if member.compress_type not in METHODS:
                raise DataError(f"{name}: compressed in a way that NumPy does not use")
            with archive.open(member) as stream:
                if len(_header(stream, name)[0]) not in (3, 4):
                    continue
            with archive.open(member) as stream, closing(_chunks(stream, name)) as parts:
                found = True
                yield from parts
    if not found:
        raise DataError(f"{file}: no array of images in it: their shape is (N, 28, 28)")


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Return an array's shape and dtype; refuse what is not stored image by image."""
    digits, parse = HEADERS[np.lib.format.read_magic(stream)]
    stated = stream.read(digits)
    length = int.from_bytes(stated, "little")
    if length > MAX_HEADER_BYTES:
        raise DataError(f"{name}: its header takes more than {MAX_HEADER_BYTES:,} bytes")
    shape, in_columns, dtype = parse(io.BytesIO(stated + stream.read(length)))
    if in_columns and len(shape) > 1:
        raise DataError(f"{name}: stored column by column: save np.ascontiguousarray of it")
    return shape, dtype


def _chunks(stream, name):
    """Yield the images of one array."""
    shape, dtype = _header(stream, name)
    size = shape[1:3]
    if len(shape) not in (3, 4) or shape[3:] not in ((), (1,), (3,)) or min(shape) < 1:
        raise DataError(f"{name}: shape {shape} is no stack of images: (N, 28, 28) is")
    if dtype != np.uint8 and dtype.kind != "f":
        raise DataError(f"{name}: {dtype} is no image's: uint8 is, or float in [0, 1]")
    if math.prod(size) > MAX_DECODED_PIXELS:
        raise DataError(f"{name}: images of {size} are more than {MAX_DECODED_PIXELS:,} pixels")
    one = math.prod(shape[1:]) * dtype.itemsize
    few = max(1, min(CHUNK, CHUNK_BYTES // one))
    for start in range(0, shape[0], few):
        n = min(few, shape[0] - start)
        data = stream.read(n * one)
        if len(data) < n * one:
            raise DataError(f"{name}: cut short after image {start + len(data) // one}")
        images = np.frombuffer(data, dtype).reshape(n, *shape[1:])
        if dtype.kind == "f" and not (images.min() >= 0 and images.max() <= 1):
            raise DataError(f"{name}: floats of an image are in [0, 1]: divide by 255")
        names = [f"{name}[{i}]" for i in range(start, start + n)]
        yield Chunk(names, _as_digits(images), start, shape[0])


def _as_digits(images):
    """Return images of 28x28 as they are, and others prepared: float32, (n, 28, 28)."""
    if images.shape[3:] == (1,):
        images = images[..., 0]
    if images.shape[1:] == SIZE:
        return images
    if images.dtype != np.uint8:
        images = np.rint(255 * images).astype(np.uint8)
    return np.stack([canvas.from_image(Image.fromarray(image)) for image in images])

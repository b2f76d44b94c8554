"""Stacks: many images in one ``.npy`` or ``.npz`` file, read in chunks of a few thousand.

The file is streamed, so memory does not grow with the number of images.
"""

import io
import math
import zipfile
from collections.abc import Iterator
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from PIL import Image

from data import canvas
from data.errors import DataError
from data.pictures.open import MAX_DECODED_PIXELS
from guard.budget import Budget, BudgetError, charge
from guard.files import open_file

SUFFIXES = (".npy", ".npz")
CHUNK = 8192
"""Largest number of images in a chunk."""

PREPARED = 512
"""The same for images that are prepared like pictures, which is slow: the first answers come early.
"""

CHUNK_BYTES = 32 << 20
"""Largest size of a chunk, unless a single image is larger."""

HEADERS = {  # version: size of the field that holds the header's length, and NumPy's parser
    (1, 0): (2, np.lib.format.read_array_header_1_0),
    (2, 0): (4, np.lib.format.read_array_header_2_0),
}
FREE_BYTES = 8 << 20
"""Bytes of images that a file of any size may hold: 10,000 of 28x28, which take a second."""

RATIO = 40
"""Most bytes of images per byte of the file, beyond `FREE_BYTES`. Digits compress to a tenth."""

SMALLEST = 784
"""Bytes that are charged for an image that is smaller."""

SECONDS, SECONDS_PER_BYTE = 3.0, 1e-4
"""Processor time for preparing images that are not 28x28: for a file of any size, and per byte of
the file. A drawn digit of 64x64 takes 3 ms and a few hundred bytes."""

MAX_IMAGE_BYTES = 128 << 20
"""Largest size of one image: 40 million pixels of three bytes."""

MAX_ARRAYS = 4000
"""Most arrays in an archive; every 100 bytes of a header count as one more array."""

MAX_DIRECTORY_BYTES = 1 << 20
"""Largest size of an archive's list of arrays, which zipfile reads entry by entry."""

MAX_HEADER_BYTES = 10_000  # NumPy's own limit, which it checks only after reading the header

EQUAL, EQUAL_BYTES = 256, 1 << 14
"""Number of images whose digits are cached, and the largest of these images in bytes: an archive
that holds one image thousands of times does not cost more than its size."""

LOWEST = -0.9
"""Floats are taken to be in [-1, 1] if every image has a number as low as this."""

PAPER = 0.85
"""Share of the rim of a 28x28 image: if as much of it is light, the ink is dark."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What NumPy writes. With other methods zipfile does not limit the size of a read."""


class Chunk(NamedTuple):
    """Consecutive images of a stack, ready for a network.

    Attributes
    ----------
    names : list of str
        Name of each image: the file and the image's index, as in ``digits.npy[0]``.
    images : ndarray, (n, 28, 28)
        uint8, or float in [0, 1]; paper is 0.
    start : int
        Index in the stack of the first image.
    of : int
        Number of images in the stack.
    """

    names: list[str]
    images: np.ndarray
    start: int
    of: int


def is_stack(name: str) -> bool:
    """Return whether a file is a stack, by its suffix."""
    return Path(name).suffix.lower() in SUFFIXES


def chunks(file: str) -> Iterator[Chunk]:
    """Read the images of a file in order.

    An ``.npz`` file may hold several stacks; their images are named ``digits.npz/train[0]``. Arrays
    that are not images, such as labels, are skipped. Images of 28x28 pixels that look like MNIST's
    are passed on unchanged; dark ink on light paper is inverted, and floats in [-1, 1] are mapped
    to [0, 1]. Images of another size go through `data.canvas.from_image`.

    Parameters
    ----------
    file : str

    Yields
    ------
    Chunk

    Raises
    ------
    DataError
        If the file is damaged or holds no images. Chunks yielded before are valid.
    OSError
        If the file cannot be opened.
    """
    read = _chunks if Path(file).suffix.lower() == ".npy" else _chunks_of_all
    with open_file(file) as content:
        size = content.seek(0, io.SEEK_END)
        content.seek(0)
        try:
            yield from _within(read(content, file), size)
        except DataError:
            raise
        except BudgetError as error:
            raise DataError(
                f"{file}: {error}, too much for a file of {size:,} bytes: save it uncompressed"
            ) from None
        except Exception as error:  # the parsers raise many kinds for a damaged file
            ending = Path(file).suffix
            raise DataError(f"{file}: not a complete {ending} file: save it again") from error


def _within(chunks, size):
    """Yield chunks, all read within one budget; it is not open while a caller works."""
    limits = {"bytes": FREE_BYTES + RATIO * size, "items": MAX_ARRAYS}
    account = Budget(limits | {"work": math.inf}, SECONDS + SECONDS_PER_BYTE * size)
    while True:
        with account.open():
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _chunks_of_all(content, file):
    """Yield the images of an archive; skip arrays that are not images."""
    found = False
    _check_directory(content)
    with zipfile.ZipFile(content) as archive:
        for member in archive.infolist():
            charge(items=1)
            name = f"{file}/{member.filename.removesuffix('.npy')}"
            if member.compress_type not in METHODS:
                raise DataError(f"{name}: compressed in a way that NumPy does not use")
            with archive.open(member) as stream:
                if len(_header(stream, name)[0]) not in (3, 4):
                    continue
            with archive.open(member) as stream, closing(_chunks(stream, name)) as parts:
                found = True
                yield from parts
        is_network = "architecture.npy" in archive.namelist()
    if not found and is_network:
        raise DataError(f"{file}: a network, not images: name it with --weights")
    if not found:
        raise DataError(f"{file}: no array of images in it, of shape (N, 28, 28)")


def _check_directory(content):
    """Check the size of an archive's directory, as the record at its end states it."""
    # `nn.saving.npz` does the same, but not for archives beyond 4 GiB. These have a record and a
    # locator of their own (ZIP64) before the record at the end.
    content.seek(max(content.seek(0, io.SEEK_END) - (1 << 16) - 98, 0))
    tail = content.read()
    whole = tail[-22:-18] == b"PK\5\6" and tail[-2:] == b"\0\0"  # else a comment follows
    at = len(tail) - 22 if whole else tail.rfind(b"PK\5\6")
    size = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if at >= 76 and tail[at - 20 : at - 16] == b"PK\6\7":
        size = int.from_bytes(tail[at - 36 : at - 28], "little")
    if size > MAX_DIRECTORY_BYTES:
        raise BudgetError(f"its list of arrays takes more than {MAX_DIRECTORY_BYTES:,} bytes")
    content.seek(0)


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Return an array's shape and dtype; refuse Fortran order, which cannot be streamed."""
    # `nn.saving.npz` reads the headers of models; `data` and `nn` may not import each other. Both
    # leave the parsing to NumPy. Here version 2.0 is accepted too, and needs a limit of its own.
    digits, parse = HEADERS[np.lib.format.read_magic(stream)]
    stated = stream.read(digits)
    length = int.from_bytes(stated, "little")
    if length > MAX_HEADER_BYTES:
        raise DataError(f"{name}: its header takes more than {MAX_HEADER_BYTES:,} bytes")
    charge(items=length // 100)  # its parser takes a millisecond for a few thousand bytes
    shape, in_columns, dtype = parse(io.BytesIO(stated + stream.read(length)))
    if in_columns and len(shape) > 1:
        raise DataError(f"{name}: stored column by column: save np.ascontiguousarray of it")
    return shape, dtype


def _chunks(stream, name):
    """Yield the images of one array."""
    shape, dtype = _header(stream, name)
    if len(shape) == 4 and shape[1] == 1 and shape[3] > 3:  # channels first
        shape = shape[:1] + shape[2:]
    size = shape[1:3]
    if len(shape) not in (3, 4) or shape[3:] not in ((), (1,), (3,)) or min(shape) < 1:
        raise DataError(f"{name}: shape {shape}: a stack of images has shape (N, 28, 28)")
    if dtype != np.uint8 and dtype.kind != "f":
        raise DataError(f"{name}: dtype {dtype}: images are uint8, or float in [0, 1]")
    if math.prod(size) > MAX_DECODED_PIXELS:
        raise DataError(f"{name}: images of {size} are more than {MAX_DECODED_PIXELS:,} pixels")
    one = math.prod(shape[1:]) * dtype.itemsize
    if one > MAX_IMAGE_BYTES:
        raise DataError(f"{name}: an image of {one:,} bytes, more than {MAX_IMAGE_BYTES:,}")
    most = CHUNK if size == (canvas.FIELD, canvas.FIELD) else min(CHUNK, PREPARED)
    few = max(1, min(most, CHUNK_BYTES // one))
    for start in range(0, shape[0], few):
        n = min(few, shape[0] - start)
        charge(bytes=n * max(one, SMALLEST))
        data = stream.read(n * one)
        if len(data) < n * one:
            raise DataError(f"{name}: truncated after image {start + len(data) // one}")
        images = np.frombuffer(data, dtype).reshape(n, *shape[1:])
        if dtype.kind == "f":
            images = _in_unit_range(images, name)
        names = [f"{name}[{i}]" for i in range(start, start + n)]
        yield Chunk(names, _as_digits(images), start, shape[0])


def _in_unit_range(images, name):
    """Return floats in [0, 1]; those in [-1, 1], whose paper or ink is -1, are mapped to it."""
    low, high = float(images.min()), float(images.max())
    if low >= 0 and high <= 1:
        return images
    axes = tuple(range(1, images.ndim))
    if low >= -1 and high <= 1 and images.min(axis=axes).max() <= LOWEST:
        return (images + 1) / 2
    if low >= 0 and high <= 255:
        raise DataError(f"{name}: float images must be in [0, 1]: divide by 255")
    raise DataError(
        f"{name}: float images must be in [0, 1] or [-1, 1], not in [{low:.3g}, {high:.3g}]: "
        "undo their normalisation"
    )


def _as_digits(images):
    """Return images of 28x28 with light ink, others as float32 digits, (n, 28, 28)."""
    if images.shape[3:] == (1,):
        images = images[..., 0]
    if images.shape[1:] == (canvas.FIELD, canvas.FIELD):
        return _light_on_dark(images)
    if images.dtype != np.uint8:
        images = np.rint(255 * images).astype(np.uint8)
    return np.stack([_prepared(image) for image in images])


def _prepared(image):
    """Return an image of any size as a digit, float32 (28, 28)."""
    charge()  # looks at the time
    if image.nbytes > EQUAL_BYTES:
        return canvas.from_image(Image.fromarray(image))
    return _remembered(image.tobytes(), image.shape)


@lru_cache(EQUAL)
def _remembered(content, shape):
    return canvas.from_image(Image.fromarray(np.frombuffer(content, np.uint8).reshape(shape)))


def _light_on_dark(images):
    """Invert the images whose rim is light all round."""
    full = images.dtype.type(255 if images.dtype == np.uint8 else 1)
    rim = np.concatenate(
        [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]], axis=1
    )
    dark_ink = (rim > 0.6 * full).mean(axis=1) >= PAPER
    if not dark_ink.any():
        return images
    return np.where(dark_ink[:, None, None], full - images, images)

"""Open picture files that may be damaged or hostile.

A file of a few bytes can claim any number of pixels, and one of a few megabytes can keep a decoder
busy with a million chunks. So only a few formats are accepted; the size of the file, its pixels,
what its headers say of the decoder's work, and the number, size and time of the decoder's reads are
limited; and large pictures are shrunk before they are copied or converted.
"""

import io
import os
import warnings

from PIL import Image

from data.errors import DataError
from data.pictures import tone
from data.pictures.formats import FORMATS, other, webp_size
from data.pictures.headers import check_header, check_tags
from data.tars import open_member
from guard.budget import BudgetError, budget, charge
from guard.terminal import describe

MAX_PIXELS = 64_000_000  # the largest photographs of today's cameras
MAX_DECODED_PIXELS = 40_000_000  # where the decoder cannot shrink: a page scanned at 600 dpi
MAX_RUN_PIXELS = 4_000_000  # of a run-length encoded BMP, which Pillow decodes in Python
MAX_BYTES = 32 << 20  # of a file
MAX_READS = 20_000  # by a decoder; a valid file of MAX_BYTES takes half as many
MAX_EXIF = 1 << 16  # bytes: as much as fits into a JPEG marker
SECONDS = 3.0  # of processor time, checked at each of a decoder's reads
ORIENTATION = 0x0112  # EXIF's tag
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # what undoes each orientation
SHRUNK = "pixels of the file in a pixel"  # key of a picture's info
LARGE = 4 * tone.WORKING_SIDE  # pixels: a side at least twice as long is shrunk towards this


def open_image(path: str | os.PathLike) -> Image.Image:
    """Read and decode a picture file.

    Parameters
    ----------
    path : path-like
        A file in one of `data.pictures.formats.FORMATS`. Only the first frame is read.

    Returns
    -------
    PIL.Image.Image
        Decoded, and rotated as its EXIF orientation says. Large pictures are shrunk; see `shrunk`.

    Raises
    ------
    DataError
        If the file is missing, truncated or no image, has more than `MAX_BYTES` bytes or
        `MAX_PIXELS` pixels, or more than `MAX_DECODED_PIXELS` and its format does not allow
        decoding at a smaller size.
    """
    name = os.fspath(path)
    content = b""
    try:
        with open_member(path, MAX_BYTES + 1) as file:
            content = file.read(MAX_BYTES + 1) or b""
        if len(content) > MAX_BYTES:
            raise DataError(f"{name}: more than {MAX_BYTES:,} bytes: save it smaller")
        most = 4 * len(content) + (1 << 20)
        with warnings.catch_warnings(), budget(bytes=most, items=MAX_READS, seconds=SECONDS):
            warnings.simplefilter("ignore")  # size is checked below, odd metadata is harmless
            return _decode(content, name)
    except DataError:
        raise
    except BudgetError as error:
        raise DataError(f"{name}: {error}: save it again as PNG") from None
    except Image.DecompressionBombError:
        limit = f"{MAX_PIXELS:,} pixels"
        raise DataError(f"{name}: far more than {limit}, the limit: shrink it") from None
    except Exception as error:  # decoders raise any exception for a broken file
        if isinstance(error, OSError) and error.strerror:
            raise DataError(describe(OSError(error.errno, error.strerror, name))) from error
        reason = other(content)
        if reason is None:
            formats = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
            reason = f"not a complete {formats} image: save it again"
        raise DataError(f"{name}: {reason}") from error


def shrunk(image: Image.Image) -> int:
    """Return how many pixels of its file, along each axis, make a pixel of an opened picture."""
    return image.info.get(SHRUNK, 1)


def check_size(image: Image.Image, name: object, most: int = MAX_PIXELS) -> None:
    """Raise DataError if a picture has more than ``most`` pixels."""
    _check(image.size, name, most)


def _check(size, name, most):
    W, H = size
    if most < W * H:
        raise DataError(f"{name}: {W}x{H} pixels, more than {most:,}: shrink it")


class _Metered(io.BytesIO):
    """A file's content of which every read is charged to the budget."""

    def read(self, size=-1):
        """Return the next bytes; raise BudgetError after too many reads, bytes or seconds."""
        read = super().read(size)
        charge(bytes=len(read), items=1)
        return read


def _decode(content, name):
    claimed = webp_size(content)
    if claimed:
        _check(claimed, name, MAX_DECODED_PIXELS)
    try:
        check_header(content)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    with Image.open(_Metered(content), formats=FORMATS) as image:
        check_size(image, name)
        full = image.width
        # Only JPEG can be decoded at a smaller size; elsewhere a draft changes nothing.
        image.draft(None, (tone.WORKING_SIDE, tone.WORKING_SIDE))
        in_runs = image.format == "BMP" and image.info.get("compression") in (1, 2)  # RLE8, RLE4
        check_size(image, name, MAX_RUN_PIXELS if in_runs else MAX_DECODED_PIXELS)
        image.load()
        image.info[SHRUNK] = round(full / image.width)
        return _upright(_shrunk(image))


def _upright(image):
    """Turn a picture as its EXIF orientation says; drop its EXIF data, which may be vast."""
    exif = image.info.get("exif") or _hexadecimal(image.info.pop("Raw profile type exif", ""))
    image.info.pop("exif", None)
    try:
        check_tags(exif.removeprefix(b"Exif\0\0"))
        image.info["exif"] = exif if len(exif) <= MAX_EXIF else b""
        method = UPRIGHT.get(image.getexif().get(ORIENTATION))
    except Exception:  # damaged data: the pixels are still good
        method = None
    image.info.pop("exif", None)
    return image.copy() if method is None else image.transpose(method)


def _hexadecimal(text):
    """Return the bytes of a PNG file's text chunk: hexadecimal, after three lines of header."""
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError:
        return b""


def _shrunk(image):
    """Shrink a large picture by averaging blocks of pixels, in a mode that allows it."""
    factor = max(image.size) // LARGE
    if factor < 2:
        return image
    if image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode.startswith("I;16"):
        image = image.convert("I")
    image = image.reduce(factor)
    image.info[SHRUNK] *= factor
    return image

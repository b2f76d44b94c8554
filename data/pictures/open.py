"""Picture files, which may come from strangers: opened if they are of a short list, or refused.

A file of a few bytes can claim any number of pixels, and one of a few megabytes can hold a million
pieces that a decoder takes its time over. So the file's size, its pixels, and how often and how
much a decoder reads of it are limited before anything is decoded, and what is decoded is shrunk to
what a digit needs before it is copied or converted.
"""

import io
import os
import warnings

from PIL import Image, ImageOps

from data.errors import DataError
from data.pictures import ink

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF")
MAX_PIXELS = 64_000_000  # the largest photographs of today's cameras
MAX_DECODED_PIXELS = 40_000_000  # of what is decoded in full: a page scanned at 600 dpi
MAX_RUN_PIXELS = 4_000_000  # of a run-length coded BMP, which Pillow decodes in Python
MAX_BYTES = 32 << 20  # of a file
MAX_READS = 20_000  # of a decoder: a sound file of MAX_BYTES takes half as many
MAX_EXIF = 1 << 16  # bytes: a JPEG's marker holds no more
LARGE = 4 * ink.WORKING_SIDE  # pixels: what has a side of twice as many is shrunk towards it


def open_image(path: str | os.PathLike) -> Image.Image:
    """Read an image file whole, or say in one line why it cannot be read.

    Parameters
    ----------
    path : path-like
        A file in one of `FORMATS`. Of several frames the first is read.

    Returns
    -------
    PIL.Image.Image
        Decoded and upright. Much larger than needed, it comes out smaller than it is in the file.

    Raises
    ------
    DataError
        If it is missing, empty, cut short, no image, or larger than the limits above allow:
        `MAX_BYTES`, `MAX_PIXELS`, and `MAX_DECODED_PIXELS` where it cannot be read smaller than
        it is.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DataError(f"{name}: more than {MAX_BYTES:,} bytes: save it smaller")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are checked here, and odd metadata is harmless
            return _decode(content, name)
    except DataError:
        raise
    except Image.DecompressionBombError:
        limit = f"{MAX_PIXELS:,} pixels"
        raise DataError(f"{name}: far larger than {limit}, the most read here: shrink it") from None
    except Exception as error:  # decoders stumble over broken files in every possible way
        reason = getattr(error, "strerror", None)
        if reason is None:
            reason = f"not a whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]} image: save it again"
        raise DataError(f"{name}: {reason}") from error


def check_size(image: Image.Image, name: object, most: int = MAX_PIXELS) -> None:
    """Raise DataError if a picture has more than so many pixels."""
    W, H = image.size
    if most < W * H:
        raise DataError(f"{name}: {W}x{H} pixels, more than {most:,}: shrink it")


class _Metered(io.BytesIO):
    """A file's content, for a decoder that must not read it for ever."""

    def __init__(self, content):
        super().__init__(content)
        self.reads = MAX_READS
        self.bytes = 4 * len(content) + (1 << 20)

    def read(self, size=-1):
        """Return the next bytes; raise OverflowError once there were too many reads or bytes."""
        read = super().read(size)
        self.reads -= 1
        self.bytes -= len(read)
        if self.reads < 0 or self.bytes < 0:
            raise OverflowError("made of too many pieces")
        return read


def _decode(content, name):
    with Image.open(_Metered(content), formats=FORMATS) as image:
        check_size(image, name)
        image.draft(None, (ink.WORKING_SIDE, ink.WORKING_SIDE))  # JPEG alone can be read smaller
        in_runs = image.format == "BMP" and image.info.get("compression") in (1, 2)  # RLE8, RLE4
        check_size(image, name, MAX_RUN_PIXELS if in_runs else MAX_DECODED_PIXELS)
        image.load()
        for key in ("exif", "Raw profile type exif"):  # where it says which side is up
            if len(image.info.get(key, b"")) > MAX_EXIF:
                del image.info[key]
        return ImageOps.exif_transpose(_shrunk(image))


def _shrunk(image):
    """Average a large picture over blocks of pixels, if its mode can be averaged."""
    factor = max(image.size) // LARGE
    if factor < 2:
        return image
    if image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode.startswith("I;16"):
        image = image.convert("I")
    return image.reduce(factor)

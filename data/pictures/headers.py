"""What decoding a picture costs, from its headers, before a decoder written in C runs.

The number of pixels is not the only cost: a TIFF file may list millions of strips or numbers, each
of which becomes an object, and the scans of a JPEG file of a few kilobytes may go over all pixels
hundreds of times.
"""

import re
import struct
from collections.abc import Iterator

import numpy as np

from data.errors import DataError

MAX_VALUES = 50_000
"""Numbers in a TIFF file's tags; a page of 40 million pixels has 14,000, two for each strip."""

MAX_TILE = 1 << 24
"""Pixels of a TIFF's tile. The decoder allocates a whole tile, however small the picture is."""

MAX_ENTRIES = 4_000
"""Tags of a directory."""

MAX_DIRECTORIES = 16
"""Directories of tags in the first two frames, nested ones included."""

MAX_VISITS = 700_000_000
"""Pixels that all scans of a JPEG file go over, in all its channels. A progressive photograph of
64 million pixels takes 510 million in ten scans."""

MAX_SEGMENTS = 20_000
"""Segments of a JPEG file."""

WHOLE = (1, 2, 7)
"""Types of tags that are kept as they are, whatever their size: bytes, text, undefined."""

BASIC = 400
"""Tags below this say how pixels are stored: as lists of numbers, even if their type is bytes."""

DIRECTORIES = (330, 34665, 34853, 40965)
"""Tags that point to further directories: SubIFDs, Exif, GPS, interoperability."""

TILE_SIZE = (322, 323)
COMPRESSION, STRIPS, TILES, WIDTH, HEIGHT, SAMPLES = 259, 273, 324, 256, 257, 277
JPEG_IN_TIFF = (6, 7, 34892)

MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
"""Of a JPEG file, except those that stand inside a scan: stuffed bytes and restarts."""

SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a segment that states the size of the picture."""

ARITHMETIC = frozenset({0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
SCAN, END = 0xDA, 0xD9

TOO_MANY = "made of too many pieces: save it again as PNG"


def check_header(content: bytes) -> None:
    """Check what decoding a TIFF or JPEG file would cost; do nothing for other formats.

    Parameters
    ----------
    content : bytes
        The whole file.

    Raises
    ------
    DataError
        If it is too much; the message does not name the file.
    """
    if content[:3] == b"\xff\xd8\xff":
        if jpeg_visits(content) > MAX_VISITS:
            raise DataError(TOO_MANY)
    elif content[:2] in (b"II", b"MM") and {42, 43} & {*content[2:4]}:
        check_tags(content)
        tags = _plain_tags(content)
        (_, width), (_, height) = (tags.get(tag, (1, 1)) for tag in TILE_SIZE)
        if width * height > MAX_TILE or _scans_in_tiff(content, tags) > MAX_VISITS:
            raise DataError(TOO_MANY)


def check_tags(content: bytes) -> None:
    """Check the tags of a TIFF file, or of the EXIF data of another file.

    Raises
    ------
    DataError
        If they hold too many numbers.
    """
    counted = (count for tag, kind, count, _ in _tags(content) if tag < BASIC or kind not in WHOLE)
    if sum(counted) > MAX_VALUES:
        raise DataError(TOO_MANY)


def _is_big(content: bytes) -> bool:
    """Return whether Pillow takes a file for a BigTIFF; it knows the little-endian ones only."""
    return content[2:3] == b"+"


def _tags(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield tag, type, count and value of all entries of a TIFF file's directories."""
    order, big = "<" if content[:2] == b"II" else ">", _is_big(content)
    head, many, offset = ("8xQ", "Q", "Q") if big else ("4xI", "H", "I")
    entry = np.dtype([("tag", f"{order}u2"), ("kind", f"{order}u2"),
                      ("count", f"{order}u{8 if big else 4}"),
                      ("value", f"{order}u{8 if big else 4}")])  # fmt: skip
    waiting = [*_unpack(order + head, content, 0)]
    seen: set[int] = set()
    frames = 1  # Pillow looks for a second frame
    while waiting:
        start = waiting.pop()
        if start in seen or start == 0:
            continue
        if len(seen) >= MAX_DIRECTORIES:
            raise DataError(TOO_MANY)
        seen.add(start)
        for number in _unpack(order + many, content, start):
            first = start + struct.calcsize(many)
            if number > MAX_ENTRIES:
                raise DataError(TOO_MANY)
            fits = max(0, min(number, (len(content) - first) // entry.itemsize))
            for tag, kind, count, value in np.frombuffer(content, entry, fits, first).tolist():
                yield tag, kind, count, value
                if tag in DIRECTORIES:
                    waiting.append(value)
            if frames:
                frames -= 1
                waiting += _unpack(order + offset, content, first + number * entry.itemsize)


def _unpack(layout: str, content: bytes, at: int) -> tuple[int, ...]:
    """Unpack integers; return an empty tuple if the file ends before."""
    if at + struct.calcsize(layout) > len(content):
        return ()
    return struct.unpack_from(layout, content, at)


def _plain_tags(content: bytes) -> dict[int, tuple[int, int]]:
    """Return count and value of a TIFF file's tags; the value of a list is its offset."""
    big, little = _is_big(content), content[:2] == b"II"
    found: dict[int, tuple[int, int]] = {}
    for tag, kind, count, value in _tags(content):
        if kind == 3 and count == 1 and not little:
            value >>= 48 if big else 16
        elif kind == 3 and count == 1:
            value &= 0xFFFF
        found.setdefault(tag, (count, value))
    return found


def _scans_in_tiff(content: bytes, found: dict[int, tuple[int, int]]) -> float:
    """Return the pixels that all scans go over if a TIFF file's strips are JPEG, else 0."""
    if found.get(COMPRESSION, (1, 1))[1] not in JPEG_IN_TIFF:
        return 0
    pieces = max(found.get(tag, (1, 0))[0] for tag in (STRIPS, TILES))
    W, H, C = (found.get(tag, (1, 1))[1] for tag in (WIDTH, HEIGHT, SAMPLES))
    return content.count(b"\xff\xda") * W * H * C / max(pieces, 1)


def jpeg_visits(content: bytes) -> float:
    """Return the number of pixels that a JPEG file's scans go over, in all channels together.

    A scan of a channel at half the width and height visits a quarter of the pixels.

    Raises
    ------
    DataError
        If it has too many segments, or arithmetic coding, which is slow and used by nobody.

    References
    ----------
    ITU-T Recommendation T.81, annex B.
    """
    at, visits = 2, 0.0
    channels: dict[int, float] = {}
    for _ in range(MAX_SEGMENTS):
        found = MARKER.search(content, at)
        if found is None or found[1][0] == END:
            return visits
        kind, at = found[1][0], found.end()
        if kind in (0x01, 0xD8):
            continue
        (length,) = _unpack(">H", content, at) or (0,)
        segment = content[at + 2 : at + length]
        at += max(length, 2)
        if kind in ARITHMETIC:
            raise DataError("a JPEG picture with arithmetic coding: save it again as PNG")
        if kind in SIZES and len(segment) > 5:
            channels = _channels(segment)
        if kind == SCAN and segment:
            ids = segment[1 : 1 + 2 * segment[0] : 2]
            visits += sum(channels.get(each, 0) for each in ids)
    raise DataError(TOO_MANY)


def _channels(segment: bytes) -> dict[int, float]:
    """Return the pixels of each channel, by its id, from the segment of the size."""
    H, W, C = struct.unpack_from(">HHB", segment, 1)
    listed = [
        (segment[i], (segment[i + 1] >> 4) * (segment[i + 1] & 15))
        for i in range(6, min(6 + 3 * C, len(segment) - 2), 3)
    ]
    most = max((factor for _, factor in listed), default=1) or 1
    return {each: H * W * factor / most for each, factor in listed}

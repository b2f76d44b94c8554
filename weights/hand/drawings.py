"""Taught drawings: a label and strokes each, kept as JSON.

The file is untrusted: a hand may come from somebody else. It holds ::

    {"format": 1, "drawings": [
      {"number": 1, "label": 7, "read": 2, "taught": "2026-11-28",
       "strokes": [[[80, 70], [210, 70], ...], ...]},
      ...
    ]}
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from data.canvas import SIZE

FORMAT = 1
MAX_BYTES = 1 << 22
"""Most bytes of a file: 4 MiB."""

MAX_DRAWINGS = 300
MAX_STROKES = 200
"""Most strokes of a drawing."""

MAX_POINTS = 20_000
"""Most points of a drawing."""

Strokes = list[list[tuple[float, float]]]


class Drawing(NamedTuple):
    """A drawing and what it was said to be.

    Attributes
    ----------
    number : int
        Names it in lists; is not used again after it was removed, unless it was the last.
    label : int
        0 to 9.
    read : int
        What it was read as when it was taught.
    taught : str
        The day, such as "2026-11-28".
    strokes : list of list of (x, y)
        Pixels of the window's canvas, y down.
    """

    number: int
    label: int
    read: int
    taught: str
    strokes: Strokes


def as_json(drawings: Iterable[Drawing]) -> bytes:
    """Return the content of a file with these drawings, a line for each."""
    lines = ",\n".join(json.dumps(drawing._asdict()) for drawing in drawings)
    return f'{{"format": {FORMAT}, "drawings": [\n{lines}\n]}}\n'.encode()


def from_json(content: bytes) -> list[Drawing]:
    """Return the drawings in the content of a file.

    Raises
    ------
    ValueError
        If it is anything else than `as_json` returns; the message says what.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("drawings"), list):
        raise ValueError("it holds no drawings")
    if found.get("format") != FORMAT:
        raise ValueError(f"its format is {found.get('format')!r:.40}; this program reads {FORMAT}")
    check_count(len(found["drawings"]))
    drawings = []
    for place, item in enumerate(found["drawings"], 1):
        try:
            drawings.append(_drawing(item))
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"drawing {place} cannot be used: {error}") from None
    if len({drawing.number for drawing in drawings}) < len(drawings):
        raise ValueError("two drawings have the same number")
    return drawings


def check_count(drawings: int) -> None:
    """Raise ValueError if there are more drawings than a file may hold."""
    if drawings > MAX_DRAWINGS:
        raise ValueError(f"{drawings} drawings; at most {MAX_DRAWINGS} can be taught")


def check_strokes(strokes: Any) -> Strokes:
    """Return strokes as a file holds them; raise ValueError unless they are a drawing."""
    if not isinstance(strokes, list) or not 0 < len(strokes) <= MAX_STROKES:
        raise ValueError(f"a drawing has between 1 and {MAX_STROKES} strokes")
    if not all(isinstance(stroke, list) and stroke for stroke in strokes):
        raise ValueError("a stroke is a list of points")
    if sum(map(len, strokes)) > MAX_POINTS:
        raise ValueError(f"a drawing has at most {MAX_POINTS} points")
    return [[_point(point) for point in stroke] for stroke in strokes]


def _drawing(item: Any) -> Drawing:
    if not isinstance(item, dict) or item.keys() != set(Drawing._fields):
        raise ValueError(f"it must have {', '.join(Drawing._fields)}")
    number, label, read = (_whole(item[name]) for name in ("number", "label", "read"))
    if not (0 <= label <= 9 and 0 <= read <= 9 and 0 < number < 1 << 31):
        raise ValueError("its label, what it was read as, or its number is out of range")
    taught = item["taught"]
    is_text = isinstance(taught, str) and taught.isascii() and len(taught) <= 10
    if not is_text or not taught.replace("-", "").isalnum():
        raise ValueError("its day is not like 2026-11-28")
    return Drawing(number, label, read, taught, check_strokes(item["strokes"]))


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("a number that is not whole")
    return value


def _point(point: Any) -> tuple[float, float]:
    x, y = point
    for length in (x, y):
        if type(length) not in (int, float):
            raise ValueError("a point is two numbers")
        if not 0 <= length <= SIZE:  # NaN, too
            raise ValueError(f"a point is outside the canvas of {SIZE} by {SIZE} pixels")
    return x, y

"""Read pen strokes from UNIPEN text, such as UCI's pendigits, and place them on the canvas.

References
----------
Alpaydin and Alimoglu, "Pen-Based Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998. Guyon et al., "UNIPEN project of on-line data exchange", 1994 (the format).
"""

import gzip
import math
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from data.canvas import RADIUS, SIZE
from data.errors import DataError

TABLET = 500
"""Side of the tablet on which the strokes were written, in units of the file; y points up."""

_WRITER = re.compile(r"\.COMMENT\s+\d+\s+\d+\s+\d+")

Strokes = list[np.ndarray]
Placing = Callable[[Strokes], Strokes]


class Written(NamedTuple):
    """A digit, who wrote it, and its strokes.

    Attributes
    ----------
    label : int
    writer : int
        Number of the writer; 0 if the file does not say.
    strokes : list of ndarray, each (P, 2)
        Points (x, y) in pixels of the canvas, y down.
    """

    label: int
    writer: int
    strokes: Strokes


def read(path: Path) -> list[Written]:
    """Read digits from UNIPEN text; a file whose name ends in ".gz" is decompressed.

    The writer is the second number of a line ``.COMMENT digit writer index`` after the line
    ``.SEGMENT`` that begins a digit, as in pendigits.

    Raises
    ------
    DataError
        If the file has no digits, a line cannot be parsed, or a digit has no strokes.
    OSError
        If the file cannot be opened.
    """
    opened = gzip.open if Path(path).suffix == ".gz" else open
    line = ""
    digits: list[Written] = []
    try:
        with opened(path, "rt", encoding="ascii", errors="replace") as file:
            down = False
            for line in file:
                down = _parse(line, digits, down)
    except (ValueError, IndexError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: not UNIPEN text: {error} in {line.strip()[:40]!r}") from None
    if not digits:
        raise DataError(f"{path}: no digit in it")
    for i, digit in enumerate(digits, 1):
        if not any(digit.strokes) or not 0 <= digit.label <= 9:
            raise DataError(f"{path}: digit {i}: label {digit.label} is not 0 to 9, or no strokes")
    scale = SIZE / TABLET
    return [d._replace(strokes=[np.array(s) * scale for s in d.strokes if s]) for d in digits]


def _parse(line, digits, down):
    """Add what a line says to the list of digits; return whether the pen is down after it."""
    words = line.split()
    if line.startswith(".SEGMENT DIGIT"):
        digits.append(Written(int(words[-1].strip('"')), 0, []))
    elif line.startswith(".PEN_DOWN"):
        digits[-1].strokes.append([])
        return True
    elif line.startswith(".COMMENT") and digits and _WRITER.fullmatch(line.strip()):
        digits[-1] = digits[-1]._replace(writer=int(words[2]))
    elif words and down and not line.startswith("."):
        x, y = map(float, words)
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError("a point that is not finite")
        digits[-1].strokes[-1].append((x, TABLET - y))
        return True
    return False


@dataclass(frozen=True)
class Variation:
    """A way to place digits on the canvas.

    Attributes
    ----------
    name : str
    place : callable
        Maps a digit's strokes to the strokes on the canvas.
    radius : int
        Radius of the pen, pixels.
    """

    name: str
    place: Placing
    radius: int = RADIUS

    def strokes(self, digit: Strokes) -> Strokes:
        """Return a digit's strokes as the window keeps them: in whole pixels of the canvas."""
        return [np.rint(stroke).clip(0, SIZE) for stroke in self.place(digit)]

    def picture(self, digit: Strokes) -> Image.Image:
        """Return the canvas as the window draws it: black discs along the strokes, on white."""
        picture = Image.new("L", (SIZE, SIZE), 255)
        draw = ImageDraw.Draw(picture)
        r = self.radius
        for stroke in self.strokes(digit):
            for (ax, ay), (bx, by) in zip(stroke, [*stroke[1:], stroke[-1]], strict=True):
                steps = max(1, math.ceil(2 * math.hypot(bx - ax, by - ay) / r))
                for t in np.arange(steps) / steps:
                    x, y = ax + t * (bx - ax), ay + t * (by - ay)
                    draw.ellipse((x - r, y - r, x + r, y + r), fill=0)
        return picture


def scaled(tall: float, middle: tuple[float, float] = (SIZE / 2, SIZE / 2)) -> Placing:
    """Return a placing that scales a digit's longer side to ``tall`` pixels around ``middle``."""

    def place(strokes):
        low, high = _box(strokes)
        scale = tall / max((high - low).max(), 1)
        return [(stroke - (low + high) / 2) * scale + middle for stroke in strokes]

    return place


def slanted(degrees: float) -> Placing:
    """Return a placing that shears a digit to the right around its middle."""
    shear = math.tan(math.radians(degrees))

    def place(strokes):
        low, high = _box(strokes)
        middle = (low[1] + high[1]) / 2
        return [
            stroke + np.c_[(middle - stroke[:, 1]) * shear, 0 * stroke[:, 1]] for stroke in strokes
        ]

    return place


def _box(strokes):
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def as_drawn(strokes: Strokes) -> Strokes:
    """Return the strokes unchanged."""
    return strokes


AS_DRAWN = Variation("as drawn", as_drawn)
VARIATIONS = (
    AS_DRAWN,
    Variation("small, 60 pixels", scaled(60)),
    Variation("large, 280 pixels", scaled(280)),
    Variation("in a corner", scaled(100, (60, 60))),
    Variation("slanted 15 degrees to the right", slanted(15)),
    Variation("slanted 15 degrees to the left", slanted(-15)),
    Variation("pen of radius 4", as_drawn, 4),
    Variation("pen of radius 16", as_drawn, 16),
)

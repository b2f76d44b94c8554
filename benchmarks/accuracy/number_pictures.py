"""Pictures of numbers: MNIST's images beside one another, numbers with signs, sheets of digits."""

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher

import numpy as np
from PIL import Image

from .numbers import BASE_LINE, PEN, SIZES, TALL, Number, distance, drawn, upright
from .photos_light import gradient, photographed, picture, seen_aslant
from .unipen import Strokes

PATTERNS = ("-d.dd", "d.d", "-dd")
"""Numbers with signs; a d stands for any digit."""

ROWS, COLUMNS = 5, 6
"""Of a sheet."""

Pick = Callable[[int], Strokes]
"""Returns strokes of a digit."""


def of_images(
    images: Sequence[np.ndarray], rng: np.random.Generator, spacing: str, margin: int = 40
) -> Image.Image:
    """Paste MNIST's images beside one another, as `numbers.written` writes strokes.

    Parameters
    ----------
    images : sequence of ndarray, uint8, (28, 28)
    rng : numpy.random.Generator
    spacing : str
    margin : int
        Paper around the number, pixels.
    """
    placed: list[tuple[np.ndarray, int, int]] = []  # ink, and row and column of its corner
    points = np.zeros((0, 2))
    for image in images:
        ink = _enlarged(image, TALL * rng.uniform(*SIZES))
        top = round(TALL * rng.uniform(-BASE_LINE, BASE_LINE)) - len(ink)
        y, x = np.nonzero(ink > 0.5)
        here = np.stack([x, y + top], axis=1).astype(float)
        left = round(distance(points, here, rng, spacing, PEN)) if placed else 0
        placed.append((ink, top, left))
        points = here + np.array([left, 0])
    first = min(top for _, top, _ in placed)
    low = max(top + len(ink) for ink, top, _ in placed)
    right = max(left + ink.shape[1] for ink, _, left in placed)
    sheet = np.zeros((low - first + 2 * margin, right + 2 * margin), np.float32)
    for ink, top, left in placed:
        y, x = top - first + margin, left + margin
        part = sheet[y : y + ink.shape[0], x : x + ink.shape[1]]
        np.maximum(part, ink, out=part)
    return picture(1 - sheet)


def _enlarged(image, tall):
    """Return an MNIST digit in its box, ``tall`` pixels high, with edges as soft as a pen's."""
    rows, columns = (np.flatnonzero((image > 60).any(axis=axis)) for axis in (1, 0))
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = tall / max(cut.shape[0], 0.7 * cut.shape[1])
    size = [max(1, round(length * scale)) for length in cut.shape[::-1]]
    smooth = np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC), np.float32)
    return np.clip((smooth / 255 - 0.45) * scale / 3 + 0.5, 0, 1)


def signed(pattern: str, pick: Pick, rng: np.random.Generator) -> Number:
    """Write a number with signs.

    Parameters
    ----------
    pattern : str
        One of `PATTERNS`.
    pick : callable
    rng : numpy.random.Generator
    """
    text, strokes, right = "", [], 0.0
    for sign in pattern:
        if sign == "d":
            digit = int(rng.integers(10))
            text, new = f"{text}{digit}", upright(pick(digit), rng)
        else:
            text, new = text + sign, [_sign(sign, rng)]
        new = [stroke + np.array([right, 0]) for stroke in new]
        right = max(stroke[:, 0].max() for stroke in new) + TALL * rng.uniform(0.12, 0.3)
        strokes += new
    return Number(text, strokes)


def _sign(sign, rng):
    """Return the stroke of a minus sign, a point or a comma, over the base line y = 0."""
    if sign == "-":
        wide = TALL * rng.uniform(0.3, 0.5)
        ends = np.array([[0, rng.uniform(-4, 4)], [wide, rng.uniform(-4, 4)]])
        return ends - (0, TALL * rng.uniform(0.4, 0.55))
    if rng.random() < 0.5:
        return np.array([[0.0, -3.0], [2.0, -1.0], [1.0, 0.0]])
    return np.array([[6.0, -8.0], [6.0, 2.0], [0.0, 14.0]])


def sheet(pick: Pick, rng: np.random.Generator, photo: bool) -> tuple[str, Image.Image]:
    """Return a sheet of digits in rows, and its text, a line for each row.

    Parameters
    ----------
    pick : callable
    rng : numpy.random.Generator
    photo : bool
        Whether it is photographed: aslant, in uneven light, with noise, blur and JPEG.
    """
    strokes, rows = [], []
    for row in range(ROWS):
        digits = rng.integers(10, size=COLUMNS)
        rows.append("".join(map(str, digits)))
        for column, digit in enumerate(digits):
            at = np.array([column, row]) * (1.5 * TALL, 1.8 * TALL) + rng.uniform(-8, 8, 2)
            strokes += [stroke + at for stroke in upright(pick(int(digit)), rng)]
    ink = drawn(strokes, rng.uniform(0.8, 1.3) * PEN, 0.6 * TALL)
    if not photo:
        return "\n".join(rows), picture(1 - ink)
    light = (0.9 - 0.75 * ink) * gradient(ink.shape, rng, 0.4)
    aslant = np.asarray(seen_aslant(picture(light), rng, 0.06), np.float32) / 255
    return "\n".join(rows), photographed(aslant, rng)


def compare(truth: str, read: str) -> tuple[int, int]:
    """Return how many symbols of a text were read right, and how many were invented."""
    right = invented = 0
    for kind, a, b, c, d in SequenceMatcher(None, truth, read, autojunk=False).get_opcodes():
        right += b - a if kind == "equal" else 0
        invented += max(0, (d - c) - (b - a)) if kind in ("insert", "replace") else 0
    return right, invented

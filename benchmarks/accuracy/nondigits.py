"""Drawings that are no digit, made in other ways than those that a network is trained with."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from data.canvas import from_image, from_strokes
from gui import RADIUS, SIZE

LETTERS = "ACEFGHJKMNPQRTUVWXYadefhkmnprtuvwxy&#@%?+*"
"""Printed ones; those that look like digits (O, D, l, I, Z, S, B, b, q, g, c) are left out."""


def letter(rng: np.random.Generator) -> np.ndarray:
    """Return a printed letter or sign, (28, 28), read from a picture of it."""
    picture = Image.new("L", (SIZE, SIZE), 255)
    font = ImageFont.load_default(size=float(rng.uniform(120, 220)))
    sign = LETTERS[rng.integers(len(LETTERS))]
    ImageDraw.Draw(picture).text((SIZE / 2, SIZE / 2), sign, fill=0, font=font, anchor="mm")
    return from_image(picture)


def scribble(rng: np.random.Generator) -> np.ndarray:
    """Return a pen that wanders: its direction changes at random, and it turns back at the rim."""
    steps = int(rng.integers(150, 500))
    heading = np.cumsum(rng.normal(0, rng.uniform(0.15, 0.5), steps)) + rng.uniform(0, 7)
    path = 6 * np.cumsum(np.c_[np.cos(heading), np.sin(heading)], axis=0)
    folded = np.abs((path + SIZE / 2) % (2 * SIZE) - SIZE)
    return from_strokes([folded])


def blot(rng: np.random.Generator) -> np.ndarray:
    """Return a filled shape without lines, (28, 28), read from a picture of it."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    lobes = sum(
        rng.uniform(0, 0.35) * np.cos(k * angle + rng.uniform(0, 7)) / k for k in range(1, 5)
    )
    radius = rng.uniform(40, 110) * (1 + lobes)
    picture = Image.new("L", (SIZE, SIZE), 255)
    outline = SIZE / 2 + np.c_[radius * np.cos(angle), radius * np.sin(angle)]
    ImageDraw.Draw(picture).polygon([tuple(point) for point in outline], fill=0)
    return from_image(picture.filter(ImageFilter.GaussianBlur(RADIUS / 4)))


def crossing(rng: np.random.Generator) -> np.ndarray:
    """Return two straight lines that cross near their middles, at 35 degrees or more."""
    first = rng.uniform(0, np.pi)
    second = first + np.radians(rng.uniform(35, 145))
    middle = SIZE / 2 + rng.uniform(-20, 20, 2)
    strokes = []
    for angle in (first, second):
        half = rng.uniform(60, 120) * np.array([np.cos(angle), np.sin(angle)])
        strokes.append(middle + np.linspace(-1, 1, 30)[:, None] * half)
    return from_strokes(strokes)


KINDS = {"letters": letter, "scribbles": scribble, "blots": blot, "crossing lines": crossing}


def auroc(low: np.ndarray, high: np.ndarray) -> float:
    """Return the probability that one of ``high`` is above one of ``low``; ties count half.

    References
    ----------
    Hanley and McNeil, "The Meaning and Use of the Area under a ROC Curve", 1982.
    """
    order = np.sort(low)
    below = np.searchsorted(order, high, "left") + np.searchsorted(order, high, "right")
    return float(below.mean() / 2 / len(low))

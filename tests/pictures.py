"""Drawings for tests, and measures of what becomes of them."""

import functools

import numpy as np
from PIL import Image, ImageDraw

SEVEN = [[(90, 60), (210, 55), (150, 240)], [(110, 150), (190, 145)]]
UPRIGHT, LYING = (30, 5, 30, 55), (5, 30, 55, 30)


def save_line(path, line=UPRIGHT):
    """Save a picture of a line, (x, y, x, y), black on white, 60x60; return its name."""
    image = Image.new("L", (60, 60), 255)
    ImageDraw.Draw(image).line(line, fill=0, width=5)
    image.save(path)
    return str(path)


def picture(strokes=SEVEN, radius=8, size=(300, 300)):
    """Return a drawing of strokes, black on white; that of the seven is cached."""
    if strokes is SEVEN and (radius, size) == (8, (300, 300)):
        return _seven().copy()
    return _drawn(strokes, radius, size)


@functools.cache
def _seven():
    return _drawn(SEVEN, 8, (300, 300))


def _drawn(strokes, radius, size):
    """Draw with a round pen at four times the size, and shrink."""
    large = Image.new("L", (4 * size[0], 4 * size[1]), 255)
    draw = ImageDraw.Draw(large)
    for stroke in scaled(strokes, 4):
        draw.line(stroke, fill=0, width=8 * radius)
        for x, y in stroke:
            reach = 4 * radius
            draw.ellipse([x - reach, y - reach, x + reach, y + reach], fill=0)
    return large.resize(size, Image.Resampling.BOX)


def scaled(strokes, scale, shift=(0, 0)):
    """Return strokes scaled about (0, 0), then shifted."""
    return [[(x * scale + shift[0], y * scale + shift[1]) for x, y in stroke] for stroke in strokes]


def box(digit, ink=0.2):
    """Return the height and width, in pixels, of what is darker than ``ink``."""
    rows, columns = (np.flatnonzero((digit > ink).any(axis=axis)) for axis in (1, 0))
    return np.ptp(rows) + 1, np.ptp(columns) + 1


def middle(digit):
    """Return the row and column of the centre of mass."""
    y, x = np.indices(digit.shape)
    return (y * digit).sum() / digit.sum(), (x * digit).sum() / digit.sum()


def distance(a, b):
    """Return the ink by which two digits differ, relative, at the best shift of up to a pixel."""
    shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    least = min(np.abs(np.roll(a, shift, (0, 1)) - b).sum() for shift in shifts)
    return least / max(a.sum(), b.sum())

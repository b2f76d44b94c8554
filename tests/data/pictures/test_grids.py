"""Boxes and grids that a digit crosses are taken off; digits with straight lines are kept."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data import canvas
from data.pictures import grids
from tests.pictures import SEVEN, distance, picture, scaled

EXPECTED = canvas.from_strokes(SEVEN)
SMALLER = scaled(SEVEN, 0.6, (60, 50))


def seven_over(lines, width):
    """Return a seven drawn over lines, each (x, y, x, y)."""
    sheet = Image.new("L", (300, 300), 255)
    for line in lines:
        ImageDraw.Draw(sheet).line(line, fill=0, width=width)
    return Image.fromarray(np.minimum(sheet, picture(SMALLER, 7)))


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("missing", [None, 1])
def test_a_box_that_the_digit_crosses_is_removed(width, missing):
    sides = [(70, 50, 70, 180), (70, 50, 230, 50), (230, 50, 230, 180), (70, 180, 230, 180)]
    lines = [side for i, side in enumerate(sides) if i != missing]
    assert distance(canvas.from_image(seven_over(lines, width)), EXPECTED) < 0.35


def test_a_grid_with_margins_is_removed():
    lines = [(k, 30, k, 270) for k in range(40, 280, 48)]
    lines += [(40, k, 232, k) for k in range(30, 280, 48)]
    assert distance(canvas.from_image(seven_over(lines, 1)), EXPECTED) < 0.4


@pytest.mark.parametrize("segments", ["0", "8", "6", "2", "5", "9", "4"])
def test_seven_segment_digits_are_kept(segments):
    bars = {
        "0": "tlrmnb", "8": "tlrcmnb", "6": "tlcmnb", "2": "trcmb", "5": "tlcnb",
        "9": "tlrcnb", "4": "lrcn",
    }[segments]  # fmt: skip
    ends = {
        "t": (60, 30, 140, 30), "c": (60, 110, 140, 110), "b": (60, 190, 140, 190),
        "l": (60, 30, 60, 110), "r": (140, 30, 140, 110), "m": (60, 110, 60, 190),
        "n": (140, 110, 140, 190),
    }  # fmt: skip
    sheet = Image.new("L", (200, 220))
    for bar in bars:
        ImageDraw.Draw(sheet).line(ends[bar], fill=255, width=7)
    coverage = np.asarray(sheet, np.float32) / 255
    np.testing.assert_array_equal(grids.without(coverage), coverage)


def test_bent_lines_are_no_box():
    sheet = Image.new("L", (200, 200))
    ImageDraw.Draw(sheet).ellipse([20, 20, 180, 180], outline=255, width=5)
    ImageDraw.Draw(sheet).line((60, 60, 120, 130), fill=255, width=5)
    coverage = np.asarray(sheet, np.float32) / 255
    np.testing.assert_array_equal(grids.without(coverage), coverage)

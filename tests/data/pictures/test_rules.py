"""Lines and frames near a digit are not the digit; strokes are kept."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from data import canvas
from data.pictures import rules
from tests.pictures import SEVEN, distance, picture, scaled

EXPECTED = canvas.from_strokes(SEVEN)
SMALLER = picture(scaled(SEVEN, 0.6, (60, 50)), 6)


def read(image):
    return canvas.from_image(image)


def with_lines(lines, width, tone=0, image=None):
    """Return the seven with lines, each (x, y, x, y); the ink stays where it is darker."""
    sheet = Image.new("L", (300, 300), 255)
    for line in lines:
        ImageDraw.Draw(sheet).line(line, fill=tone, width=width)
    return Image.fromarray(np.minimum(sheet, picture() if image is None else image))


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("tone", [0, 128])
def test_a_frame_along_the_edges_is_removed(width, tone):
    framed = np.asarray(picture()).copy()
    framed[:width] = framed[-width:] = framed[:, :width] = framed[:, -width:] = tone
    assert distance(read(Image.fromarray(framed)), EXPECTED) < 0.25


@pytest.mark.parametrize("turns", range(4))
def test_a_dark_row_at_the_edge_is_removed(turns):
    sheet = np.rot90(np.asarray(picture()), turns).copy()
    sheet[:2] = 0
    assert distance(read(Image.fromarray(np.rot90(sheet, -turns))), EXPECTED) < 0.25


@pytest.mark.parametrize("width", [1, 4, 9])
def test_the_box_of_a_form_is_removed(width):
    sheet = SMALLER.copy()
    ImageDraw.Draw(sheet).rectangle([20, 25, 275, 270], outline=0, width=width)
    assert distance(read(sheet), EXPECTED) < 0.3


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("light", [False, True])
def test_a_frame_near_the_digit_is_removed(width, light):
    zero = Image.new("L", (80, 120), 255)
    ImageDraw.Draw(zero).ellipse([1, 1, 78, 118], outline=0, width=16)
    framed = ImageOps.expand(zero, width, 0)
    found = read(ImageOps.invert(framed) if light else framed)
    assert distance(found, read(ImageOps.expand(zero, 20, 255))) < 0.2


def test_the_box_with_the_digit_is_found():
    form = Image.new("L", (640, 230), 255)
    form.paste(SMALLER.crop((50, 20, 250, 220)), (220, 15))
    for left in (20, 220, 420):
        ImageDraw.Draw(form).rectangle([left, 15, left + 200, 215], outline=0, width=3)
    assert distance(read(ImageOps.expand(form, 100, 255)), EXPECTED) < 0.3


@pytest.mark.parametrize("shape", [(20, 400), (400, 20), (24, 3)])
def test_long_narrow_pictures_keep_their_ink(shape):
    sheet = np.full(shape, 255, np.uint8)
    sheet[shape[0] // 3 : 2 * shape[0] // 3, shape[1] // 3 : 2 * shape[1] // 3] = 0
    assert read(Image.fromarray(sheet)).any()


@pytest.mark.parametrize("width", [1, 4])
def test_a_line_below_is_removed(width):
    assert distance(read(with_lines([(0, 275, 299, 275)], width)), EXPECTED) < 0.25


@pytest.mark.parametrize("tilt", [0, 9])
def test_ruled_paper_half_as_dark_is_removed(tilt):
    ruled = with_lines([(0, y, 299, y + tilt) for y in range(10, 300, 45)], 2, 120)
    assert distance(read(ruled), EXPECTED) < 0.3


@pytest.mark.parametrize("tilt", [0, -25])
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("size", [0.2, 0.6])
def test_small_digits_on_ruled_paper_are_kept(size, width, tilt):
    written = Image.new("L", (800, 600), 255)
    for corner in ((60, 50), (300, 60), (420, 330)):
        digit = picture(scaled(SEVEN, size, (0, 0)), 4)
        written.paste(digit, corner)
    sheet = written.copy()
    for y in range(15, 630, 45):
        ImageDraw.Draw(sheet).line((0, y, 799, y + tilt), fill=150, width=width)
    wanted = 1 - np.asarray(written, np.float32) / 255
    ruled = np.maximum(wanted, 1 - np.asarray(sheet, np.float32) / 255)
    assert np.abs(rules.without(ruled) - wanted).sum() < 0.1 * np.abs(ruled - wanted).sum()


def test_squared_paper_as_dark_is_removed():
    places = range(13, 300, 40)
    lines = [(0, y, 299, y) for y in places] + [(x, 0, x, 299) for x in places]
    assert distance(read(with_lines(lines, 1)), EXPECTED) < 0.35


@pytest.mark.parametrize("line", [(3, 0, 3, 120), (100, 4, 299, 4), (296, 200, 296, 299)])
def test_the_rest_of_a_cell_is_removed(line):
    sheet = np.asarray(with_lines([line], 5, image=SMALLER))
    assert distance(read(Image.fromarray(sheet)), EXPECTED) < 0.3


def test_lone_stroke_across_the_picture_is_kept():
    one = np.zeros((60, 40), np.float32)
    one[:, 17:23] = 1
    np.testing.assert_array_equal(rules.without(one), one)


def test_bar_of_a_tight_seven_is_kept():
    seven = np.zeros((100, 70), np.float32)
    seven[:12] = 1
    for row in range(100):
        seven[row, int(58 - row * 0.4) : int(70 - row * 0.4)] = 1
    np.testing.assert_array_equal(rules.without(seven), seven)
    assert rules.without_rests(seven > 0.5).sum() == (seven > 0.5).sum()


def test_ink_of_one_square_zero_is_no_box():
    zero = Image.new("L", (100, 100), 255)
    ImageDraw.Draw(zero).rectangle([20, 10, 80, 90], outline=0, width=8)
    digit = read(zero)
    assert digit[14, 14] < 0.1
    assert digit.sum() > 60


def test_stroke_across_a_removed_rule_is_whole():
    coverage = np.zeros((100, 100), np.float32)
    coverage[20:80, 45:53] = 1
    coverage[50:52] = 1
    cleaned = rules.without(coverage)
    assert cleaned[50:52, 46:52].all()
    assert not cleaned[50:52, :40].any()
    assert not cleaned[50:52, 60:].any()

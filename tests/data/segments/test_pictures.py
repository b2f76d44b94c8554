"""Digits found in pictures."""

import time
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data import canvas
from data.errors import DataError
from data.segments import page, pictures
from tests import memory
from tests.data.segments.networks import ByShape, one, zero
from tests.pictures import picture


def drawn(*strokes, size=(400, 200), radius=5):
    return picture([[tuple(point) for point in stroke] for stroke in strokes], radius, size)


def read(image, digits="auto"):
    found = pictures.prepare(image, digits)
    proba = None if found.digit is None else ByShape()(found.digit[None])[0]
    return None if found.page is None else pictures.read(found, proba, ByShape())


NUMBER = [one(60, 50), zero(110, 50), zero(210, 50), one(330, 50)]


def test_a_number_is_read_in_order():
    assert read(drawn(*NUMBER)).text == "1001"


def test_boxes_are_in_pixels_of_the_picture():
    large = drawn(*NUMBER).resize((1600, 800))
    boxes = [symbol.box for symbol in read(large).symbols]
    assert boxes[0] == pytest.approx((55 * 4, 45 * 4, 65 * 4, 155 * 4), abs=8)
    assert boxes[2] == pytest.approx((205 * 4, 45 * 4, 275 * 4, 155 * 4), abs=8)


def test_boxes_are_right_on_a_table_too():
    table = Image.new("L", (600, 450), 60)
    sheet = drawn(one(60, 50), one(160, 50), one(330, 50)).point(lambda tone: tone * 0.9)
    table.paste(sheet, (120, 110))
    symbols = read(table, "many").symbols
    assert [symbol.text for symbol in symbols] == ["1", "1", "1"]
    assert symbols[0].box == pytest.approx((175, 155, 185, 265), abs=4)


def test_boxes_are_right_on_a_bordered_sheet():
    table = Image.new("L", (600, 450), 60)
    sheet = drawn(one(100, 50), one(200, 50), one(300, 50)).point(lambda tone: tone * 0.9)
    ImageDraw.Draw(sheet).rectangle((0, 0, 399, 199), outline=170, width=14)
    table.paste(sheet, (120, 110))
    symbols = read(table, "many").symbols
    assert [symbol.text for symbol in symbols] == ["1", "1", "1"]
    assert symbols[0].box == pytest.approx((215, 155, 225, 265), abs=4)


def test_one_digit_is_prepared_as_before():
    image = drawn(zero(100, 50), size=(300, 200))
    found = pictures.prepare(image)
    assert found.page is None
    np.testing.assert_array_equal(found.digit, canvas.from_image(image))


def test_digits_one_looks_for_no_number():
    found = pictures.prepare(drawn(zero(110, 50), one(240, 50)), "one")
    assert found.page is None
    assert found.several


def test_many_reads_a_single_digit_as_a_line():
    assert read(drawn(zero(100, 50)), "many").text == "0"


def test_a_blank_stays_a_blank():
    for digits in pictures.DIGITS:
        with pytest.raises(DataError, match="blank"):
            pictures.prepare(Image.new("L", (400, 200), 255), digits)


def test_touching_digits_are_cut():
    assert read(drawn(zero(100, 50), zero(168, 50)), "many").text == "00"


def test_a_broken_digit_is_joined():
    ring = zero(100, 50)
    image = drawn(ring[3:21], ring[23:41], one(240, 50), radius=3)
    assert read(image, "many").text == "01"


def test_minus_and_point_are_read():
    minus, point = [(20, 100), (50, 100)], [(150, 148), (151, 149)]
    assert read(drawn(minus, zero(70, 50), point, one(190, 50))).text == "-0.1"


def sheet(rows=4, columns=6):
    strokes = [
        (zero if (row + column) % 2 else one)(60 + 110 * column, 50 + 170 * row)
        for row in range(rows)
        for column in range(columns)
    ]
    return drawn(*strokes, size=(110 * columns + 60, 170 * rows + 60))


TEXT = ["101010", "010101", "101010", "010101"]


def test_a_sheet_is_read_line_by_line():
    assert [line.text for line in read(sheet())] == TEXT


@pytest.mark.parametrize("grid", [False, True])
def test_ruled_and_squared_paper_is_no_ink(grid):
    image = sheet()
    draw = ImageDraw.Draw(image)
    width, height = image.size
    for y in range(38, height, 170):
        draw.line([(0, y), (width, y)], fill=150, width=1)
    for x in range(35, width, 110) if grid else []:
        draw.line([(x, 0), (x, height)], fill=150, width=1)
    assert [line.text for line in read(image)] == TEXT


def test_printed_boxes_are_no_ink():
    image = drawn(*NUMBER, size=(420, 200))
    draw = ImageDraw.Draw(image)
    for left, right in ((20, 88), (92, 184), (192, 284), (295, 375)):
        draw.rectangle((left, 25, right, 175), outline=0, width=2)
    assert read(image, "many").text == "1001"


def test_light_digits_on_dark_are_read():
    assert read(drawn(*NUMBER).point(lambda tone: 255 - tone)).text == "1001"


def noise(rng):
    return rng.integers(0, 256, (900, 1200)).astype(np.uint8)


def blots(rng):
    coarse = Image.fromarray(rng.random((60, 80)).astype(np.float32)).resize((1600, 1200))
    return np.where(np.asarray(coarse) > 0.6, 0, 255).astype(np.uint8)


def letters(rng, size=20):
    page = Image.new("L", (1240, 1754), 255)
    for y in range(80, 1680, round(1.4 * size)):
        words = " ".join("".join(rng.choice(list("aebdfhkmnrstu"), 6)) for _ in range(240 // size))
        ImageDraw.Draw(page).text((90, y), words, fill=0, font_size=size)
    return np.asarray(page)


@pytest.mark.parametrize("kind", [noise, blots, letters])
def test_noise_and_text_end_soon(kind):
    image = Image.fromarray(kind(np.random.default_rng(0)))
    before = time.process_time()
    used = memory.forget_peak()
    with suppress(DataError):  # a refusal is an answer
        read(image)
    assert time.process_time() - before < 5
    assert memory.peak() - used < 500e6


def test_a_page_of_text_is_no_digit():
    page_of_text = Image.fromarray(letters(np.random.default_rng(0)))
    found = pictures.prepare(page_of_text.crop((60, 60, 600, 160)))
    assert pictures.is_crowded(found)
    assert pictures.read(found, np.full(10, 0.1), ByShape()) is None


def test_a_page_of_small_text_is_not_blank():
    page_of_text = Image.fromarray(letters(np.random.default_rng(0), 16))
    with pytest.raises(DataError, match="more than 500 pieces of ink"):
        pictures.prepare(page_of_text)


def test_too_many_pieces_are_refused(monkeypatch):
    monkeypatch.setattr(page, "MOST", 10)
    with pytest.raises(DataError, match="more than 10 pieces of ink"):
        pictures.prepare(sheet(), "many")

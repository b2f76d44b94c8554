"""Ink is found in pictures of every mode, light and tone; judged by the digit made from it."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from data import canvas
from tests.pictures import SEVEN, distance, picture


def test_light_ink_on_dark_reads_alike():
    drawing = picture()
    inverted = canvas.from_image(ImageOps.invert(drawing))
    np.testing.assert_allclose(inverted, canvas.from_image(drawing), atol=0.02)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F"])
def test_every_mode_reads_alike(mode):
    expected = canvas.from_image(picture())
    assert (
        distance(canvas.from_image(picture().convert(mode, dither=Image.Dither.NONE)), expected)
        < 0.1
    )


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_16_bits_read_as_8_do(order):
    deep = Image.fromarray((np.asarray(picture(), np.uint16) * 257).astype(order))
    np.testing.assert_allclose(canvas.from_image(deep), canvas.from_image(picture()), atol=0.02)


def test_floats_up_to_1_read_alike():
    unit = Image.fromarray(np.asarray(picture(), np.float32) / 255)
    np.testing.assert_allclose(canvas.from_image(unit), canvas.from_image(picture()), atol=0.02)


@pytest.mark.parametrize("ink", ["black", "white", "red"])
def test_ink_on_transparent_paper_is_found(ink):
    transparent = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    transparent.paste(ink, mask=ImageOps.invert(picture()))
    expected = canvas.from_image(picture())
    np.testing.assert_allclose(canvas.from_image(transparent), expected, atol=0.05)


def test_a_transparent_palette_is_paper():
    palette = ImageOps.invert(picture()).quantize(16)
    file = io.BytesIO()
    palette.save(file, "PNG", transparency=0)  # index 0 is the paper: the darkest or the lightest
    assert distance(canvas.from_image(Image.open(file)), canvas.from_strokes(SEVEN)) < 0.3


def test_exif_rotation_is_undone():
    lying = picture().rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise
    file = io.BytesIO()
    lying.save(file, "PNG", exif=exif)
    np.testing.assert_array_equal(canvas.from_image(Image.open(file)), canvas.from_image(picture()))


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("contrast", [0.25, 0.7])
def test_ink_is_found_in_uneven_light(light, contrast):
    """A ramp, a shadow's edge and noise: a photograph; the ink darkens what light there is."""
    ink = 1 - np.asarray(picture(), float) / 255
    y, x = np.indices(ink.shape) / 300
    paper = (0.9 - 0.4 * x) * (1 - 0.4 / (1 + np.exp(-40 * (y - x / 2 - 0.3))))
    photo = paper * (1 - contrast * ink)
    photo = (1 - photo if light else photo) + np.random.default_rng(0).normal(0, 0.01, ink.shape)
    digit = canvas.from_image(Image.fromarray((photo * 255).clip(0, 255).astype(np.uint8)))
    assert distance(digit, canvas.from_strokes(SEVEN)) < 0.4


def test_specks_are_not_ink():
    dusty = picture()
    for spot in [(5, 5), (290, 20), (20, 280), (250, 295)]:
        dusty.paste(0, (*spot, spot[0] + 3, spot[1] + 3))
    np.testing.assert_allclose(canvas.from_image(dusty), canvas.from_image(picture()), atol=0.02)


def test_parts_apart_are_kept():
    apart = [[(80, 40), (80, 260)], [(140, 40), (220, 40)]]
    assert distance(canvas.from_image(picture(apart)), canvas.from_strokes(apart)) < 0.25


@pytest.mark.parametrize("value", [0, 128, 255])
def test_uniform_paper_is_blank(value):
    assert not canvas.from_image(Image.new("L", (300, 200), value)).any()


def test_a_photograph_of_blank_paper_is_blank():
    y, x = np.indices((200, 300))
    noise = np.random.default_rng(1).normal(0, 3, y.shape)
    paper = (90 + 0.3 * x + 0.2 * y + noise).astype(np.uint8)
    assert not canvas.from_image(Image.fromarray(paper)).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (3, 2), (2000, 1)])
def test_tiny_pictures_give_an_image_in_range(size):
    for value in (0, 255):
        strange = Image.new("L", size, 255)
        strange.putpixel((size[0] // 2, size[1] // 2), value)
        digit = canvas.from_image(strange)
        assert digit.shape == (28, 28)
        assert ((digit >= 0) & (digit <= 1)).all()  # false for NaN as well


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("soft", [16, 8])  # pixels: of these that are enlarged the edges are soft
def test_thick_lines_touch_the_frame_all_round(invert, soft):
    large = Image.new("L", (160, 160))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, 159, 159), 60, outline=255, width=40)
    scan = large.resize((soft, soft), Image.Resampling.BOX).resize((16, 16))
    expected = canvas.from_image(ImageOps.expand(scan, 4))  # with a margin
    cropped = canvas.from_image(ImageOps.invert(scan) if invert else scan)
    assert distance(cropped, expected) < 0.1

"""Paper, panel and sheet are those of the digit; the picture's rim may be something else."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from data import canvas
from data.pictures import paper, region
from tests.pictures import SEVEN, distance, picture

EXPECTED = canvas.from_strokes(SEVEN)


def read(values):
    return canvas.from_image(Image.fromarray(np.asarray(values).clip(0, 255).astype(np.uint8)))


def test_a_dark_panel_on_a_page_is_found():
    page = Image.new("L", (640, 480), 255)
    page.paste(ImageOps.invert(picture()).resize((260, 260)), (150, 90))
    assert distance(canvas.from_image(page), EXPECTED) < 0.3


@pytest.mark.parametrize("angle", [0, 7])
def test_a_sheet_on_a_table_is_found(angle):
    table = Image.new("L", (500, 500), 50)
    table.paste(picture(), (100, 100))
    sheet = table.rotate(angle, Image.Resampling.BILINEAR, fillcolor=50)
    found = canvas.from_image(sheet.rotate(-angle, Image.Resampling.BILINEAR, fillcolor=50))
    assert distance(found, EXPECTED) < 0.3
    assert canvas.from_image(sheet).sum() == pytest.approx(EXPECTED.sum(), rel=0.2)


@pytest.mark.parametrize("corner", [(-30, -30), (-30, 10), (10, -30)])
def test_a_sheet_cut_by_the_edge_is_found(corner):
    table = Image.new("L", (320, 320), 50)
    table.paste(picture(), corner)
    turned = table.rotate(4, Image.Resampling.BILINEAR, fillcolor=50)
    light = np.linspace(1, 0.7, 320)
    noise = np.random.default_rng(0).normal(0, 4, (320, 320))
    assert distance(read(np.asarray(turned) * light + noise), EXPECTED) < 0.5


@pytest.mark.parametrize("light", [False, True])
def test_loop_on_a_sheet_is_paper(light):
    page = np.full((240, 320), 255, np.uint8)
    panel = Image.new("L", (160, 160), 0)
    ImageDraw.Draw(panel).ellipse([35, 20, 125, 140], outline=230, width=22)
    page[40:200, 60:220] = panel
    found = read(255 - page if light else page)
    assert found[13:15, 13:15].max() < 0.1
    assert distance(found, canvas.from_image(panel)) < 0.2


def test_bar_of_a_window_is_no_panel():
    window = Image.new("L", (400, 330), 235)
    draw = ImageDraw.Draw(window)
    draw.rectangle([0, 0, 400, 26], fill=90)
    draw.text((8, 8), "Untitled - Draw", fill=255)
    grey = np.asarray(window, np.float32) / 255
    assert region.inside(grey) is grey


def test_zero_with_thick_line_is_no_panel():
    zero = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(zero).ellipse([80, 40, 220, 260], outline=0, width=50)
    grey = np.asarray(zero, np.float32) / 255
    assert region.inside(grey) is grey


@pytest.mark.parametrize("margin", [0, 40])
@pytest.mark.parametrize("light", [False, True])
def test_digit_touching_all_edges_reads_alike(margin, light):
    eight = Image.new("L", (200, 300), 255)
    draw = ImageDraw.Draw(eight)
    draw.ellipse([20, 0, 180, 160], outline=0, width=44)
    draw.ellipse([0, 120, 199, 299], outline=0, width=44)
    wide = ImageOps.expand(eight, margin, 255)
    found = canvas.from_image(ImageOps.invert(wide) if light else wide)
    assert distance(found, canvas.from_image(ImageOps.expand(eight, 80, 255))) < 0.1


@pytest.mark.parametrize("noise", [0, 4])
def test_a_hard_shadow_does_not_hide_the_digit(noise):
    photo = np.asarray(picture(), float) * 0.95
    photo[:, 140:] *= 0.5
    photo += np.random.default_rng(0).normal(0, noise, photo.shape)
    assert distance(read(photo), EXPECTED) < 0.4


def test_a_checkerboard_is_taken_for_paper():
    y, x = np.indices((300, 300)) // 12
    board = np.where((x + y) % 2, 204, 255)
    assert distance(read(np.asarray(picture()) / 255 * board), EXPECTED) < 0.3


@pytest.mark.parametrize("ink", [-1, 1])
def test_a_small_picture_on_a_gradient_is_read(ink):
    small = 1 - np.asarray(picture().resize((40, 40), Image.Resampling.BOX), float) / 255
    paper = np.linspace(80, 180, 40)
    assert distance(read(paper + ink * 70 * small), EXPECTED) < 0.35


@pytest.mark.parametrize("step", [12, 30])
def test_hairlines_do_not_part_the_digit(step):
    sheet = np.asarray(picture(radius=12)).copy()
    sheet[::step] = sheet[:, ::step] = 255
    assert distance(read(sheet), EXPECTED) < 0.4


def test_sprayed_line_is_one_digit():
    sheet = np.asarray(picture(radius=14)).copy()
    sheet[np.random.default_rng(0).random(sheet.shape) < 0.5] = 255
    assert distance(read(sheet), EXPECTED) < 0.5


@pytest.mark.parametrize("colour", ["red", "blue", "green", "orange", "deeppink", "gold"])
def test_coloured_pens_are_read(colour):
    sheet = Image.new("RGB", (300, 300), (250, 248, 240))
    sheet.paste(colour, mask=ImageOps.invert(picture()))
    assert distance(canvas.from_image(sheet), EXPECTED) < 0.25


@pytest.mark.parametrize("colour", ["orange", "deepskyblue", "gold"])
def test_a_coloured_pen_beside_glare_is_read(colour):
    board = Image.new("RGB", (300, 300), (200, 200, 200))
    board.paste(colour, mask=ImageOps.invert(picture()))
    y, x = np.indices((300, 300)) / 300 - np.array([0.75, 0.3])[:, None, None]
    glare = 130 * np.exp(-(x**2 + y**2) / 0.02)
    photo = np.asarray(board, float) + glare[..., None]
    assert distance(read(photo), EXPECTED) < 0.4


def test_colours_of_one_brightness_are_told_apart():
    sheet = Image.new("RGB", (300, 300), (0, 130, 0))
    sheet.paste((255, 0, 0), mask=ImageOps.invert(picture()))
    assert abs(np.subtract(*[Image.new("RGB", (1, 1), c).convert("L").getpixel((0, 0))
                             for c in [(0, 130, 0), (255, 0, 0)]])) < 3  # fmt: skip
    assert distance(canvas.from_image(sheet), EXPECTED) < 0.25


def test_a_picture_of_one_row_is_read():
    row = np.full((1, 70), 218)
    row[:, 1::2] = 230
    row[:, 0] = 20
    assert read(row).shape == (28, 28)


def test_paper_may_be_an_uneven_rim():
    grey = np.full((40, 400), 0.1, np.float32)
    grey[0] = grey[-1] = grey[:, 0] = grey[:, -1] = 0.9
    grey[0, ::2] = grey[-1, ::2] = 0.8
    contrast, _ = paper.contrast(grey)
    assert np.isfinite(contrast).all()


@pytest.mark.parametrize("seed", range(3))
def test_blank_noisy_paper_is_called_blank(seed):
    y, x = np.indices((200, 300))
    noise = np.random.default_rng(seed).normal(0, 3, y.shape)
    paper = Image.fromarray((90 + 0.3 * x + 0.2 * y + noise).astype(np.uint8))
    assert canvas.find_digit(paper)[1].startswith("blank")


def test_digits_in_a_row_are_counted():
    row = Image.new("L", (900, 200), 255)
    for i in range(4):
        row.paste(picture().resize((200, 200)), (210 * i, 0))
    digit, trouble = canvas.find_digit(row)
    assert not digit.any()
    assert trouble == "4 digits or letters in a row: crop it to one digit"


def test_ink_without_a_digit_is_not_called_blank():
    dots = np.full((200, 200), 255)
    for y in range(10, 200, 40):
        for x in range(10, 200, 40):
            dots[y : y + 3, x : x + 3] = 0
    digit, trouble = canvas.find_digit(Image.fromarray(dots.astype(np.uint8)))
    assert not digit.any()
    assert trouble.startswith("there is ink in it")

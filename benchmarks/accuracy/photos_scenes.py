"""The kinds of picture that people have: a digit and what is around it.

Each scene takes a `Digit` and a random generator, and returns a picture. Sheets hold ink in [0, 1]
until they are turned into brightness.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from .photos_ink import Digit
from .photos_light import gradient, jpeg, photographed, picture, seen_aslant, shadow

SIDE = 300
Scene = Callable[[Digit, np.random.Generator], Image.Image]
SCENES: dict[str, Scene] = {}


def scene(name):
    """Register a function under the name of its kind."""

    def keep(make):
        SCENES[name] = make
        return make

    return keep


def _dark(rng):
    return float(rng.uniform(0.75, 1))


def _lines_across(sheet, places, width, tone):
    """Rule horizontal lines; ink that is darker stays."""
    for place in places:
        row = round(place)
        sheet[max(row, 0) : row + width] = np.maximum(sheet[max(row, 0) : row + width], tone)
    return sheet


@scene("drawn on a screen")
def drawn(digit: Digit, rng):
    return picture(1 - digit.ink(rng, tall=rng.uniform(0.4, 0.8), pen=rng.uniform(0.06, 0.16)))


@scene("light on dark")
def light_on_dark(digit: Digit, rng):
    return picture(0.1 + 0.85 * digit.ink(rng, tall=rng.uniform(0.5, 0.9)))


@scene("frame of one pixel")
def frame(digit: Digit, rng):
    sheet = digit.ink(rng, int(rng.integers(60, SIDE)), tall=rng.uniform(0.45, 0.8))
    sheet[[0, -1]] = sheet[:, [0, -1]] = _dark(rng)
    return picture(1 - sheet)


@scene("dark row along an edge")
def edge_row(digit: Digit, rng):
    sheet = digit.ink(rng, int(rng.integers(40, SIDE)), tall=rng.uniform(0.5, 0.85))
    turns = int(rng.integers(4))
    sheet = np.rot90(sheet, turns).copy()
    sheet[: rng.integers(1, 4)] = _dark(rng)
    return picture(1 - np.rot90(sheet, -turns))


@scene("box of a form")
def form_box(digit: Digit, rng):
    sheet = digit.ink(rng, tall=rng.uniform(0.35, 0.6))
    low, high = rng.integers(8, 40, 2), SIDE - rng.integers(8, 40, 2)
    wide, tone = int(rng.integers(1, 6)), _dark(rng)
    box = np.zeros_like(sheet)
    box[low[0] : high[0], low[1] : high[1]] = tone
    box[low[0] + wide : high[0] - wide, low[1] + wide : high[1] - wide] = 0
    return picture(1 - np.maximum(sheet, box))


@scene("rests of a table's cell")
def cell(digit: Digit, rng):
    sheet = digit.ink(rng, int(rng.integers(50, 200)), tall=rng.uniform(0.45, 0.65))
    side, tone = len(sheet), _dark(rng)
    for turn in rng.permutation(4)[: rng.integers(1, 4)]:
        sheet = np.rot90(sheet, turn).copy()
        start, end = sorted(rng.uniform(0, 1, 2)) if rng.random() < 0.5 else (0, 1)
        at, wide = int(rng.integers(0, 1 + side // 30)), int(rng.integers(1, 2 + side // 25))
        sheet[at : at + wide, int(start * side) : int(end * side) + 1] = tone
        sheet = np.rot90(sheet, -turn)
    return picture(1 - sheet)


@scene("ruled line below")
def line_below(digit: Digit, rng):
    sheet = digit.ink(rng, tall=rng.uniform(0.4, 0.6))
    return picture(1 - _lines_across(sheet, [rng.uniform(250, 285)], int(rng.integers(1, 6)), 0.8))


@scene("ruled paper")
def ruled(digit: Digit, rng):
    gap = rng.uniform(30, 70)
    places = np.arange(rng.uniform(0, gap), SIDE, gap)
    sheet = digit.ink(rng, tall=rng.uniform(0.4, 0.7))
    sheet = _lines_across(sheet, places, int(rng.integers(1, 4)), rng.uniform(0.25, 0.6))
    return _on_paper(sheet, rng)


@scene("squared paper")
def squared(digit: Digit, rng):
    gap, tone = rng.uniform(22, 60), rng.uniform(0.2, 0.55)
    sheet = digit.ink(rng, tall=rng.uniform(0.4, 0.7))
    for _ in range(2):
        places = np.arange(rng.uniform(0, gap), SIDE, gap)
        sheet = _lines_across(sheet, places, int(rng.integers(1, 3)), tone).T.copy()
    return _on_paper(sheet, rng)


def _on_paper(sheet, rng):
    """Scan or photograph a sheet, a little aslant."""
    if rng.random() < 0.5:
        return picture(1 - sheet)
    aslant = seen_aslant(picture(1 - 0.8 * sheet), rng, 0.04)
    return photographed(np.asarray(aslant) / 255 * gradient(sheet.shape, rng, 0.3), rng)


@scene("dark panel on a page")
def panel(digit: Digit, rng):
    side = int(rng.integers(100, 240))
    page = np.ones((SIDE, 4 * SIDE // 3), np.float32)
    y, x = (int(rng.integers(10, length - side - 10)) for length in page.shape)
    inside = digit.ink(rng, side, tall=rng.uniform(0.55, 0.75), pen=rng.uniform(0.08, 0.14))
    page[y : y + side, x : x + side] = inside * 0.9 + rng.uniform(0, 0.1)
    for k in range(0, side, 25):  # ticks, as matplotlib draws them
        page[y + side : y + side + 4, x + k] = page[y + k, x - 4 : x] = 0
    return picture(page)


@scene("light hairlines across")
def hairlines(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.5, 0.75), pen=rng.uniform(0.1, 0.18))
    gap, wide = int(rng.integers(10, 40)), int(rng.integers(1, 3))
    for start in range(wide):
        ink[start::gap] = ink[:, start::gap] = 0
    return picture(1 - ink)


@scene("tight frame, thick line")
def tight(digit: Digit, rng):
    cut = digit.tight(int(rng.integers(30, 250)), rng.uniform(0.14, 0.28))
    if min(cut.shape) < 0.6 * max(cut.shape):  # a 1 fills its frame: nobody crops it so
        cut = np.pad(cut, ((0, 0), [(max(cut.shape) - min(cut.shape)) // 4] * 2))
    return picture(1 - cut if rng.random() < 0.5 else cut)


@scene("hard shadow")
def hard_shadow(digit: Digit, rng):
    sheet = 1 - 0.85 * digit.ink(rng, tall=rng.uniform(0.4, 0.7))
    sheet = sheet * shadow(sheet.shape, rng)
    return picture(sheet) if rng.random() < 0.3 else photographed(sheet, rng)


@scene("phone, 12 megapixels")
def phone(digit: Digit, rng):
    sheet = np.pad(digit.ink(rng, 750, rng.uniform(0.25, 0.6), rng.uniform(0.03, 0.08)),
                   ((0, 0), (125, 125)))  # fmt: skip
    light = (0.9 - 0.75 * sheet) * gradient(sheet.shape, rng)
    aslant = seen_aslant(picture(light), rng).resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = np.tile(rng.normal(0, 6, (500, 500)), (6, 8))
    noisy = (np.asarray(aslant, np.float32) + grain).clip(0, 255)
    return jpeg(Image.fromarray(noisy.astype(np.uint8)), 80)


@scene("thin pencil")
def pencil(digit: Digit, rng):
    ink = digit.ink(rng, 600, rng.uniform(0.4, 0.7), rng.uniform(0.012, 0.025))
    ink *= rng.uniform(0.6, 1, ink.shape) * rng.uniform(0.3, 0.6)
    return photographed(0.9 * gradient(ink.shape, rng, 0.3) * (1 - ink), rng, 0.7, 0.012)


COLOURS = ((0.1, 0.2, 0.7), (0.8, 0.1, 0.1), (0.1, 0.6, 0.2), (0.95, 0.5, 0), (0.9, 0.8, 0.1),
           (0.2, 0.7, 0.9), (0.9, 0.3, 0.6))  # fmt: skip


def _coloured(ink, rng, paper):
    colour = np.array(COLOURS[rng.integers(len(COLOURS))], np.float32)
    return paper + ink[..., None] * (colour - paper)


@scene("coloured pen")
def coloured(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.4, 0.7), pen=rng.uniform(0.05, 0.1))
    sheet = _coloured(ink, rng, np.array([0.95, 0.94, 0.9], np.float32))
    return photographed(sheet * gradient(ink.shape, rng, 0.3)[..., None], rng)


@scene("whiteboard")
def whiteboard(digit: Digit, rng):
    ink = digit.ink(rng, 400, rng.uniform(0.4, 0.7), rng.uniform(0.05, 0.1)) * 0.85
    sheet = _coloured(ink, rng, np.float32(0.8)) * gradient(ink.shape, rng, 0.3)[..., None]
    y, x = np.indices(ink.shape, np.float32) / 400 - rng.uniform(0, 1, (2, 1, 1))
    glare = 0.5 * np.exp(-(x**2 + y**2) / 0.02).astype(np.float32)
    return photographed(sheet + glare[..., None], rng)


@scene("dark table round the sheet")
def table(digit: Digit, rng):
    ink = digit.ink(rng, 260, rng.uniform(0.4, 0.7), rng.uniform(0.06, 0.12))
    page = np.full((400, 400), rng.uniform(0.1, 0.35), np.float32)
    page += rng.normal(0, 0.03, (400, 1)).astype(np.float32)  # the grain of its wood
    page[70:330, 70:330] = 0.92 - 0.75 * ink
    turned = picture(page).rotate(rng.uniform(-8, 8), Image.Resampling.BILINEAR, fillcolor=60)
    aslant = np.asarray(seen_aslant(turned, rng), np.float32) / 255
    return photographed(aslant * gradient(page.shape, rng, 0.3), rng)


@scene("photographed screen")
def screen(digit: Digit, rng):
    ink = digit.ink(rng, 400, rng.uniform(0.4, 0.7), rng.uniform(0.06, 0.12))
    sheet = 0.15 + 0.7 * (ink if rng.random() < 0.5 else 1 - ink)
    y, x = np.indices(ink.shape, np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(3, 12)
    wave = np.sin(2 * np.pi * (np.cos(angle) * x + np.sin(angle) * y) / period)
    sheet = (sheet * (1 + 0.08 * wave)).astype(np.float32) * gradient(ink.shape, rng, 0.3)
    return photographed(np.asarray(seen_aslant(picture(sheet), rng)) / 255, rng)


@scene("spray and broken line")
def spray(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.5, 0.75), pen=rng.uniform(0.1, 0.18))
    if rng.random() < 0.5:
        return picture(1 - ink * (rng.random(ink.shape) < rng.uniform(0.35, 0.7)))
    coarse = picture(rng.random((40, 40))).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return picture(1 - ink * (np.asarray(coarse) > rng.uniform(60, 90)))


@scene("small, on a gradient")
def small(digit: Digit, rng):
    ink = digit.ink(rng, int(rng.integers(28, 64)), rng.uniform(0.6, 0.85), 0.12)
    paper = gradient(ink.shape, rng, 0.6)
    return picture(paper * (1 - 0.9 * ink) if rng.random() < 0.5 else (1 - paper) + 0.5 * ink)


@scene("checkerboard of a faked transparency")
def checkerboard(digit: Digit, rng):
    pen = rng.uniform(0.1, 0.2)
    ink = digit.ink(rng, int(rng.integers(150, SIDE)), rng.uniform(0.6, 1), pen)
    y, x = np.indices(ink.shape) // int(rng.integers(6, 16))
    paper = np.where((x + y) % 2, rng.uniform(0.75, 0.93), 1)
    return picture(paper * (1 - ink))


@scene("broad pen")
def broad(digit: Digit, rng):
    return picture(1 - digit.ink(rng, tall=rng.uniform(0.4, 0.8), pen=rng.uniform(0.22, 0.33)))


@scene("plate, embossed")
def plate(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.5, 0.75), pen=rng.uniform(0.12, 0.2))
    rim = np.asarray(picture(ink).filter(ImageFilter.GaussianBlur(4)), np.float32) / 255
    sheet = rng.uniform(0.2, 0.4) + 0.5 * ink - 0.15 * (rim - ink).clip(0)
    return photographed(sheet * gradient(ink.shape, rng, 0.4), rng, 1.2, 0.03)

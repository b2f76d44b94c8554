"""Photographs: of paper, whiteboards, screens and plates, in any light.

See `photos_kinds` for what a scene is.
"""

import numpy as np
from PIL import Image, ImageFilter

from .photos_ink import Digit
from .photos_kinds import Kinds
from .photos_light import gradient, jpeg, photographed, picture, seen_aslant, shadow

CAMERA = Kinds()


COLOURS = ((0.1, 0.2, 0.7), (0.8, 0.1, 0.1), (0.1, 0.6, 0.2), (0.95, 0.5, 0), (0.9, 0.8, 0.1),
           (0.2, 0.7, 0.9), (0.9, 0.3, 0.6), (0.1, 0.1, 0.1))  # fmt: skip


def _coloured(ink, rng, paper):
    colour = np.array(COLOURS[rng.integers(len(COLOURS))], np.float32)
    return paper + ink[..., None] * (colour - paper)


@CAMERA.kind("hard shadow")
def hard_shadow(digit: Digit, rng):
    sheet = 1 - 0.85 * digit.ink(rng, tall=rng.uniform(0.4, 0.7))
    sheet = sheet * shadow(sheet.shape, rng)
    return picture(sheet) if rng.random() < 0.3 else photographed(sheet, rng)


@CAMERA.kind("phone, 12 megapixels")
def phone(digit: Digit, rng):
    sheet = np.pad(digit.ink(rng, 750, rng.uniform(0.25, 0.6), rng.uniform(0.03, 0.08)),
                   ((0, 0), (125, 125)))  # fmt: skip
    light = (0.9 - 0.75 * sheet) * gradient(sheet.shape, rng)
    aslant = seen_aslant(picture(light), rng).resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = np.tile(rng.normal(0, 6, (500, 500)), (6, 8))
    noisy = (np.asarray(aslant, np.float32) + grain).clip(0, 255)
    return jpeg(Image.fromarray(noisy.astype(np.uint8)), 80)


@CAMERA.kind("thin pencil")
def pencil(digit: Digit, rng):
    ink = digit.ink(rng, 600, rng.uniform(0.4, 0.7), rng.uniform(0.012, 0.025))
    ink *= rng.uniform(0.6, 1, ink.shape) * rng.uniform(0.3, 0.6)
    return photographed(0.9 * gradient(ink.shape, rng, 0.3) * (1 - ink), rng, 0.7, 0.012)


@CAMERA.kind("coloured pen")
def coloured(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.4, 0.7), pen=rng.uniform(0.05, 0.1))
    sheet = _coloured(ink, rng, np.array([0.95, 0.94, 0.9], np.float32))
    return photographed(sheet * gradient(ink.shape, rng, 0.3)[..., None], rng)


PAPERS = ((0.95, 0.9, 0.45), (0.95, 0.65, 0.75), (0.6, 0.85, 0.95), (0.65, 0.9, 0.6),
          (0.75, 0.6, 0.42), (0.15, 0.3, 0.2))  # fmt: skip


@CAMERA.kind("coloured paper")
def coloured_paper(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.4, 0.7), pen=rng.uniform(0.05, 0.1))
    paper = np.array(PAPERS[rng.integers(len(PAPERS))], np.float32)
    far = [c for c in (*COLOURS, (1, 1, 1)) if np.abs(paper - c).max() > 0.4]  # seen at all
    colour = np.array(far[rng.integers(len(far))], np.float32)
    sheet = paper + 0.9 * ink[..., None] * (colour - paper)
    return photographed(sheet * gradient(ink.shape, rng, 0.3)[..., None], rng)


@CAMERA.kind("whiteboard")
def whiteboard(digit: Digit, rng):
    ink = digit.ink(rng, 400, rng.uniform(0.4, 0.7), rng.uniform(0.05, 0.1)) * 0.85
    sheet = _coloured(ink, rng, np.float32(0.8)) * gradient(ink.shape, rng, 0.3)[..., None]
    y, x = np.indices(ink.shape, np.float32) / 400 - rng.uniform(0, 1, (2, 1, 1))
    glare = 0.5 * np.exp(-(x**2 + y**2) / 0.02).astype(np.float32)
    return photographed(sheet + glare[..., None], rng)


@CAMERA.kind("dark table round the sheet")
def table(digit: Digit, rng):
    ink = digit.ink(rng, 260, rng.uniform(0.4, 0.7), rng.uniform(0.06, 0.12))
    page = np.full((400, 400), rng.uniform(0.1, 0.35), np.float32)
    page += rng.normal(0, 0.03, (400, 1)).astype(np.float32)  # the grain of its wood
    page[70:330, 70:330] = 0.92 - 0.75 * ink
    turned = picture(page).rotate(rng.uniform(-8, 8), Image.Resampling.BILINEAR, fillcolor=60)
    aslant = np.asarray(seen_aslant(turned, rng), np.float32) / 255
    return photographed(aslant * gradient(page.shape, rng, 0.3), rng)


@CAMERA.kind("photographed screen")
def screen(digit: Digit, rng):
    ink = digit.ink(rng, 400, rng.uniform(0.4, 0.7), rng.uniform(0.06, 0.12))
    sheet = 0.15 + 0.7 * (ink if rng.random() < 0.5 else 1 - ink)
    y, x = np.indices(ink.shape, np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(3, 12)
    wave = np.sin(2 * np.pi * (np.cos(angle) * x + np.sin(angle) * y) / period)
    sheet = (sheet * (1 + 0.08 * wave)).astype(np.float32) * gradient(ink.shape, rng, 0.3)
    return photographed(np.asarray(seen_aslant(picture(sheet), rng)) / 255, rng)


@CAMERA.kind("plate, embossed")
def plate(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.5, 0.75), pen=rng.uniform(0.12, 0.2))
    rim = np.asarray(picture(ink).filter(ImageFilter.GaussianBlur(4)), np.float32) / 255
    sheet = rng.uniform(0.2, 0.4) + 0.5 * ink - 0.15 * (rim - ink).clip(0)
    return photographed(sheet * gradient(ink.shape, rng, 0.4), rng, 1.2, 0.03)


DESKS = ((0.45, 0.3, 0.2), (0.1, 0.1, 0.12), (0.3, 0.32, 0.35), (0.6, 0.5, 0.4))


@CAMERA.kind("edges of the sheet in view")
def sheet_edges(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.4, 0.6), pen=rng.uniform(0.04, 0.1))
    desk = np.array(DESKS[rng.integers(len(DESKS))], np.float32)
    view = desk + rng.normal(0, 0.02, (len(ink), 1, 1))
    view = np.broadcast_to(view, (*ink.shape, 3)).copy()
    first = rng.integers(0, 45, 2) * (rng.random(2) < 0.7)
    last = np.array(ink.shape) - rng.integers(0, 45, 2) * (rng.random(2) < 0.5)
    sheet = slice(first[0], last[0]), slice(first[1], last[1])
    view[sheet] = (0.92 - 0.8 * ink[..., None])[sheet]
    beyond = tuple(np.rint(255 * desk).astype(int).tolist())
    turn = rng.uniform(-7, 7)
    turned = picture(view).rotate(turn, Image.Resampling.BILINEAR, fillcolor=beyond)
    light = gradient(ink.shape, rng, 0.4)[..., None]
    return photographed(np.asarray(turned, np.float32) / 255 * light, rng)


@CAMERA.kind("soft shadow of a hand")
def hand(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.4, 0.7), pen=rng.uniform(0.04, 0.1))
    y, x = np.indices(ink.shape) / len(ink)
    at, reach = rng.uniform(-0.2, 1.2, 2), rng.uniform(0.3, 0.8)
    edge = ImageFilter.GaussianBlur(rng.uniform(0, 12))
    dim = picture((y - at[0]) ** 2 + (x - at[1]) ** 2 < reach**2).filter(edge)
    light = 1 - rng.uniform(0.3, 0.6) * np.asarray(dim, np.float32) / 255
    return photographed((0.92 - 0.78 * ink) * light * gradient(ink.shape, rng, 0.2), rng)


@CAMERA.kind("chalk on a blackboard")
def blackboard(digit: Digit, rng):
    ink = digit.ink(rng, 400, rng.uniform(0.4, 0.7), rng.uniform(0.04, 0.08))
    holes = picture(rng.random((130, 130))).resize((400, 400), Image.Resampling.BICUBIC)
    ink *= rng.uniform(0.5, 1) * (np.asarray(holes) > rng.uniform(25, 90))
    smears = picture(rng.random((5, 5))).resize((400, 400), Image.Resampling.BICUBIC)
    board = 0.2 + 0.15 * np.asarray(smears, np.float32) / 255
    return photographed((board + 0.65 * ink) * gradient(ink.shape, rng, 0.4), rng, 0.8, 0.03)

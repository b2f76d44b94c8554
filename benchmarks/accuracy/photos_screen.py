"""Pictures made by programs: drawings, panels of figures, small and tight ones.

See `photos_kinds` for what a scene is.
"""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from .photos_ink import Digit
from .photos_kinds import SIDE, Kinds
from .photos_light import gradient, picture

SCREEN = Kinds()


@SCREEN.kind("drawn on a screen")
def drawn(digit: Digit, rng):
    return picture(1 - digit.ink(rng, tall=rng.uniform(0.4, 0.8), pen=rng.uniform(0.06, 0.16)))


@SCREEN.kind("light on dark")
def light_on_dark(digit: Digit, rng):
    return picture(0.1 + 0.85 * digit.ink(rng, tall=rng.uniform(0.5, 0.9)))


@SCREEN.kind("dark panel on a page")
def panel(digit: Digit, rng):
    side = int(rng.integers(100, 240))
    page = np.ones((SIDE, 4 * SIDE // 3), np.float32)
    y, x = (int(rng.integers(10, length - side - 10)) for length in page.shape)
    inside = digit.ink(rng, side, tall=rng.uniform(0.55, 0.75), pen=rng.uniform(0.08, 0.14))
    page[y : y + side, x : x + side] = inside * 0.9 + rng.uniform(0, 0.1)
    for k in range(0, side, 25):  # ticks, as matplotlib draws them
        page[y + side : y + side + 4, x + k] = page[y + k, x - 4 : x] = 0
    return picture(page)


@SCREEN.kind("tight frame, thick line")
def tight(digit: Digit, rng):
    cut = digit.tight(int(rng.integers(30, 250)), rng.uniform(0.14, 0.28))
    if min(cut.shape) < 0.6 * max(cut.shape):  # a 1 fills its frame: nobody crops it so
        cut = np.pad(cut, ((0, 0), [(max(cut.shape) - min(cut.shape)) // 4] * 2))
    return picture(1 - cut if rng.random() < 0.5 else cut)


@SCREEN.kind("broad pen")
def broad(digit: Digit, rng):
    return picture(1 - digit.ink(rng, tall=rng.uniform(0.4, 0.8), pen=rng.uniform(0.22, 0.33)))


@SCREEN.kind("spray and broken line")
def spray(digit: Digit, rng):
    ink = digit.ink(rng, tall=rng.uniform(0.5, 0.75), pen=rng.uniform(0.1, 0.18))
    if rng.random() < 0.5:
        return picture(1 - ink * (rng.random(ink.shape) < rng.uniform(0.35, 0.7)))
    coarse = picture(rng.random((40, 40))).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return picture(1 - ink * (np.asarray(coarse) > rng.uniform(60, 90)))


@SCREEN.kind("small, on a gradient")
def small(digit: Digit, rng):
    ink = digit.ink(rng, int(rng.integers(28, 64)), rng.uniform(0.6, 0.85), 0.12)
    paper = gradient(ink.shape, rng, 0.6)
    return picture(paper * (1 - 0.9 * ink) if rng.random() < 0.5 else (1 - paper) + 0.5 * ink)


@SCREEN.kind("checkerboard of a faked transparency")
def checkerboard(digit: Digit, rng):
    pen = rng.uniform(0.1, 0.2)
    ink = digit.ink(rng, int(rng.integers(150, SIDE)), rng.uniform(0.6, 1), pen)
    y, x = np.indices(ink.shape) // int(rng.integers(6, 16))
    paper = np.where((x + y) % 2, rng.uniform(0.75, 0.93), 1)
    return picture(paper * (1 - ink))


MAPS = ("gray", "gray", "gray_r", "binary", "viridis", "plasma", "Blues")


@SCREEN.kind("figure of matplotlib")
def figure(digit: Digit, rng):
    ink = digit.ink(rng, int(rng.choice([28, 28, 100])), tall=0.72, pen=0.11)
    drawn = Figure((rng.uniform(2, 7), rng.uniform(2, 5)), dpi=int(rng.choice([72, 100, 150])))
    axes = drawn.add_subplot()
    shown = axes.imshow(ink, cmap=str(rng.choice(MAPS)))
    if rng.random() < 0.6:
        axes.set_title(str(rng.choice(["Label: ", "Prediction: ", "true = "])) + str(digit.label))
    if rng.random() < 0.3:
        axes.axis("off")
    if rng.random() < 0.3:
        drawn.colorbar(shown)
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


@SCREEN.kind("screenshot of a drawing program")
def screenshot(digit: Digit, rng):
    height, width = int(rng.integers(340, 420)), int(rng.integers(360, 560))
    window = Image.new("L", (width, height), int(rng.integers(215, 250)))
    draw = ImageDraw.Draw(window)
    draw.rectangle((0, 0, width, 26), fill=int(rng.choice([60, 160, 200])))
    draw.text((8, 8), "Untitled - Draw", fill=255)
    for k, word in enumerate(("File", "Edit", "View", "Help")):
        draw.text((8 + 45 * k, 31), word, fill=30)
    sheet = 255 * (1 - digit.ink(rng, 270, rng.uniform(0.45, 0.8), rng.uniform(0.06, 0.14)))
    window.paste(Image.fromarray(sheet.astype(np.uint8)), ((width - 270) // 2, 50))
    return window


@SCREEN.kind("very wide or tall")
def long(digit: Digit, rng):
    side = int(rng.integers(60, 200))
    ink = digit.ink(rng, side, rng.uniform(0.5, 0.85))
    more = int(side * rng.uniform(2, 7))
    before = int(rng.integers(more))
    ink = np.pad(ink, ((0, 0), (before, more - before)))
    if rng.random() < 0.5:
        ink = np.pad(digit.ink(rng, side, 0.7), ((before, more - before), (0, 0)))
    return picture(1 - ink if rng.random() < 0.5 else ink)


@SCREEN.kind("two tones, tight frame")
def two_tones(digit: Digit, rng):
    side = int(rng.choice([16, 32]))
    cut = np.asarray(digit.tight(side, rng.uniform(0.08, 0.2))) > rng.uniform(0.35, 0.55)
    if rng.random() < 0.5:  # in a square, with paper on two sides
        free = side - np.array(cut.shape)
        cut = np.pad(cut, [(n // 2, n - n // 2) for n in free])
    elif min(cut.shape) < 0.5 * max(cut.shape):
        cut = np.pad(cut, ((0, 0), (2, 2)))
    return picture(1.0 - cut if rng.random() < 0.5 else 1.0 * cut)


@SCREEN.kind("tiny, 10 to 20 pixels")
def tiny(digit: Digit, rng):
    ink = digit.ink(rng, int(rng.integers(10, 21)), rng.uniform(0.8, 1), rng.uniform(0.1, 0.16))
    return picture(1 - ink if rng.random() < 0.5 else ink)

"""Photographs of both windows: docs/window.png, docs/number.png and docs/inspector.png."""

import time
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageGrab

import gui
from data.canvas import SIZE
from data.synthetic import handwriting
from inspector.theme import style

REST = 1.0  # seconds without anything to do before the photograph
PATIENCE = 120.0  # seconds
SEED = 2  # of the handwriting
TALL, WIDE = 0.6, 0.7  # most of the canvas's height, and of its part of the width, for a digit


def inside(dark: bool = False) -> Image.Image:
    """Open the inside with the tour's 4 in it, and photograph it.

    Raises
    ------
    tkinter.TclError
        If there is no display.
    OSError
        If this system does not let programs photograph the screen.
    """
    app = gui.App()
    try:
        app.inspect()
        inspector = app.inspector
        style.apply(inspector, dark)
        app.withdraw()
        inspector.open_menu.tours_four()
        return _grab(inspector, lambda: inspector.busy)
    finally:
        app.destroy()


def first(text: str) -> Image.Image:
    """Draw digits in the first window, have them recognised, and photograph it; see `inside`."""
    app = gui.App()
    try:
        while not app.canvas.winfo_viewable():  # before that it gets no events
            app.update()
        for stroke in _written(text):
            app.canvas.event_generate("<ButtonPress-1>", x=stroke[0][0], y=stroke[0][1])
            for x, y in stroke:
                app.canvas.event_generate("<B1-Motion>", x=x, y=y)
        app.classify_handwriting()
        return _grab(app, lambda: False)
    finally:
        app.destroy()


PHOTOGRAPHS: dict[str, Callable[[], Image.Image]] = {
    "window": lambda: first("7"),
    "number": lambda: first("2026"),
    "inspector": inside,
}


def _written(text):
    """Yield strokes of synthetic handwriting: digits of one height, side by side on the canvas."""
    rng = np.random.default_rng(SEED)
    share = SIZE / len(text)
    digits = [handwriting.digit(int(digit), rng) for digit in text]
    boxes = [np.concatenate(strokes) for strokes in digits]
    lows, sizes = [box.min(axis=0) for box in boxes], [np.ptp(box, axis=0) for box in boxes]
    tall = min(TALL * SIZE, *(WIDE * share * height / width for width, height in sizes))
    for i, strokes in enumerate(digits):
        scale = tall / sizes[i][1]
        corner = ((i + 0.5) * share, SIZE / 2) - scale * sizes[i] / 2
        yield from [np.rint(corner + scale * (stroke - lows[i])).astype(int) for stroke in strokes]


def _grab(window, is_busy):
    """Photograph a window in the corner of the screen, once it rests."""
    window.geometry("+0+0")
    _rest(window, is_busy)
    window.lift()
    _rest(window, is_busy)
    x, y = window.winfo_rootx(), window.winfo_rooty()
    return ImageGrab.grab((x, y, x + window.winfo_width(), y + window.winfo_height()))


def _rest(window, is_busy):
    """Handle events until nothing happened for a while."""
    deadline, resting = time.monotonic() + PATIENCE, 0.0
    while time.monotonic() < deadline and resting < REST:
        window.update()
        time.sleep(0.05)
        resting = 0.0 if is_busy() else resting + 0.05


def save(picture: Image.Image, path) -> None:
    """Write a photograph as a small PNG: of 256 colours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").quantize(256).save(path, optimize=True)

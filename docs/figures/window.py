"""The picture of the inside, docs/inspector.png: a photograph of the window itself."""

import time

from PIL import Image, ImageGrab

import gui
from inspector.theme import style

REST = 1.0  # seconds without anything to do before the photograph
PATIENCE = 120.0  # seconds


def photograph(dark: bool = False) -> Image.Image:
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
        inspector.geometry("+0+0")
        inspector.open_menu.tours_four()
        _rest(inspector)
        inspector.lift()
        _rest(inspector)
        x, y = inspector.winfo_rootx(), inspector.winfo_rooty()
        size = inspector.winfo_width(), inspector.winfo_height()
        return ImageGrab.grab((x, y, x + size[0], y + size[1]))
    finally:
        app.destroy()


def _rest(window):
    """Handle events until nothing happened for a while."""
    deadline, resting = time.monotonic() + PATIENCE, 0.0
    while time.monotonic() < deadline and resting < REST:
        window.update()
        time.sleep(0.05)
        resting = 0.0 if window.busy else resting + 0.05


def save(picture: Image.Image, path) -> None:
    """Write a photograph as a small PNG: of 256 colours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").quantize(256).save(path, optimize=True)

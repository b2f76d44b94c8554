"""The web page of the shipped network, ``docs/page.html``, and a picture of it."""

import io
import time
from pathlib import Path

from PIL import Image

from benchmarks import browser
from nn import Sequential
from nn.convert import html
from nn.saving.atomic import atomic_write

SIZE = 1000, 940  # of the picture, pixels
DIGIT = 2  # the sample that is drawn
COLOURS = 200  # of the picture's palette


def write(model: Sequential, name: str, folder: Path) -> str:
    """Write ``page.html`` and, where there is a browser, ``page.png``; return what was done.

    Parameters
    ----------
    model : Sequential
    name : str
        Of the network's file.
    folder : Path
    """
    page = folder / "page.html"
    html.save(model, page, name=name, precision="float16")
    try:
        with browser.chromium() as driver:
            picture = photograph(driver, page)
    except browser.BrowserError as error:
        return f"wrote {page}, but no picture of it: {error}"
    with atomic_write(folder / "page.png") as file:
        picture.save(file, "PNG", optimize=True)
    return f"wrote {page} and a picture of it"


def photograph(driver, page: Path) -> Image.Image:
    """Return a picture of a page that reads a digit."""
    browser.show(driver, page, *SIZE, prefers_color_scheme="light")
    driver.find_element("css selector", f"#samples button:nth-child({DIGIT + 1})").click()
    driver.execute_script("document.activeElement.blur()")  # no frame around the button
    time.sleep(0.5)  # for the maps in sight to be painted
    picture = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    return picture.quantize(COLOURS).convert("P")

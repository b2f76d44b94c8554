"""Headless Chromium, driven by selenium: for the tests and measurements of the web page."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""Chromium as root, without a screen, and silent."""


PATIENCE = 120
"""Seconds that a script may take: a machine may be busy."""


class BrowserError(Exception):
    """There is no browser here; the message says what to install."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium and end it; yield a ``selenium.webdriver.Chrome``.

    Its logs ``browser`` (the console) and ``performance`` (requests, among others) are on.

    Raises
    ------
    BrowserError
        If selenium, Chromium or its driver is not installed.
    """
    if importlib.util.find_spec("selenium") is None:
        raise BrowserError("no selenium here: python -m pip install -e '.[browser]'")
    paths = [
        shutil.which("chromium") or shutil.which("google-chrome"),
        shutil.which("chromedriver"),
    ]
    if None in paths:
        raise BrowserError("no Chromium with its driver here: apt install chromium chromium-driver")
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException

    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    try:
        driver = webdriver.Chrome(options, webdriver.ChromeService(paths[1]))
    except WebDriverException as error:
        raise BrowserError(f"Chromium does not start: {str(error).splitlines()[0]}") from error
    driver.set_script_timeout(PATIENCE)
    try:
        yield driver
    finally:
        driver.quit()


def show(driver: Any, page: Path, width: int = 1200, height: int = 900, **media: str) -> None:
    """Open a page from disk in a view of this size, CSS pixels.

    Parameters
    ----------
    driver : selenium.webdriver.Chrome
    page : Path
    width, height : int
    **media : str
        Media features with ``_`` for ``-``, as ``prefers_color_scheme="dark"``.
    """
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(page.resolve().as_uri())

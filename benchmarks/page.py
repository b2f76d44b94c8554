"""How fast the web page answers in Chromium: ``python -m benchmarks.page``.

The page of the shipped network is written and opened from disk several times. Measured are the time
from the start of navigation to the first answer; that of each new answer while digits are drawn by
pointer events: strokes to image, network, bars and all maps in sight; and the page's size. The
browser's processes are kept on one core if the system can do that.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import weights
from data.synthetic import handwriting
from experiment.arguments import at_least
from guard.terminal import say
from nn import ModelFileError
from nn.convert import html

from . import browser
from .results import machine, table, write

DRAW = """
const [strokes, done] = arguments;
const pad = document.getElementById("pad");
const box = pad.getBoundingClientRect();
const times = [];
document.getElementById("clear").click();
for (const stroke of strokes) {
  for (const [i, [x, y]] of stroke.entries()) {
    const at = { bubbles: true, isPrimary: true, clientX: box.left + x, clientY: box.top + y };
    pad.dispatchEvent(new PointerEvent(i ? "pointermove" : "pointerdown", at));
    const start = performance.now();
    digits.show();
    times.push(performance.now() - start);
  }
  pad.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
}
done(times);
"""


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser("python -m benchmarks.page", description=__doc__.split(":")[0])
    add = parser.add_argument
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE",
        help="network to measure (default: the shipped one)")  # fmt: skip
    add("--openings", type=at_least(int, 1), default=5, metavar="N",
        help="how often the page is opened (%(default)s)")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args(argv)
    try:
        model = weights.load(args.weights)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # inherited by the browser
        with tempfile.TemporaryDirectory() as folder, browser.chromium() as driver:
            page = Path(folder, "digits.html")
            html.save(model, page)
            figures = measure(driver, page, args.openings)
            version = driver.capabilities["browserVersion"]
    except (browser.BrowserError, ModelFileError, OSError) as error:
        say("benchmarks.page", error)
        return 2
    about = machine(1) | {"Chromium": version}
    print(*(f"{key}: {value}" for key, value in about.items()), sep="\n")
    print(f"page: {figures['bytes']:,} bytes")
    rows = [
        (name, *(f"{figures[name][key]:.1f}" for key in ("median", "p95", "most")))
        for name in ("first answer", "new answer")
    ]
    print(table(("ms", "median", "95 %", "most"), rows))
    if args.json:
        write(args.json, about | figures)
    return 0


def measure(driver: Any, page: Path, openings: int) -> dict[str, Any]:
    """Open a page several times and draw a digit each time.

    Parameters
    ----------
    driver : selenium.webdriver.Chrome
    page : Path
    openings : int

    Returns
    -------
    dict
        The page's size in bytes, and for the first and for each new answer the median, the 95th
        percentile and the largest time, ms.
    """
    rng = np.random.default_rng(0)
    first, new = [], []
    for i in range(openings):
        browser.show(driver, page)
        (entry,) = driver.execute_script("return performance.getEntriesByName('answered')")
        first.append(entry["startTime"])
        strokes = [np.clip(stroke, 0, 300).tolist() for stroke in handwriting.digit(i % 10, rng)]
        new += driver.execute_async_script(DRAW, strokes)
    return {
        "bytes": page.stat().st_size,
        "first answer": _summary(first),
        "new answer": _summary(new),
    }


def _summary(times):
    return {
        "median": float(np.median(times)),
        "p95": float(np.percentile(times, 95)),
        "most": float(max(times)),
    }


if __name__ == "__main__":
    sys.exit(main())

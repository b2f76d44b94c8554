"""The shipped network's page opened in it."""

import pytest

import weights
from benchmarks import browser
from nn.convert import html

REPLAY = """
const [strokes, pointerType] = arguments;
const pad = document.getElementById("pad");
const box = pad.getBoundingClientRect();
const scale = pad.clientWidth / 300;
document.getElementById("clear").click();
for (const stroke of strokes) {
  for (const [i, [x, y]] of stroke.entries()) {
    const clientX = box.left + pad.clientLeft + x * scale;
    const clientY = box.top + pad.clientTop + y * scale;
    const at = { bubbles: true, pointerId: 3, isPrimary: true, pointerType, clientX, clientY };
    pad.dispatchEvent(new PointerEvent(i ? "pointermove" : "pointerdown", at));
  }
  pad.dispatchEvent(new PointerEvent("pointerup", { bubbles: true, pointerId: 3 }));
}
return [digits.strokes(), [...digits.maps().at(-1)], document.getElementById("answer").textContent];
"""


@pytest.fixture(scope="session")
def shipped(tmp_path_factory):
    """The page of the shipped network."""
    path = tmp_path_factory.mktemp("page") / "digits.html"
    html.save(weights.load(), path, name="mnist.npz")
    return path


class Page:
    """A page in the browser: short names for what the tests do."""

    def __init__(self, driver):
        self.driver = driver
        self.run = driver.execute_script

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def text(self, name):
        """Return the text of the element of an id."""
        return self.run("return document.getElementById(arguments[0]).textContent", name)

    def replay(self, strokes, pointer="mouse"):
        """Draw strokes by events; return the strokes kept, the probabilities and the answer."""
        return self.run(
            REPLAY, [[list(map(float, at)) for at in each] for each in strokes], pointer
        )

    def console(self):
        """Return what was logged to the console since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture
def page(chromium, shipped):
    """The shipped network's page, newly opened; the test fails if the console had a message."""
    browser.show(chromium, shipped)
    chromium.get_log("browser")
    opened = Page(chromium)
    yield opened
    assert opened.console() == []

"""What the tests of the windows share: a pen, keys, reading the screen, waiting, networks."""

import time

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data.canvas import from_strokes
from inspector.theme.palette import Palette
from nn import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
)
from tests.conftest import need

RADIUS = 8  # of the pen, pixels
PATIENCE = 300  # seconds that a slow machine gets
LIGHT = Palette((217,) * 3, (0,) * 3, (255,) * 3, (176, 74, 0), (0, 82, 165), (200, 0, 0))
SEVEN = (80, 70), (210, 70), (150, 240)


class FakeModel:
    """Returns `probability` for `digit` and records the images that it is given."""

    def __init__(self, digit=7, probability=0.5):
        self.digit, self.probability, self.images = digit, probability, []

    def predict_proba(self, images):
        self.images.append(images)
        probabilities = np.zeros((len(images), 10), np.float32)
        probabilities[:, self.digit] = self.probability
        return probabilities


def small_network(seed=0, channels=3):
    """A network with nearly every kind of layer, quick enough to be used often."""
    rng = np.random.default_rng(seed)
    batchnorm = BatchNorm(channels)
    batchnorm.state["mean"][:] = 0.1
    return Sequential(
        [
            Conv2D(1, channels, 5, stride=2, rng=rng), ReLU(), MaxPool2D(2), batchnorm,
            Conv2D(channels, 4, 3, pad="same", rng=rng), ReLU(), AvgPool2D(3), Flatten(),
            Dropout(0.5), Dense(16, 10, rng=rng),
        ]
    )  # fmt: skip


def network_input(app):
    """The drawing as the network's input, (1, 28, 28, 1)."""
    return from_strokes(app.strokes)[None, ..., None]


def probabilities_of(app):
    """What the network of the first window answers for the drawing."""
    (probabilities,) = app.model.predict_proba(from_strokes(app.strokes)[None])
    return probabilities


def reading(app):
    """The digit that the network of the first window reads."""
    return int(probabilities_of(app).argmax())


def drag(app, *points):
    """Press the button at the first point, move through the others and release it."""
    x, y = points[0]
    app.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
    for x, y in points[1:]:
        app.canvas.event_generate("<B1-Motion>", x=x, y=y)
    app.canvas.event_generate("<ButtonRelease-1>", x=x, y=y)
    app.update()


def draw(app, *points):
    """Draw a stroke and wait until the second window shows it."""
    drag(app, *points)
    settle(app)


def settle(app, until=None):
    """Handle events until `until()` holds; without it, until nothing happens any more."""
    wait = need("_tkinter").DONT_WAIT
    deadline = time.monotonic() + PATIENCE
    inspector = app.inspector
    while time.monotonic() < deadline:
        while app.tk.dooneevent(wait) and not (until and until()):
            pass
        resting = inspector is None or not inspector.winfo_exists() or not inspector.busy
        if until() if until else resting and not app.tk.dooneevent(wait):
            return
        time.sleep(0.002)
    pytest.fail("the window did not come to rest")


def wait(app, milliseconds=100):
    """Handle events for a while: a call that was to be made by then is made."""
    over = []
    app.after(milliseconds, over.append, True)
    settle(app, lambda: over)


def learned(app):
    """Wait until the network has learned what it was taught."""
    settle(app, lambda: not app.lessons.busy)


def press(app, widget, key, until):
    """Press a key in a widget until `until()` holds.

    Tk sends keys to the widget with the focus. Under load, and on a display without a window
    manager, the focus arrives late; keys pressed before that are lost.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        widget.focus_force()
        app.update()
        widget.event_generate(key)
        settle(app)
        if until():
            return
    pytest.fail(f"{key} did nothing")


def turn_to(app, panel):
    """Select a panel of the second window and wait until it is shown."""
    inspector = app.inspector
    before = inspector.refreshes
    if inspector.panel is not panel:
        inspector.notebook.select(panel)
        settle(app, lambda: inspector.refreshes > before)


def click_number(panel, spot, side, times=1):
    """Click a number of the Learning panel, among the values or the gradients."""
    x, y = panel.pass_view.centre_of(spot, side)
    for _ in range(times):
        panel.pass_view.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
        panel.pass_view.canvas.event_generate("<ButtonRelease-1>", x=x, y=y)


def find(parent, text):
    """Return the one widget in `parent` that says `text`."""
    found, waiting = [], [parent]
    while waiting:
        widget = waiting.pop()
        waiting += widget.winfo_children()
        if "text" in widget.keys() and str(widget["text"]) == text:  # noqa: SIM118
            found.append(widget)
    (widget,) = found
    return widget


def choose(app, combobox, index):
    """Choose an entry of a combobox as a user would."""
    combobox.current(index)
    combobox.event_generate("<<ComboboxSelected>>")
    settle(app)


def picture_of(label):
    """The pixels (H, W, 3) of the picture that a label shows."""
    tk = label.tk
    rows = tk.splitlist(tk.call(label.cget("image"), "data"))
    colours = [tk.splitlist(row) for row in rows]  # each as "#rrggbb"
    numbers = [[list(bytes.fromhex(colour[1:])) for colour in row] for row in colours]
    return np.array(numbers)


def pixel(canvas, x, y):
    """The colour, from an image on a canvas, that is visible at x, y of the widget."""
    x, y = int(canvas.canvasx(x)), int(canvas.canvasy(y))
    for item in canvas.find_overlapping(x, y, x, y):
        if canvas.type(item) == "image":
            left, top = map(int, canvas.coords(item))
            colour = canvas.tk.call(canvas.itemcget(item, "image"), "get", x - left, y - top)
            return tuple(map(int, canvas.tk.splitlist(colour)))
    raise AssertionError(f"no image at {x}, {y}")


def centres(canvas):
    """The centres of the ovals on a canvas."""
    boxes = [canvas.coords(item) for item in canvas.find_all()]
    return [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in boxes]


def ink_of(points):
    """The pixels of the canvas, 301x301, that ovals round these points blacken."""
    paper = Image.new("1", (301, 301))
    for x, y in points:
        ImageDraw.Draw(paper).ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), fill=1)
    return np.array(paper)


def assert_strokes_are_visible_ink(app):
    """The recorded strokes blacken the same pixels as the ovals on the canvas."""
    points = [point for stroke in app.strokes for point in stroke]
    visible = ink_of(centres(app.canvas))
    assert len(points) == len(app.canvas.find_all())
    assert all(visible[y, x] for x, y in points)
    assert not (visible & ~ink_of(points)).any()

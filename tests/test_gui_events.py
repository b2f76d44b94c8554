"""The main window under random events: no exception, no leak, strokes that are what is visible."""

import random

import numpy as np
import pytest

import gui
from tests.conftest import need
from tests.windows import FakeModel, assert_strokes_are_visible_ink

tk = need("tkinter")

KEYS = ("<Return>", "<Escape>", "<Control-z>", "a", "<Tab>", "<space>", "<F1>", "<Control-c>")


@pytest.fixture
def app(display):
    window = gui.App(model=FakeModel())
    window.faults = []
    window.report_callback_exception = lambda *fault: window.faults.append(fault)
    window.update()
    yield window
    window.destroy()


class Hand:
    """Moves, presses, types and resizes at random."""

    def __init__(self, app, seed):
        self.app, self.rng, self.down = app, random.Random(seed), False

    def act(self):
        """Do one thing."""
        names = ["move"] * 12 + ["press", "release"] * 2 + ["key", "button", "resize", "leave"]
        getattr(self, self.rng.choice(names))()

    def place(self):
        """Return a position: mostly on or near the canvas, at times far outside."""
        reach = 30 if self.rng.random() < 0.9 else 30_000
        return {axis: self.rng.randint(-reach, gui.SIZE + reach) for axis in "xy"}

    def move(self):
        kind = "<B1-Motion>" if self.down else "<Motion>"
        self.app.canvas.event_generate(kind, **self.place())

    def press(self):
        button = self.rng.choice([1, 1, 1, 2, 3])
        self.app.canvas.event_generate(f"<ButtonPress-{button}>", **self.place())
        self.down |= button == 1

    def release(self):
        self.app.canvas.event_generate("<ButtonRelease-1>", **self.place())
        self.down = False

    def key(self):
        self.app.focus_force()
        self.app.event_generate(self.rng.choice(KEYS))

    def button(self):
        """Recognise or clear, with the pen down or up."""
        self.rng.choice([self.app.classify_btn, self.app.button_clear]).invoke()

    def resize(self):
        self.app.geometry(f"{self.rng.randint(1, 900)}x{self.rng.randint(1, 700)}")

    def leave(self):
        self.app.canvas.event_generate("<Leave>", **self.place())
        self.app.canvas.event_generate("<Enter>", **self.place())


def assert_consistent(app):
    assert_strokes_are_visible_ink(app)
    assert all(app.strokes), "no stroke without a point"


def act(app, events, seed):
    """Send random events to the window and check it now and then."""
    hand = Hand(app, seed)
    for number in range(events):
        hand.act()
        if number % 10 == 0:
            app.update()
            assert not app.faults
        if number % 100 == 99:
            assert_consistent(app)
    hand.release()
    app.button_clear.invoke()
    app.update()
    assert_consistent(app)
    assert not app.faults


def memory():
    """The resident memory of this process, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_three_hundred_events_leave_a_clear_canvas(app):
    act(app, 300, seed=1)
    assert app.canvas.find_all() == ()


def test_either_window_may_close_in_mid_stroke(display, capfd):
    """The second window is closed in mid-stroke and opened again; then the first is closed."""
    app = gui.App()
    faults = []
    app.report_callback_exception = lambda *fault: faults.append(fault)
    hand = Hand(app, seed=3)
    for closing in ("inspector", "window"):
        app.inspect()
        app.update()
        hand.press()
        for number in range(20):
            hand.move()
            if number % 9 == 0:
                app.update()
        if closing == "inspector":
            app.inspector.destroy()
            app.update()
            assert_consistent(app)
    app.destroy()
    assert not faults
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_ten_thousand_events_leak_no_memory(app):
    held = []
    for seed in range(10):
        act(app, 1000, seed)
        app.model.images.clear()
        held.append(memory())
    assert held[-1] - held[0] < 8e6, np.diff(held)

"""The window under ten thousand random events: no exception, no leak, and what is seen is kept."""

import random

import numpy as np
import pytest

import gui
from tests.conftest import need
from tests.test_gui import FakeModel, centres, ink_of

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
    """Moves, presses, types and resizes, as the seed will have it."""

    def __init__(self, app, seed):
        self.app, self.rng, self.down = app, random.Random(seed), False

    def act(self):
        """Do one thing."""
        names = ["move"] * 12 + ["press", "release"] * 2 + ["key", "button", "resize", "leave"]
        getattr(self, self.rng.choice(names))()

    def place(self):
        """On the paper for the most part, at times far outside."""
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
        """Recognise or clear, the pen down or not."""
        self.rng.choice([self.app.classify_btn, self.app.button_clear]).invoke()

    def resize(self):
        self.app.geometry(f"{self.rng.randint(1, 900)}x{self.rng.randint(1, 700)}")

    def leave(self):
        self.app.canvas.event_generate("<Leave>", **self.place())
        self.app.canvas.event_generate("<Enter>", **self.place())


def assert_seen_is_kept(app):
    kept = [point for stroke in app.strokes for point in stroke]
    seen = ink_of(centres(app.canvas))
    assert len(kept) == len(app.canvas.find_all())
    assert all(seen[y, x] for x, y in kept)
    assert not (seen & ~ink_of(kept)).any()
    assert all(app.strokes), "no stroke without a point"


def rummage(app, events, seed):
    """Throw events at the window, and look at it now and then."""
    hand = Hand(app, seed)
    for number in range(events):
        hand.act()
        if number % 10 == 0:
            app.update()
            assert not app.faults
        if number % 100 == 99:
            assert_seen_is_kept(app)
    hand.release()
    app.button_clear.invoke()
    app.update()
    assert_seen_is_kept(app)
    assert not app.faults


def memory():
    """The memory that this process holds at the moment, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_three_hundred_events(app):
    rummage(app, 300, seed=1)
    assert app.canvas.find_all() == ()


def test_closing_while_the_inspector_updates(display, capfd):
    """The inside is closed in mid-stroke, opened again, and at last the window itself is closed."""
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
            app._inspector.destroy()
            app.update()
            assert_seen_is_kept(app)
    app.destroy()
    assert not faults
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_ten_thousand_events_and_no_more_memory_than_after_a_thousand(app):
    held = []
    for seed in range(10):
        rummage(app, 1000, seed)
        app.model.seen.clear()
        held.append(memory())
    assert held[-1] - held[0] < 8e6, np.diff(held)

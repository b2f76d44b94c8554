"""The main window: it looks like the original, and what the pen does."""

import random
from types import SimpleNamespace

import numpy as np
import pytest

import gui
from tests.conftest import need
from tests.windows import RADIUS, FakeModel, assert_strokes_are_visible_ink, centres, drag

tk = need("tkinter")


@pytest.fixture
def app(display):
    window = gui.App(model=FakeModel())
    window.update()
    yield window
    window.destroy()


def options(widget):
    """The visible options of a widget: all but its command."""
    names = set(widget.keys()) - {"command"}
    return {name: str(widget[name]) for name in names}


def original_window(root):
    """The original window, which this one must look like."""
    canvas = tk.Canvas(root, width=300, height=300, bg="white", cursor="cross")
    label = tk.Label(root, text="Thinking..", font=("Helvetica", 48))
    classify_btn = tk.Button(root, text="Recognise")
    button_clear = tk.Button(root, text="Clear")
    canvas.grid(row=0, column=0, pady=2, sticky="W")
    label.grid(row=0, column=1, pady=2, padx=2)
    classify_btn.grid(row=1, column=1, pady=2, padx=2)
    button_clear.grid(row=1, column=0, pady=2)
    return SimpleNamespace(
        canvas=canvas, label=label, classify_btn=classify_btn, button_clear=button_clear
    )


def draw_as_the_original(canvas, x, y):
    canvas.create_oval(x - 8, y - 8, x + 8, y + 8, fill="black")


def test_widgets_and_layout_are_the_originals(app):
    other = tk.Toplevel(app)
    original = original_window(other)
    app.update()
    for name in ("canvas", "label", "classify_btn", "button_clear"):
        mine, theirs = getattr(app, name), getattr(original, name)
        assert options(mine) == options(theirs)
        ours, placed = mine.grid_info(), theirs.grid_info()
        assert (ours.pop("in"), placed.pop("in")) == (app, other)
        assert ours == placed
        assert mine.winfo_geometry() == theirs.winfo_geometry()
    assert app.grid_size() == other.grid_size()


def test_a_slow_stroke_draws_the_originals_ovals(app):
    points = [(40 + 3 * i, 60 + 5 * i) for i in range(40)]  # 5.8 pixels apart
    paper = tk.Canvas(app, width=300, height=300, bg="white")
    for point in points[1:]:
        draw_as_the_original(paper, *point)
    drag(app, *points)

    def look(canvas, item):
        described = {name: values[-1] for name, values in canvas.itemconfigure(item).items()}
        del described["tags"]
        return canvas.type(item), canvas.coords(item), described

    mine = [look(app.canvas, item) for item in app.canvas.find_all()]
    assert mine == [look(paper, item) for item in paper.find_all()]
    assert app.strokes == [points[1:]]


def test_a_click_draws_nothing(app):
    drag(app, (100, 100))
    assert not app.canvas.find_all()
    assert app.strokes == []


@pytest.mark.parametrize("stroke", [[(20, 30), (21, 31), (250, 180)], [(250, 20), (30, 270)]])
def test_a_fast_stroke_is_straight_without_gaps(app, stroke):
    drag(app, *stroke)
    ink = np.array(centres(app.canvas))
    steps = np.linalg.norm(np.diff(ink, axis=0), axis=1)
    assert steps.max() < RADIUS
    assert tuple(ink[-1]) == stroke[-1]
    assert np.linalg.norm(ink[0] - stroke[0]) < RADIUS  # starts where the button was pressed
    (ax, ay), (bx, by) = stroke[-2:]
    along = np.array([bx - ax, by - ay]) / np.hypot(bx - ax, by - ay)
    off_course = along[0] * (ink[:, 1] - ay) - along[1] * (ink[:, 0] - ax)
    assert np.abs(off_course).max() < 2


def test_draw_lines_needs_only_x_and_y(app):
    app.draw_lines(SimpleNamespace(x=50, y=60))
    app.draw_lines(SimpleNamespace(x=54, y=60))
    assert centres(app.canvas) == [(50, 60), (54, 60)]
    assert app.strokes == [[(50, 60), (54, 60)]]


def test_a_press_begins_a_new_stroke(app):
    drag(app, (40, 40), (41, 40), (45, 40))
    drag(app, (200, 200), (201, 200))
    assert app.strokes == [[(41, 40), (45, 40)], [(201, 200)]]
    assert centres(app.canvas) == [(41, 40), (45, 40), (201, 200)]


def test_clear_empties_the_canvas_only(app):
    drag(app, (40, 40), (44, 40))
    app.classify_btn.invoke()
    app.button_clear.invoke()
    assert not app.canvas.find_all()
    assert app.strokes == []
    assert app.label["text"] == "7, 50%"


@pytest.mark.parametrize("take_away", ["clear_all", "undo"])
def test_after_removal_drawing_continues_at_the_pointer(app, take_away):
    for x in (40, 44, 48):
        app.draw_lines(SimpleNamespace(x=x, y=40))
    getattr(app, take_away)()
    app.draw_lines(SimpleNamespace(x=200, y=200))
    assert app.strokes == [[(200, 200)]]
    assert centres(app.canvas) == [(200, 200)]


def test_undo_removes_the_last_stroke_each_time(app):
    drag(app, (40, 40), (41, 40), (200, 40))
    first = centres(app.canvas)
    drag(app, (40, 90), (41, 90), (200, 90))
    app.undo()
    assert centres(app.canvas) == first == app.strokes[0]
    drag(app, (40, 140), (44, 140))
    app.undo()
    assert centres(app.canvas) == first
    app.undo()
    app.undo()
    assert not app.canvas.find_all()
    assert app.strokes == []


def test_ink_outside_the_canvas_is_not_recorded(app):
    drag(app, (150, 280), (150, 284), (150, 400), (900, 400), (60, 400), (60, 280))
    down, up = app.strokes
    assert down[0] == (150, 284)
    assert up[-1] == (60, 280)
    for stroke, x in ((down, 150), (up, 60)):
        assert {px for px, _ in stroke} == {x}
        assert max(y for _, y in stroke) == 300
    app.clear_all()
    drag(app, (400, 10), (404, 10), (900, -500))
    app.classify_handwriting()
    assert app.label["text"] == "Thinking.."


def test_strokes_are_always_the_visible_ink(app):
    rng = random.Random(5)
    for _ in range(25):
        action = rng.choice(["drag"] * 6 + ["undo", "undo", "clear"])
        if action == "drag":
            drag(app, *[(rng.randint(-60, 360), rng.randint(-60, 360)) for _ in range(4)])
        elif action == "undo":
            app.undo()
        else:
            app.clear_all()
        assert_strokes_are_visible_ink(app)


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.99999, "7, 99%"),
        (np.nextafter(np.float32(1), np.float32(0)), "7, 99%"),
        (1.0, "7, 100%"),
        (0.385, "7, 38%"),
        (0.999, "7, 99%"),
    ],
)
def test_the_percentage_is_truncated(app, probability, text):
    app.model.probability = probability
    drag(app, (40, 40), (44, 40))
    app.classify_btn.invoke()
    assert app.label["text"] == text


def test_the_network_reads_the_drawing(app):
    drag(app, (150, 50), (150, 54), (150, 250))
    app.classify_handwriting()
    (images,) = app.model.images
    assert images.shape == (1, 28, 28)
    ink = images[0] > 0.5
    rows, columns = ink.any(axis=1).sum(), ink.any(axis=0).sum()
    assert 18 <= rows <= 20  # an upright line, scaled as in MNIST
    assert 1 <= columns <= 4


def test_recognising_an_empty_canvas_changes_nothing(app):
    app.classify_btn.invoke()
    assert app.label["text"] == "Thinking.."
    drag(app, (40, 40), (44, 40))
    app.classify_btn.invoke()
    app.clear_all()
    app.model.digit = 1
    app.classify_btn.invoke()
    assert app.label["text"] == "7, 50%"


def test_a_network_that_overflows_is_one_line(app, monkeypatch, capsys):
    def overflow(images):
        raise FloatingPointError("the network's answer is not a number")

    monkeypatch.setattr(app.model, "predict_proba", overflow)
    app.label["text"] = "the last drawing's answer"
    app.strokes.append([(100, 100), (120, 140)])
    app.classify_btn.invoke()
    assert app.label["text"] == gui.NO_ANSWER
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("gui.py: the network's answer is not a number; name another model")


def test_keys_recognise_undo_and_clear(app):
    def press(key):
        app.event_generate(key)
        app.update()

    app.focus_force()
    app.update()
    drag(app, (40, 40), (44, 40))
    drag(app, (40, 90), (44, 90))
    press("<Return>")
    assert app.label["text"] == "7, 50%"
    press("<Control-z>")
    assert app.strokes == [[(44, 40)]]
    press("<Escape>")
    assert app.strokes == []
    assert not app.canvas.find_all()


# Corner points of digits, written by hand.
DRAWN = {
    0: [[(150, 60), (110, 85), (95, 150), (110, 215), (150, 240), (190, 215), (205, 150),
         (190, 85), (150, 60)]],
    1: [[(155, 60), (150, 150), (145, 240)]],
    2: [[(95, 105), (115, 70), (155, 58), (195, 80), (195, 120), (160, 170), (95, 240),
         (210, 238)]],
    4: [[(110, 60), (92, 160), (205, 158)], [(180, 75), (172, 245)]],
    7: [[(90, 70), (210, 68), (175, 150), (145, 245)]],
}  # fmt: skip


@pytest.mark.parametrize("digit", DRAWN)
def test_the_shipped_network_recognises_drawn_digits(display, digit):
    app = gui.App()
    try:
        app.update()
        for stroke in DRAWN[digit]:
            drag(app, *stroke)
        app.classify_btn.invoke()
        assert app.label["text"].split(",")[0] == str(digit)
    finally:
        app.destroy()

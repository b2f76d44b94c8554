"""The window: the original's face, and what a person's pen does to it."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw

import gui
from tests.conftest import need

tk = need("tkinter")

RADIUS = 8


class FakeModel:
    """Always answers `digit` with `probability`, and keeps what it was shown."""

    def __init__(self, digit=7, probability=0.5):
        self.digit, self.probability, self.seen = digit, probability, []

    def predict_proba(self, images):
        self.seen.append(images)
        probabilities = np.zeros((len(images), 10), np.float32)
        probabilities[:, self.digit] = self.probability
        return probabilities


@pytest.fixture
def app(display):
    window = gui.App(model=FakeModel())
    window.update()
    yield window
    window.destroy()


def drag(app, *points):
    """Press the button at the first point and move on through the others."""
    x, y = points[0]
    app.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
    for x, y in points[1:]:
        app.canvas.event_generate("<B1-Motion>", x=x, y=y)
    app.canvas.event_generate("<ButtonRelease-1>", x=x, y=y)
    app.update()


def centres(canvas):
    boxes = [canvas.coords(item) for item in canvas.find_all()]
    return [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in boxes]


def options(widget):
    """What a person could see of a widget; its command is nobody's look."""
    names = set(widget.keys()) - {"command"}
    return {name: str(widget[name]) for name in names}


def original_window(root):
    """The window this one must look like, written as it was."""
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


def test_widgets_and_their_places_are_the_originals(app):
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


def test_a_slow_stroke_leaves_the_originals_ovals_and_no_others(app):
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
def test_a_fast_stroke_has_no_gaps_and_keeps_its_course(app, stroke):
    drag(app, *stroke)
    ink = np.array(centres(app.canvas))
    steps = np.linalg.norm(np.diff(ink, axis=0), axis=1)
    assert steps.max() < RADIUS
    assert tuple(ink[-1]) == stroke[-1]
    assert np.linalg.norm(ink[0] - stroke[0]) < RADIUS  # it starts where the button was pressed
    (ax, ay), (bx, by) = stroke[-2:]
    along = np.array([bx - ax, by - ay]) / np.hypot(bx - ax, by - ay)
    off_course = along[0] * (ink[:, 1] - ay) - along[1] * (ink[:, 0] - ax)
    assert np.abs(off_course).max() < 2


def test_draw_lines_needs_no_button_and_only_x_and_y(app):
    app.draw_lines(SimpleNamespace(x=50, y=60))
    app.draw_lines(SimpleNamespace(x=54, y=60))
    assert centres(app.canvas) == [(50, 60), (54, 60)]
    assert app.strokes == [[(50, 60), (54, 60)]]


def test_a_press_begins_a_new_stroke_far_from_the_last(app):
    drag(app, (40, 40), (41, 40), (45, 40))
    drag(app, (200, 200), (201, 200))
    assert app.strokes == [[(41, 40), (45, 40)], [(201, 200)]]
    assert centres(app.canvas) == [(41, 40), (45, 40), (201, 200)]


def test_clear_empties_the_canvas_and_leaves_the_label(app):
    drag(app, (40, 40), (44, 40))
    app.classify_btn.invoke()
    app.button_clear.invoke()
    assert not app.canvas.find_all()
    assert app.strokes == []
    assert app.label["text"] == "7, 50%"


@pytest.mark.parametrize("take_away", ["clear_all", "undo"])
def test_a_stroke_taken_away_under_the_pen_goes_on_from_the_pointer(app, take_away):
    for x in (40, 44, 48):
        app.draw_lines(SimpleNamespace(x=x, y=40))
    getattr(app, take_away)()
    app.draw_lines(SimpleNamespace(x=200, y=200))
    assert app.strokes == [[(200, 200)]]
    assert centres(app.canvas) == [(200, 200)]


def test_undo_takes_back_one_stroke_after_the_other_until_none_is_left(app):
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


def test_the_pen_outside_the_paper_leaves_nothing_to_recognise(app):
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


def ink_of(points):
    """The pixels of the paper, 300x300, that ovals round these points blacken."""
    paper = Image.new("1", (301, 301))
    for x, y in points:
        ImageDraw.Draw(paper).ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), fill=1)
    return np.array(paper)


def test_whatever_the_pen_does_the_strokes_are_what_is_seen(app):
    rng = random.Random(5)
    for _ in range(25):
        action = rng.choice(["drag"] * 6 + ["undo", "undo", "clear"])
        if action == "drag":
            drag(app, *[(rng.randint(-60, 360), rng.randint(-60, 360)) for _ in range(4)])
        elif action == "undo":
            app.undo()
        else:
            app.clear_all()
        kept = [point for stroke in app.strokes for point in stroke]
        seen = ink_of(centres(app.canvas))
        assert not (seen & ~ink_of(kept)).any()
        assert all(seen[y, x] for x, y in kept)
        assert len(kept) == len(app.canvas.find_all())


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
def test_the_per_cent_is_cut_off_not_rounded(app, probability, text):
    app.model.probability = probability
    drag(app, (40, 40), (44, 40))
    app.classify_btn.invoke()
    assert app.label["text"] == text


def test_the_network_sees_the_drawing(app):
    drag(app, (150, 50), (150, 54), (150, 250))
    app.classify_handwriting()
    (images,) = app.model.seen
    assert images.shape == (1, 28, 28)
    ink = images[0] > 0.5
    rows, columns = ink.any(axis=1).sum(), ink.any(axis=0).sum()
    assert 18 <= rows <= 20  # an upright line, as MNIST would have it
    assert 1 <= columns <= 4


def test_recognise_on_an_empty_canvas_leaves_the_label(app):
    app.classify_btn.invoke()
    assert app.label["text"] == "Thinking.."
    drag(app, (40, 40), (44, 40))
    app.classify_btn.invoke()
    app.clear_all()
    app.model.digit = 1
    app.classify_btn.invoke()
    assert app.label["text"] == "7, 50%"


def test_a_network_without_an_answer_leaves_the_label_and_is_one_line(app, monkeypatch, capsys):
    def overflow(images):
        raise FloatingPointError("the network's answer is not a number")

    monkeypatch.setattr(app.model, "predict_proba", overflow)
    before = app.label["text"]
    app.strokes.append([(100, 100), (120, 140)])
    app.classify_btn.invoke()
    assert app.label["text"] == before
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("gui.py: the network's answer is not a number; name another model")


def test_keys_recognise_take_back_and_clear(app):
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


# The end to end: hand-written corner points, the real network.
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
def test_a_digit_drawn_in_the_window_is_recognised_by_the_shipped_network(display, digit):
    app = gui.App()
    try:
        app.update()
        for stroke in DRAWN[digit]:
            drag(app, *stroke)
        app.classify_btn.invoke()
        assert app.label["text"].split(",")[0] == str(digit)
    finally:
        app.destroy()

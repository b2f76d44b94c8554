"""The first window is taught: T and a digit; the thread that learns; which strokes are meant."""

import threading
import tkinter as tk

import gui
from data.canvas import from_strokes
from data.segments import strokes as segments
from inspector.teaching import lessons
from tests.windows import (
    PATIENCE,
    SEVEN,
    drag,
    learned,
    press,
    reading,
    settle,
    small_network,
)


def answer(app, key):
    """Press T, then a key, and wait until the network has learned it."""
    app.lessons.ask()
    count = len(app.lessons.drawings)
    press(app, app, key, until=lambda: len(app.lessons.drawings) != count)
    learned(app)


def test_t_and_a_digit_teach_the_drawing(app, hand):
    drag(app, *SEVEN)
    label = (reading(app) + 1) % 10
    press(app, app, "<t>", until=lambda: app.title() == f"Digits: {lessons.ASK}")
    press(app, app, f"<Key-{label}>", until=lambda: app.lessons.drawings)
    learned(app)
    assert reading(app) == label
    assert app.label["text"].startswith(f"{label}, ")
    assert app.title() == "Digits, 1 taught: F2 looks inside"
    (drawing,) = hand.drawings()
    assert drawing.label == label
    assert [[tuple(point) for point in s] for s in drawing.strokes] == app.strokes


def test_backspace_takes_the_last_one_back(app, hand):
    before = app.model
    drag(app, *SEVEN)
    answer(app, f"<Key-{(reading(app) + 1) % 10}>")
    assert app.model is not before
    answer(app, "<BackSpace>")
    assert hand.drawings() == []
    assert app.model is before
    assert app.title() == "Digits: F2 looks inside"


def test_digits_without_t_teach_nothing(app, hand):
    drag(app, *SEVEN)
    app.lessons.ask()
    app.clear_all()
    drag(app, *SEVEN)
    app.focus_force()
    app.update()
    app.event_generate("<Key-3>")
    settle(app)
    assert not hand.path.exists()
    assert app.title() == "Digits: F2 looks inside"


def test_an_empty_canvas_teaches_nothing(app, hand):
    app.lessons.ask()
    assert app.title() == f"Digits: {lessons.NOTHING_DRAWN}"
    app.lessons.teach(3)
    assert not hand.path.exists()


def test_t_says_that_a_number_was_read(display, hand):
    app = gui.App(hand=hand)
    app.update()
    for left in (20, 160):
        drag(app, *((left + 0.5 * x, y) for x, y in SEVEN))
    app.lessons.ask()
    assert app.title().startswith("Digits: read as 77; if it is one digit, which?")
    app.destroy()


def test_without_a_hand_t_says_what_to_do(display):
    app = gui.App(small_network())
    app.update()
    drag(app, *SEVEN)
    app.lessons.ask()
    assert "--hand FILE" in app.title()
    app.lessons.teach(3)
    assert not app.lessons.busy
    app.destroy()


def test_a_damaged_file_is_one_line_and_stays(app, hand, capsys):
    hand.path.write_text("damaged")
    drag(app, *SEVEN)
    app.lessons.recall()
    app.lessons.teach(3)
    learned(app)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"gui.py: {hand.path}: not a usable") for line in lines)
    assert "reset" in app.title()
    assert hand.path.read_text() == "damaged"


def test_the_next_window_knows_what_was_taught(app, hand):
    drag(app, *SEVEN)
    label = (reading(app) + 1) % 10
    answer(app, f"<Key-{label}>")
    strokes = app.strokes
    again = gui.App(small_network(), hand)
    try:
        again.lessons.recall()
        assert not again.lessons.busy
        assert int(again.model.predict_proba(from_strokes(strokes)[None]).argmax()) == label
        assert again.title() == "Digits, 1 taught: F2 looks inside"
    finally:
        again.destroy()


def test_another_network_learns_in_the_thread(app, hand):
    drag(app, *SEVEN)
    label = (reading(app) + 1) % 10
    answer(app, f"<Key-{label}>")
    strokes = app.strokes
    again = gui.App(small_network(8), hand)
    try:
        again.lessons.recall()
        assert again.lessons.busy
        assert again.title() == f"Digits: {lessons.LEARNING}"
        learned(again)
        assert int(again.model.predict_proba(from_strokes(strokes)[None]).argmax()) == label
    finally:
        again.destroy()


def test_a_second_correction_waits_for_the_first(app, hand):
    drag(app, *SEVEN)
    app.lessons.teach(1)
    app.lessons.teach(2)
    assert app.lessons.busy
    settle(app, lambda: not app.lessons.busy)
    assert [drawing.label for drawing in hand.drawings()] == [1, 2]
    assert len(app.lessons.drawings) == 2


def test_the_window_answers_while_it_learns(app, hand, monkeypatch):
    """The thread waits until five strokes were drawn in the meantime."""
    real, drawn = lessons.Teacher.teach, threading.Event()

    def slow(*arguments):
        assert drawn.wait(PATIENCE)
        return real(*arguments)

    monkeypatch.setattr(lessons.Teacher, "teach", slow)
    drag(app, *SEVEN)
    app.lessons.teach(3)
    for x in range(20, 120, 20):
        drag(app, (x, 20), (x + 10, 200))
    assert len(app.strokes) == 6
    assert app.lessons.busy
    drawn.set()
    learned(app)
    assert [len(drawing.strokes) for drawing in hand.drawings()] == [1]


def test_closing_while_learning_keeps_the_drawing(display, hand):
    app = gui.App(small_network(), hand)
    app.update()
    drag(app, *SEVEN)
    app.lessons.teach(3)
    app.lessons.teach(4)
    app.destroy()
    app.lessons._pool.shutdown(wait=True)
    assert [drawing.label for drawing in hand.drawings()] == [3, 4]


def found_in(strokes, *boxes):
    """A symbol for each box, with the strokes in it as its image."""
    return [
        segments.Symbol("1", box, from_strokes([s for s in strokes if inside_of(s, box)]))
        for box in boxes
    ]


def inside_of(stroke, box):
    return all(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in stroke)


def test_strokes_of_one_of_several_digits():
    left, right = [(60, 60), (60, 240)], [(180, 60), (240, 150), (180, 240)]
    boxes = (60, 60, 60, 240), (180, 60, 240, 240)
    first, second = found_in([left, right], *boxes)
    assert lessons.strokes_of(first, [left, right]) == [left]
    assert lessons.strokes_of(second, [left, right]) == [right]


def test_strokes_that_are_shared_are_none():
    """A stroke of another digit reaches into the box."""
    left, bar = [(60, 60), (60, 240)], [(20, 100), (60, 100), (100, 100)]
    (symbol,) = found_in([left], (0, 60, 120, 240))
    assert lessons.strokes_of(symbol, [left, bar]) is None


def test_main_window_stays_the_original(app):
    widgets = {type(widget) for widget in app.winfo_children()}
    app.lessons.ask()
    assert {type(widget) for widget in app.winfo_children()} == widgets == {
        tk.Canvas, tk.Label, tk.Button
    }  # fmt: skip

"""The row of digits in the second window."""

import numpy as np
import pytest

from data.canvas import from_strokes
from data.segments import strokes
from inspector import window
from inspector.theme.palette import Palette
from tests.data.segments.networks import ByShape, one, zero
from tests.windows import draw, picture_of, settle


@pytest.fixture
def windows(start, monkeypatch):
    """Both windows, whose digits are found by their shape."""
    app, inspector = start()
    find = strokes.find
    monkeypatch.setattr(window.segments, "find", lambda drawing, _: find(drawing, ByShape()))
    return app, inspector


def pen(app, stroke):
    points = [(round(x), round(y)) for x, y in stroke]
    draw(app, points[0], *points)


def click(app, widget, x, y):
    widget.event_generate("<Button-1>", x=x, y=y)
    settle(app)


def test_one_digit_has_no_row(windows):
    app, inspector = windows
    pen(app, zero(100, 100))
    assert not inspector.row.winfo_ismapped()
    np.testing.assert_array_equal(inspector.input._drawing, from_strokes(app.strokes))


def test_row_follows_strokes_and_undo(windows):
    app, inspector = windows
    pen(app, zero(40, 100))
    pen(app, one(140, 100))
    assert inspector.row.winfo_ismapped()
    assert inspector.row.answer["text"].startswith("01 ")
    pen(app, zero(180, 100))
    assert inspector.row.answer["text"].startswith("010 ")
    app.undo()
    settle(app)
    assert inspector.row.answer["text"].startswith("01 ")
    app.undo()
    settle(app)
    assert not inspector.row.winfo_ismapped()


def test_a_click_in_the_row_looks_inside(windows):
    app, inspector = windows
    pen(app, zero(40, 100))
    pen(app, one(140, 100))
    drawings = [symbol.image for symbol in inspector.reading.symbols]
    np.testing.assert_array_equal(inspector.input._drawing, drawings[0])
    side = inspector.row.canvas.winfo_reqwidth() // 2
    click(app, inspector.row.canvas, side + side // 2, 20)
    np.testing.assert_array_equal(inspector.input._drawing, drawings[1])
    np.testing.assert_array_equal(inspector.overview._snapshot.drawing, drawings[1])


def test_a_click_on_a_box_looks_inside(windows):
    app, inspector = windows
    pen(app, zero(40, 100))
    pen(app, one(200, 100))
    side = inspector.input.strokes.winfo_reqwidth()
    click(app, inspector.input.strokes, round(side * 200 / 300), round(side * 150 / 300))
    assert inspector.selected == 1
    click(app, inspector.input.strokes, 1, 1)
    assert inspector.selected == 1, "there is no box"


def test_the_selected_box_is_marked_on_the_drawing(windows):
    app, inspector = windows
    pen(app, zero(40, 100))
    pen(app, one(200, 100))
    colours = picture_of(inspector.input.strokes)
    side = len(colours)
    edge = colours[side // 2, : round(side * 0.2)]
    assert (edge == Palette.of(inspector).mark).all(axis=-1).any(), "left of the selected digit"


def test_a_sign_cannot_be_selected(windows):
    app, inspector = windows
    pen(app, [(10, 150), (25, 150), (45, 150)])
    pen(app, zero(80, 100))
    assert inspector.row.answer["text"].startswith("-0 ")
    assert inspector.selected == 1
    inspector.select(0)
    settle(app)
    assert inspector.selected == 1

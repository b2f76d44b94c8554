"""The main window reads numbers: they fit into it, and it stays as large as it is."""

from types import SimpleNamespace

import pytest

import gui
from tests.data.segments import networks
from tests.windows import drag


@pytest.fixture
def app(display):
    """The window with a model that tells a 1 and a 0 by their shape."""
    window = gui.App(model=SimpleNamespace(predict_proba=networks.ByShape()))
    window.update()
    yield window
    window.destroy()


def options_of(widget):
    return {name: str(widget[name]) for name in widget.keys()}  # noqa: SIM118


def draw_number(app, digits):
    """Draw ones and zeros side by side, small enough for the canvas."""
    pitch = 280 / len(digits)
    for k, digit in enumerate(digits):
        x, high = 10 + k * pitch, min(pitch * 0.9, 150)
        if digit == "1":
            stroke = networks.one(x + pitch / 3, 100, high)
        else:
            stroke = networks.zero(x, 100, high, 0.6 * high)
        points = [(round(px), round(py)) for px, py in stroke]
        drag(app, points[0], *points)


@pytest.mark.parametrize("number", ["10", "1001", "101010101010"])
def test_a_number_fits_into_the_window(app, number):
    draw_number(app, "0")
    app.classify_btn.invoke()
    app.update()
    assert app.label["text"] == "0, 99%"
    before = app.geometry()
    app.clear_all()
    draw_number(app, number)
    app.classify_btn.invoke()
    app.update()
    assert app.label["text"] == f"{number}, {int(100 * 0.991 ** len(number))}%"
    assert app.geometry() == before
    assert app.label.winfo_reqwidth() <= app.grid_bbox(1, 0)[2]
    assert str(app.label["font"]).startswith("Helvetica")


def test_after_a_number_one_digit_is_as_before(app):
    draw_number(app, "0")
    app.classify_btn.invoke()
    app.update()
    look = options_of(app.label), app.geometry()
    draw_number(app, "1001")
    app.clear_all()
    draw_number(app, "1001")
    app.classify_btn.invoke()
    app.clear_all()
    draw_number(app, "0")
    app.classify_btn.invoke()
    app.update()
    assert (options_of(app.label), app.geometry()) == look


def test_several_lines_have_spaces_between_them(app):
    for x, y in ((60, 30), (120, 30), (60, 180), (120, 180)):
        drag(app, (x, y), *[(x, y + step) for step in range(0, 90, 6)])
    app.classify_btn.invoke()
    assert app.label["text"] == "11 11, 96%"

"""The second window: it opens and closes, follows the pen, and shows any network."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import gui
from data.canvas import from_strokes
from inspector.panels import compare
from inspector.parts.input import BEFORE
from inspector.parts.probabilities import NOTHING_DRAWN, describe_answer
from inspector.teaching.window import TaughtWindow
from inspector.theme import style
from inspector.theme.palette import Palette, brightness, hex_colour
from nn import AvgPool2D, BatchNorm, Conv2D, Dense, Flatten, ReLU, Sequential, Softmax
from tests.conftest import need
from tests.windows import (
    SEVEN,
    choose,
    draw,
    picture_of,
    press,
    probabilities_of,
    settle,
    small_network,
    turn_to,
)

ttk = need("tkinter.ttk")

ROOT = Path(gui.__file__).parent


def bar_lengths(bars):
    """The lengths of the ten bars, pixels; that of probability 1 is 200."""
    items = [item for item in bars.canvas.find_all() if bars.canvas.type(item) == "rectangle"]
    return np.array([bars.canvas.coords(item)[2] - bars.canvas.coords(item)[0] for item in items])


def test_f2_opens_one_window_only(display):
    app = gui.App(model=small_network())
    try:
        assert "F2 looks inside" in app.title()
        press(app, app, "<F2>", until=lambda: app.inspector is not None)
        first = app.inspector
        assert first.winfo_exists()
        app.focus_force()
        app.update()
        app.event_generate("<F2>")
        app.update()
        assert app.inspector is first
        assert [w for w in app.winfo_children() if w.winfo_class() == "Toplevel"] == [first]
    finally:
        app.destroy()


def test_closing_unsubscribes_and_it_opens_again(start):
    app, inspector = start()
    inspector.destroy()
    assert app.observers == []
    draw(app, *SEVEN)
    app.inspect()
    settle(app)
    assert app.inspector is not inspector
    assert len(app.observers) == 2, "the window and its button for teaching"
    assert app.inspector.bars.answer["text"] == describe_answer(probabilities_of(app))


def test_bars_and_margin_follow_the_drawing(start):
    app, inspector = start()
    assert inspector.bars.answer["text"] == NOTHING_DRAWN
    assert bar_lengths(inspector.bars).tolist() == [0] * 10
    draw(app, *SEVEN)
    for change in (lambda: None, lambda: draw(app, (60, 200), (250, 210)), app.undo):
        change()
        settle(app)
        lengths = bar_lengths(inspector.bars)
        np.testing.assert_allclose(lengths / 200, probabilities_of(app), atol=0.01)
        assert inspector.bars.answer["text"] == describe_answer(probabilities_of(app))
    app.clear_all()
    settle(app)
    assert inspector.bars.answer["text"] == NOTHING_DRAWN


def test_many_moves_make_one_refresh(start):
    app, inspector = start()
    before = inspector.refreshes
    for x in range(40, 240, 2):
        app.draw_lines(SimpleNamespace(x=x, y=120))
    settle(app)
    assert inspector.refreshes == before + 1
    lengths = bar_lengths(inspector.bars)
    np.testing.assert_allclose(lengths / 200, probabilities_of(app), atol=0.01)


def test_keys_open_a_file_lift_and_close(start, monkeypatch):
    app, inspector = start()
    asked, lifted = [], []
    monkeypatch.setattr(compare.filedialog, "askopenfilename", lambda **how: asked.append(1) or "")
    monkeypatch.setattr(app, "lift", lambda: lifted.append(1))
    press(app, inspector, "<Control-o>", until=lambda: asked)
    assert inspector.panel is inspector.compare
    press(app, inspector, "<F2>", until=lambda: lifted)
    press(app, inspector, "<Control-w>", until=lambda: not inspector.winfo_exists())


ODD = {
    "no convolution": [Flatten(), Dense(784, 10)],
    "hidden layers": [Flatten(), Dense(784, 6), BatchNorm(6), ReLU(), Dense(6, 10), Softmax()],
    "one big stride": [Conv2D(1, 5, (7, 3), stride=(9, 5), pad=2, bias=False), AvgPool2D(2),
                       Conv2D(5, 10, 1), AvgPool2D((1, 2)), Flatten(), Dense(10, 10, bias=False)],
    "no weights to speak of": [AvgPool2D((28, 3), stride=(28, 3)), Flatten(), Dense(9, 10)],
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_every_panel_shows_any_network(start, forty_images, name):
    app, inspector = start(Sequential(ODD[name]))
    draw(app, *SEVEN)
    for panel in inspector.panels:
        turn_to(app, panel)
    for layer in range(-1, len(inspector.network.layers)):
        inspector.layers.maps.select((layer, 0, 0, 0))
        assert inspector.layers.arithmetic.text
    filters = inspector.filters
    for index, title in enumerate(filters.layer["values"]):
        choose(app, filters.layer, index)
        filters.select(1)
        settle(app, lambda: not filters.busy)
        assert title in filters.kernels.about["text"]


def test_an_overflow_is_shown_and_reported(start):
    model = Sequential([Flatten(), Dense(784, 10)])
    model.layers[1].params["w"][:] = 3e38
    with np.errstate(all="ignore"):
        app, inspector = start(model)
        draw(app, *SEVEN)
        turn_to(app, inspector.layers)
        inspector.layers.maps.select((1, 0, 0, 2))
    assert "too large" in inspector.layers.arithmetic.text


def test_text_is_readable_on_any_desktop(start):
    app, inspector = start()
    for background in ("#202020", "#2b303b", "#d9d9d9", "#ffffff"):
        ttk.Style(app).configure("TFrame", background=background)
        inspector.event_generate("<<ThemeChanged>>")
        settle(app)
        palette = Palette.of(inspector)
        assert inspector.overview.columns.canvas["background"] == background
        for paper in (palette.background, palette.paper):
            assert abs(brightness(palette.text) - brightness(paper)) > 120


def test_pointing_at_the_input_names_the_pixel(start):
    app, inspector = start()
    draw(app, *SEVEN)
    picture = inspector.input.input
    side = picture.winfo_reqwidth() // 28
    for row, column in [(8, 12), (20, 14), (0, 27)]:
        x, y = column * side + side // 2, row * side + side // 2
        picture.event_generate("<Motion>", x=x, y=y)
        ink = from_strokes(app.strokes)[row, column]
        assert inspector.status["text"] == f"input, row {row}, column {column}: {ink:.4f}"
    picture.event_generate("<Leave>")
    assert inspector.status["text"] == ""


def test_header_frames_what_the_visible_panel_shows(start):
    app, inspector = start()
    draw(app, *SEVEN)
    shown, before = inspector.input.titles[2], "layer 3, channel"
    columns = inspector.overview.columns
    x, y = columns.centre_of((5, 3, 3, columns.columns[3].channels[0]))
    columns.canvas.event_generate("<Motion>", x=x, y=y)
    assert shown["text"].startswith(before)
    turn_to(app, inspector.why)
    assert (shown["text"], inspector.status["text"]) == (BEFORE, "")
    turn_to(app, inspector.layers)
    inspector.layers.maps.select((5, 3, 3, 1))
    assert shown["text"].startswith(before)
    for panel in (inspector.learning, inspector.filters, inspector.overview, inspector.compare):
        turn_to(app, panel)
        assert shown["text"] == BEFORE, panel.title
        assert not mark_in(inspector.input.input, inspector)
    turn_to(app, inspector.layers)
    assert shown["text"].startswith(before), "the number is still selected there"
    assert mark_in(inspector.input.input, inspector)


def mark_in(picture, inspector):
    """Whether a picture has pixels of the colour of frames."""
    return (picture_of(picture) == Palette.of(inspector).mark).all(axis=-1).any()


def test_started_with_inspect_it_is_open(display, monkeypatch, tmp_path):
    path = tmp_path / "weights.npz"
    small_network().save(path)
    exists = []

    def mainloop(app):
        exists.append(app.inspector.winfo_exists())
        app.destroy()

    monkeypatch.setattr(gui.App, "mainloop", mainloop)
    assert gui.main(["--inspect", "--weights", str(path)]) == 0
    assert exists == [1]


def test_importing_it_imports_neither_numba_nor_matplotlib():
    code = (
        "import sys, inspector.window\n"
        "assert 'inspector.panels.filters' in sys.modules\n"
        "assert not {'numba', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_panels_fit_the_smallest_window(start, forty_images):
    """Nothing in a panel asks for more width than there is: 640x480 at 96 dots an inch."""
    app, inspector = start()
    draw(app, *SEVEN)
    smallest = inspector.minsize()
    inspector.geometry("{}x{}".format(*smallest))
    app.update()
    settle(app, lambda: inspector.winfo_width() == smallest[0])
    for panel in inspector.panels:
        turn_to(app, panel)
        settle(app)
        app.update()
        for child in panel.winfo_children():
            if child.winfo_class() == "TPanedwindow":  # its panes take what there is
                continue
            right = child.winfo_x() + child.winfo_reqwidth()
            assert right <= panel.winfo_width() + 1, (panel.title, str(child))
    header = inspector.header
    assert header.winfo_reqwidth() <= smallest[0]
    assert header.winfo_height() < 150 / 640 * smallest[0]


def test_ctrl_d_changes_light_and_dark(start):
    app, inspector = start()
    before = Palette.of(inspector).background
    press(app, inspector, "<Control-d>", until=lambda: Palette.of(inspector).background != before)
    settle(app)
    background = hex_colour(Palette.of(inspector).background)
    assert inspector.overview.columns.canvas["background"] == background
    style.apply(inspector, False)


def test_alt_and_the_underlined_letter_select_a_panel(start):
    app, inspector = start()
    book = inspector.notebook
    for index, panel in reversed(list(enumerate(inspector.panels))):
        shown = book.tab(index)
        letter = shown["text"][int(shown["underline"])].lower()
        press(app, inspector, f"<Alt-Key-{letter}>", lambda panel=panel: inspector.panel is panel)
    assert not [w for w in inspector.winfo_children() if isinstance(w, TaughtWindow)]

"""The tour's lines about the window are true: the inspector shows what the tour prints."""

import re
from pathlib import Path

import pytest

import gui
import weights
from docs.figures import learned, looks
from docs.figures.example import DIGIT, Example
from inspector.panels.learning.layout import GRADIENTS, VALUES
from inspector.panels.learning.rows import Spot
from inspector.parts.layout import moved
from inspector.tracing.path import most_probable, trace
from nn import Sequential
from tests.windows import find, press, settle, turn_to

TOUR = Path(__file__).parents[2] / "docs" / "tour.md"
PRINTED = re.findall(rf"^{re.escape(looks.LEAD)}(.*)$", TOUR.read_text(encoding="utf-8"), re.M)
SAID = [re.search(r"`([^`]+)`$", line)[1] for line in PRINTED]


@pytest.fixture(scope="module")
def example():
    return Example.of(Sequential.load(weights.SHIPPED))


@pytest.fixture
def inspector(display):
    """The inside, with the tour's 4 drawn by its menu."""
    app = gui.App()
    try:
        app.inspect()
        settle(app)
        app.inspector.open_menu.tours_four()
        settle(app)
        yield app.inspector
    finally:
        app.destroy()


def test_lines_are_those_of_this_network(example):
    stale = "write them again: python -m docs.figures"
    assert [looks.LEAD + line for line in PRINTED] == looks.lines(example), stale


def test_window_shows_what_the_tour_prints(inspector, example):
    app = inspector._app
    answer, *numbers = SAID
    assert inspector.bars.answer["text"] == answer
    turn_to(app, inspector.layers)
    settle(app)
    maps = inspector.layers.maps
    for text, (_, place) in zip(numbers, looks.places(example), strict=False):
        x, y = maps.centre_of(place)
        maps.canvas.event_generate("<Motion>", x=x, y=y)
        assert inspector.status["text"] == text
        maps.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
        assert maps.selected == place
        value = text.rpartition(" ")[2]
        assert value[:4] in inspector.layers.arithmetic.text


def test_learning_shows_what_the_tour_prints(inspector, example):
    app, panel, sights = inspector._app, inspector.learning, learned.sights(example)
    assert [sight.text for sight in sights] == SAID[-len(sights) :]
    loss, logit, pixel, step, untrained, weight, sizes = sights
    turn_to(app, panel)
    press(app, panel.pass_view.canvas, f"<Key-{DIGIT}>", lambda: panel.lesson.label == DIGIT)
    assert panel.controls.loss["text"] == loss.text
    channel = weight.spot.at[-1]
    panel.select(Spot(weight.spot.layer, "", (0, 0, channel)), VALUES)  # its kernel is shown
    settle(app)
    for sight in (logit, pixel, weight):
        x, y = panel.pass_view.centre_of(sight.spot, GRADIENTS)
        panel.pass_view.canvas.event_generate("<Motion>", x=x, y=y)
        assert inspector.status["text"] == sight.text
        panel.pass_view.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
        assert sight.text.partition(":")[0] in panel.sheet.sheet.text.replace("\n", " ")
    settle(app, lambda: "digits agree" in panel.sheet.sheet.text)
    press(app, panel.pass_view.canvas, "<Return>", lambda: panel.step.report is not None)
    written = [panel.step.canvas.itemcget(i, "text") for i in panel.step.canvas.find_all()[:2]]
    assert written[1].splitlines()[0] == step.text
    press(app, panel.pass_view.canvas, "<BackSpace>", lambda: not panel.lesson.changed)
    turn_to(app, inspector.compare)
    find(inspector.compare, "An untrained one").invoke()
    assert inspector.compare.names[1]["text"] == untrained.text
    turn_to(app, inspector.overview)
    canvas = inspector.overview.columns.canvas
    texts = [canvas.itemcget(i, "text") for i in canvas.find_all() if canvas.type(i) == "text"]
    assert sizes.text in texts


def test_c_code_is_what_the_command_writes(example):
    code, weights_lines, code_lines = looks.c_code(example)
    text = TOUR.read_text(encoding="utf-8")
    assert f"```c\n{code}\n```" in text, "write it again: python -m docs.figures"
    said = re.search(r"([\d,]+) lines of numbers; then comes `predict`, in (\d+) lines", text)
    assert abs(int(said[1].replace(",", "")) - weights_lines) <= 100
    assert abs(int(said[2]) - code_lines) <= 10


def test_page_down_leads_from_stop_to_stop(example):
    maps = looks.Network(example.model, "").maps(example.image)
    shapes = [(1, 1, *array.shape)[-3:] for array in maps]  # as `DrawnMaps` lays them out
    found = [place for _, place in looks.places(example)]
    pressed = 0
    for line, before, after in zip(PRINTED[2:], found, found[1:], strict=False):
        if "Page Down" in line:
            assert moved(before, (1, 0, 0, 0), shapes, columns=8) == tuple(after)
            pressed += 1
    assert pressed > 3


def test_second_convolution_is_on_the_answers_path(example):
    layer, at = looks.second_convolution(example)
    network = looks.Network(example.model, "")
    maps = network.maps(example.image)
    assert trace(network, maps, *most_probable(maps)).at[layer + 1] == at
    assert network.title(layer) == "layer 4 Conv2D"


def test_rewriting_changes_only_these_lines(example, tmp_path):
    page = tmp_path / "tour.md"
    text = TOUR.read_text(encoding="utf-8")
    page.write_text(re.sub(r"(\*In the window:\* ).*", r"\1-", text), encoding="utf-8")
    looks.rewrite(page, example)
    assert page.read_text(encoding="utf-8") == text

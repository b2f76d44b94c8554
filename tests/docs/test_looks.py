"""The tour's lines about the window are true: the inspector shows what the tour prints."""

import re
from pathlib import Path

import pytest

import gui
import weights
from docs.figures import looks
from docs.figures.example import Example
from inspector.tracing.path import most_probable, trace
from nn import Sequential
from tests.windows import settle, turn_to

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
    for text, place in zip(numbers, looks.places(example), strict=True):
        x, y = maps.centre_of(place)
        maps.canvas.event_generate("<Motion>", x=x, y=y)
        assert inspector.status["text"] == text
        maps.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
        assert maps.selected == place
        value = text.rpartition(" ")[2]
        assert value[:4] in inspector.layers.arithmetic.text


def test_page_down_leads_from_stop_to_stop(example):
    """Where the tour says Page Down, the next number has the same place, or the same digit."""
    found = looks.places(example)
    for line, before, after in zip(PRINTED[2:], found, found[1:], strict=False):
        if "Page Down" in line:
            assert after[0] == before[0] + 1
            assert after[3] == before[3]


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

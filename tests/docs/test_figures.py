"""The pictures of README and tour: one command draws them all, with the network's own numbers."""

import numpy as np
import pytest
from PIL import Image

import weights
from benchmarks.browser import BrowserError
from data.canvas import SIZE
from data.synthetic.forms import FORMS
from docs.figures.__main__ import FIGURES, main
from docs.figures.example import DIGIT, Example
from docs.figures.network import stages
from docs.figures.style import tile
from inspector.theme.colours import LIGHT, hex_colour
from nn import Conv2D, Dense, Sequential

MOST_BYTES = 80_000


@pytest.fixture(scope="module")
def example():
    return Example.of(Sequential.load(weights.SHIPPED))


def without_a_browser():
    raise BrowserError("no Chromium here")


def test_command_draws_every_picture_opaque(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("docs.figures.more.EPOCHS", 5)  # of a training
    monkeypatch.setattr("docs.figures.page.browser.chromium", without_a_browser)
    assert main(["--output", str(tmp_path)]) == 0
    assert f"drew {len(FIGURES)} pictures" in capsys.readouterr().out
    assert (tmp_path / "page.html").is_file()
    drawn = list(tmp_path.rglob("*.png"))
    assert set(drawn) == {tmp_path / f"{name}.png" for name in FIGURES}
    for file in drawn:
        assert file.stat().st_size < MOST_BYTES, file.name
        with Image.open(file) as picture:
            opacity = np.asarray(picture.convert("RGBA"))[..., 3]
            colours = picture.convert("RGB").getcolors(picture.width * picture.height)
        assert (opacity == 255).all(), f"{file.name} would let a dark page through"
        assert len(colours) > 10, f"{file.name} is empty"


def test_same_figure_gives_the_same_bytes(example, tmp_path):
    from docs.figures.style import save

    for name in ("a", "b"):
        save(FIGURES["tour/09-softmax"](example), tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_impossible_folder_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        "docs.figures.__main__.FIGURES", {"tour/09-softmax": FIGURES["tour/09-softmax"]}
    )
    (tmp_path / "file").touch()
    assert main(["--output", str(tmp_path / "file")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "file") in line


def test_drawing_is_a_4_in_some_doubt(example):
    assert example.proba.argmax() == DIGIT
    assert 0.5 < example.proba[DIGIT] < 0.99


def test_values_are_those_of_the_network(example):
    logits = example.model.forward(example.image[None, :, :, None])
    np.testing.assert_allclose(example.values[-1], logits, rtol=1e-5)
    x, dense = example.values[example.first(Dense)], example.model.layers[example.first(Dense)]
    np.testing.assert_allclose(x @ dense.params["w"] + dense.params["b"], logits, rtol=1e-5)


def test_place_shown_is_where_map_is_largest(example):
    map_ = example.values[example.first(Conv2D) + 1][0, :, :, example.channel]
    assert map_[example.place] == map_.max()


def test_lesson_changes_neither_network_nor_loss(example):
    before = {name: w.copy() for name, w in example.model.named_params().items()}
    lesson = example.lesson
    assert lesson.measure() == lesson.loss
    assert [g.shape[1:] for g in lesson.gradients] == [v.shape[1:] for v in example.values]
    for name, w in example.model.named_params().items():
        np.testing.assert_array_equal(w, before[name])


def test_diagram_adds_up_to_the_summary(example):
    columns = stages(example)
    *_, total = example.model.summary().splitlines()
    parameters, products = (int(number.replace(",", "")) for number in total.split()[1:])
    assert sum(stage.parameters for stage in columns) == parameters
    assert sum(stage.multiply_adds for stage in columns) == products
    assert [layer for stage in columns for layer in stage.layers] == example.model.layers


def test_tile_lays_channels_side_by_side():
    maps = np.arange(2 * 2 * 3).reshape(2, 2, 3).astype(float)
    nan = np.nan
    expected = [
        [0, 3, nan, 1, 4],
        [6, 9, nan, 7, 10],
        [nan] * 5,
        [2, 5, nan, nan, nan],
        [8, 11, nan, nan, nan],
    ]
    np.testing.assert_array_equal(tile(maps, across=2), expected)


def test_contact_sheet_has_a_row_per_form(tmp_path, capsys):
    assert main(["handwriting", "--output", str(tmp_path)]) == 0
    path = tmp_path / "handwriting.png"
    assert str(path) in capsys.readouterr().out
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("L"))
    rows = np.array_split(pixels[:, pixels.shape[1] // 4 :], len(FORMS))
    assert all((row < 128).mean() > 0.01 for row in rows)


def test_windows_are_photographed_at_rest(tmp_path, display, capsys, monkeypatch):
    monkeypatch.setattr("docs.figures.window.REST", 0.3)
    assert main(["windows", "--output", str(tmp_path)]) == 0
    drawn = capsys.readouterr().out
    colours = {}
    for name in ("window", "number", "inspector"):
        assert str(tmp_path / f"{name}.png") in drawn
        with Image.open(tmp_path / f"{name}.png") as picture:
            found = picture.convert("RGB").getcolors(1 << 20)
        colours[name] = {hex_colour(colour): count for count, colour in found}
    inside = colours["inspector"]
    assert max(inside, key=inside.get) == hex_colour(LIGHT.background)
    assert hex_colour(LIGHT.mark) in inside
    ink, paper = "#000000", "#ffffff"
    for name in ("window", "number"):  # drawn, and answered in the same black beside it
        assert 0.02 < colours[name][ink] / colours[name][paper] < 0.3


def test_digits_are_written_beside_one_another(display):
    from docs.figures import window  # imported late: it needs tkinter

    strokes = list(window._written("71"))
    assert all((stroke >= 0).all() and (stroke < SIZE).all() for stroke in strokes)
    left = [stroke for stroke in strokes if (stroke[:, 0] < SIZE / 2).all()]
    assert {id(stroke) for stroke in left} < {id(stroke) for stroke in strokes}
    heights = [
        np.ptp(np.concatenate(digit)[:, 1])
        for digit in (left, [stroke for stroke in strokes if (stroke[:, 0] > SIZE / 2).all()])
    ]
    assert abs(heights[0] - heights[1]) <= 2


def test_without_a_display_it_is_one_line(tmp_path, capsys, monkeypatch):
    def refuse():
        raise OSError("no display")

    monkeypatch.setattr("docs.figures.window.PHOTOGRAPHS", {"window": refuse})
    assert main(["windows", "--output", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1

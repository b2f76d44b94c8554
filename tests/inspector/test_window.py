"""The second window: it follows the pen, names every number, and bad files cost nothing."""

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import gui
from data.canvas import from_strokes
from inspector import compare, filters, network
from inspector.palette import Palette, brightness
from inspector.probabilities import NOTHING_DRAWN, verdict
from nn import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    ReLU,
    Sequential,
    Softmax,
    explain,
)
from nn.explain import breakdown
from tests.conftest import need

tk = need("tkinter")
ttk = need("tkinter.ttk")
_tkinter = need("_tkinter")

ROOT = Path(gui.__file__).parent
PATIENCE = 300  # seconds that a slow machine gets


def small(seed=0, channels=3):
    """A network of nearly every kind of layer, quick enough to be asked often."""
    rng = np.random.default_rng(seed)
    batchnorm = BatchNorm(channels)
    batchnorm.state["mean"][:] = 0.1
    return Sequential(
        [
            Conv2D(1, channels, 5, stride=2, rng=rng), ReLU(), MaxPool2D(2), batchnorm,
            Conv2D(channels, 4, 3, pad="same", rng=rng), ReLU(), AvgPool2D(3), Flatten(),
            Dropout(0.5), Dense(16, 10, rng=rng),
        ]
    )  # fmt: skip


def settle(app, until=None):
    """Let events happen until `until` is so, or nothing more does if it is not given."""
    deadline = time.monotonic() + PATIENCE
    inspector = app._inspector
    while time.monotonic() < deadline:
        while app.tk.dooneevent(_tkinter.DONT_WAIT) and not (until and until()):
            pass
        resting = inspector is None or not inspector.winfo_exists() or inspector._pending is None
        if until() if until else resting and not app.tk.dooneevent(_tkinter.DONT_WAIT):
            return
        time.sleep(0.002)
    pytest.fail("the window did not come to rest")


@pytest.fixture
def start(display):
    """Return a function that opens both windows for a network; no exception may be swallowed."""
    opened, errors = [], []

    def begin(model=None):
        app = gui.App(model=model or small())
        opened.append(app)
        app.report_callback_exception = lambda *error: errors.append(error[1])
        app.update()
        app.inspect()
        settle(app)
        return app, app._inspector

    yield begin
    for app in opened:
        app.destroy()
    if errors:
        raise errors[0]


def draw(app, *points):
    """Draw a stroke through these points."""
    x, y = points[0]
    app.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
    for x, y in points[1:]:
        app.canvas.event_generate("<B1-Motion>", x=x, y=y)
    settle(app)


SEVEN = (80, 70), (210, 70), (150, 240)


def expected(app):
    (probabilities,) = app.model.predict_proba(from_strokes(app.strokes)[None])
    return probabilities


def turn_to(app, inspector, panel):
    before = inspector.refreshes
    if inspector.panel is not panel:
        inspector.book.select(panel)
        settle(app, lambda: inspector.refreshes > before)


def test_f2_opens_it_and_opens_no_second_one(display):
    app = gui.App(model=small())
    try:
        assert "F2 looks inside" in app.title()
        app.update()
        app.focus_force()
        app.event_generate("<F2>")
        app.update()
        first = app._inspector
        assert first.winfo_exists()
        app.event_generate("<F2>")
        assert app._inspector is first
    finally:
        app.destroy()


def test_closed_it_lets_go_of_the_pen_and_opens_again(start):
    app, inspector = start()
    inspector.destroy()
    assert app.observers == []
    draw(app, *SEVEN)
    app.inspect()
    settle(app)
    assert app._inspector is not inspector
    assert len(app.observers) == 1
    assert app._inspector.bars.verdict["text"] == verdict(expected(app))


def test_bars_and_margin_follow_the_drawing(start):
    app, inspector = start()
    assert inspector.bars.verdict["text"] == NOTHING_DRAWN
    assert inspector.bars.lengths == [0] * 10
    draw(app, *SEVEN)
    for take_back in (lambda: None, lambda: draw(app, (60, 200), (250, 210)), app.undo):
        take_back()
        settle(app)
        lengths = np.array(inspector.bars.lengths)
        np.testing.assert_allclose(lengths / 200, expected(app), atol=0.01)
        assert inspector.bars.verdict["text"] == verdict(expected(app))
    app.clear_all()
    settle(app)
    assert inspector.bars.verdict["text"] == NOTHING_DRAWN


def test_the_verdict_names_the_first_two_and_what_lies_between():
    probabilities = np.array([0, 0, 0, 0, 0.55, 0, 0, 0, 0.05, 0.4])
    assert verdict(probabilities) == "4 or 9: 4 leads by 15.0 points of 100"


def test_frames_are_dropped_and_strokes_never(start):
    app, inspector = start()
    before = inspector.refreshes
    for x in range(40, 240, 2):
        app.draw_lines(SimpleNamespace(x=x, y=120))
    settle(app)
    assert inspector.refreshes == before + 1  # a hundred moves, one picture
    np.testing.assert_allclose(np.array(inspector.bars.lengths) / 200, expected(app), atol=0.01)


def maps_of(app):
    return explain.maps(explain.with_softmax(app.model), from_strokes(app.strokes)[None, ..., None])


PLACES = {  # one in each layer; the input is -1
    -1: (3, 4, 0), 0: (5, 6, 1), 1: (5, 6, 1), 2: (2, 3, 2), 3: (1, 2, 0), 4: (3, 3, 3),
    5: (3, 3, 3), 6: (1, 0, 2), 7: (0, 0, 9), 8: (0, 0, 9), 9: (0, 0, 7), 10: (0, 0, 7),
}  # fmt: skip


def test_pointing_names_a_number_and_clicking_spells_it_out(start):
    app, inspector = start()
    draw(app, *SEVEN)
    walls, maps, layers = inspector.layers.walls, maps_of(app), [*app.model.layers, Softmax()]
    for layer, at in PLACES.items():
        x, y = walls.centre_of((layer, *at))
        array = maps[layer + 1][0]
        kind = "input" if layer < 0 else type(layers[layer]).__name__
        index = at if array.ndim == 3 else at[2:]

        walls.canvas.event_generate("<Motion>", x=x, y=y)
        text, _, number = inspector.hint["text"].partition(" (")[0].rpartition(": ")
        assert kind in text
        assert f" {at[2]}" in text
        assert float(number) == pytest.approx(array[index], abs=1e-4)

        walls.canvas.event_generate("<ButtonPress-1>", x=x, y=y)
        assert walls.picked == (layer, *at)
        written = inspector.layers.number.text
        assert kind.lower() in written.lower()
        if layer >= 0:
            said = breakdown.break_down(layers[layer], maps[layer][0], array, index)
            assert str(abs(said.shown)) in written
            for term in said.total.terms if said.total else ():
                assert f"{term.shown:+}" in written


def test_the_number_spelled_out_follows_the_pen(start):
    app, inspector = start()
    inspector.layers.walls.pick((9, 0, 0, 7))
    before = inspector.layers.number.text
    draw(app, *SEVEN)
    after = inspector.layers.number.text
    assert before != after
    shown = float(after.splitlines()[-1].split()[-1])
    assert shown == pytest.approx(maps_of(app)[10][0, 7], abs=1e-4)


def test_a_person_may_choose_the_input_channel_of_the_grids(start):
    app, inspector = start()
    draw(app, *SEVEN)
    inspector.layers.walls.pick((4, 3, 3, 1))
    number = inspector.layers.number
    for channel in (0, 2):
        number.channel.set(str(channel))
        number.channel.event_generate("<<ComboboxSelected>>")
        settle(app)
        assert f"patch, channel {channel}" in number.text
        assert number.window == (4, (2, 2), (3, 3), channel)


def test_keys_move_from_number_to_number_and_from_layer_to_layer(start):
    app, inspector = start()
    walls = inspector.layers.walls
    walls.pick((0, 2, 2, 0))
    inspector.focus_force()
    walls.canvas.focus_force()
    app.update()
    for key, place in [
        ("<Right>", (0, 2, 3, 0)), ("<Down>", (0, 3, 3, 0)), ("<Left>", (0, 3, 2, 0)),
        ("<Up>", (0, 2, 2, 0)), ("<Control-Right>", (0, 2, 2, 1)), ("<Next>", (1, 2, 2, 1)),
        ("<Control-Left>", (1, 2, 2, 0)), ("<Prior>", (0, 2, 2, 0)), ("<Prior>", (-1, 2, 2, 0)),
        ("<Prior>", (-1, 2, 2, 0)),
    ]:  # fmt: skip
        walls.canvas.event_generate(key)
        assert walls.picked == place, key
        assert inspector.hint["text"].startswith("input" if place[0] < 0 else f"layer {place[0]}")


def test_dead_channels_are_found_and_marked(start):
    model = small()
    model.layers[0].params["b"][1] = -100
    app, inspector = start(model)
    draw(app, *SEVEN)
    assert [dead.tolist() for dead in inspector.network.dead[1:3]] == [
        [False] * 3, [False, True, False]
    ]  # fmt: skip
    walls = inspector.layers.walls
    mark = Palette.of(inspector).mark
    for channel in range(3):
        told = walls.describe((1, 0, 0, channel))
        assert ("dead" in told) == (channel == 1)
        picture = np.asarray(walls._render(2))
        x0, y0, _, _ = walls._tilings[2].box(0, 0, channel)
        assert (tuple(picture[y0, x0]) == mark) == (channel == 1)


def test_each_channel_may_have_its_own_scale(start):
    model = small()
    model.layers[0].params["w"][..., 1] *= 1e-3
    app, inspector = start(model)
    draw(app, *SEVEN)
    walls = inspector.layers.walls

    def strongest(channel):
        x0, y0, _, _ = walls._tilings[1].box(0, 0, channel)
        x1, y1 = walls._tilings[1].box(11, 11, channel)[2:]
        tile = np.asarray(walls._render(1)).astype(int)[y0:y1, x0:x1]
        return np.abs(tile - Palette.of(inspector).paper).max()

    assert strongest(1) < 5 < strongest(0)
    inspector.layers._own.set(True)
    inspector.layers._rescale()
    assert strongest(1) > 150


def test_why_shows_what_explain_computes_for_the_chosen_digit(start):
    app, inspector = start()
    draw(app, *SEVEN)
    turn_to(app, inspector, inspector.why)
    why, x = inspector.why, from_strokes(app.strokes)[None, ..., None]
    assert why.chosen == expected(app).argmax()
    why.digit.set(3)
    why.layer.current(0)
    why._again()
    settle(app, lambda: not why.busy)
    assert "for 3" in why.note["text"]
    slopes, maps = explain.gradients(app.model, x, 3), explain.maps(app.model, x)
    np.testing.assert_array_equal(why.results["saliency"], explain.saliency(slopes[0])[0])
    np.testing.assert_allclose(
        why.results["gradient x input"], explain.gradient_times_input(slopes[0], x)[0]
    )
    np.testing.assert_allclose(
        why.results["Grad-CAM"], explain.grad_cam(maps[2], slopes[2])[0], rtol=1e-5
    )
    *_, fall = explain.occlusion(app.model, x, 3)
    np.testing.assert_array_equal(why.results["occlusion"], fall)


@pytest.fixture
def forty_images(monkeypatch):
    images = np.random.default_rng(1).integers(0, 256, (40, 28, 28)).astype(np.uint8)
    monkeypatch.setattr(filters, "known_images", lambda: (images, "forty images"))
    return images


def test_filters_show_the_most_exciting_images_and_climb(start, forty_images):
    app, inspector = start()
    turn_to(app, inspector, inspector.filters)
    panel = inspector.filters
    settle(app, lambda: not panel.busy)
    x = forty_images[..., None] * np.float32(1 / 255)
    peaks = app.model.layers[0].forward(x).max(axis=(1, 2))
    best = np.argsort(-peaks, axis=0, kind="stable")[:8]
    np.testing.assert_array_equal(panel.excited[0], best)
    assert "all 40" in panel.found["text"]
    assert "forty images" in panel.found["text"]
    *_, (made, _) = explain.maximise_activation(app.model, 0, 0)
    np.testing.assert_array_equal(panel.made, made[..., 0])
    panel.channel.set("2")
    answer = f"{peaks[best[0, 2], 2]:.3f}"
    press(app, panel.channel, "<Return>", until=lambda: panel._images[0]["text"] == answer)
    settle(app, lambda: not panel.busy)
    panel.channel.set("nonsense")
    press(app, panel.channel, "<Return>", until=lambda: panel.channel.get() == "0")


def test_kernels_are_pictures_of_the_weights():
    model = Sequential([Conv2D(1, 3, 5), Conv2D(3, 4, 3), Flatten(), Dense(22 * 22 * 4, 10)])
    seen = network.Network(model, "")
    tiles, per_channel = filters.kernels(seen, 0, 0)
    assert per_channel
    np.testing.assert_array_equal(tiles, model.layers[0].params["w"][:, :, 0])
    tiles, per_channel = filters.kernels(seen, 1, 2)
    assert not per_channel
    np.testing.assert_array_equal(tiles, model.layers[1].params["w"][..., 2])
    tiles, _ = filters.kernels(seen, 3, 7)
    assert tiles.shape == (22, 22, 4)
    assert tiles[3, 5, 1] == model.layers[3].params["w"][(3 * 22 + 5) * 4 + 1, 7]


def test_a_second_network_reads_the_same_drawing(start, tmp_path, monkeypatch):
    app, inspector = start()
    draw(app, *SEVEN)
    other = Sequential([Flatten(), Dense(784, 10, rng=np.random.default_rng(9)), Softmax()])
    path = tmp_path / "other.npz"
    other.save(path)
    monkeypatch.setattr(compare.filedialog, "askopenfilename", lambda **options: str(path))
    turn_to(app, inspector, inspector.compare)
    first, second = inspector.compare.bars
    assert first.grid_info()
    assert not second.grid_info()
    inspector._open()
    settle(app)
    (theirs,) = other.predict_proba(from_strokes(app.strokes)[None])
    assert second.grid_info()
    assert first.verdict["text"] == verdict(expected(app))
    assert second.verdict["text"] == verdict(theirs)
    assert [name["text"] for name in inspector.compare.names] == [
        "the network in use: 366 parameters", "other.npz: 7,850 parameters"
    ]  # fmt: skip


def test_a_bad_file_is_one_clear_line_and_the_second_network_stays(start, tmp_path):
    app, inspector = start()
    good, bad = tmp_path / "good.npz", tmp_path / "bad.npz"
    small(1).save(good)
    panel = inspector.compare
    turn_to(app, inspector, panel)
    panel.open(str(good))
    kept = panel.second
    for content in (None, b"", b"not a network", b"PK\x03\x04 broken"):
        if content is not None:
            bad.write_bytes(content)
        panel.open(str(bad))
        assert str(bad) in panel.message["text"]
        assert "\n" not in panel.message["text"]
        assert panel.second is kept
    draw(app, *SEVEN)
    assert panel.bars[1].verdict["text"] != NOTHING_DRAWN
    panel.open(str(good))
    assert panel.message["text"] == ""


def test_a_dialog_that_is_cancelled_changes_nothing(start, monkeypatch):
    app, inspector = start()
    monkeypatch.setattr(compare.filedialog, "askopenfilename", lambda **options: "")
    before = inspector.compare.message["text"]
    inspector._open()
    settle(app)
    assert inspector.compare.second is None
    assert inspector.compare.message["text"] == before


ODD = {
    "no convolution": [Flatten(), Dense(784, 10)],
    "hidden layers": [Flatten(), Dense(784, 6), BatchNorm(6), ReLU(), Dense(6, 10), Softmax()],
    "one big stride": [Conv2D(1, 5, (7, 3), stride=(9, 5), pad=2, bias=False), AvgPool2D(2),
                       Conv2D(5, 10, 1), AvgPool2D((1, 2)), Flatten(), Dense(10, 10, bias=False)],
    "no weights to speak of": [AvgPool2D((28, 3), stride=(28, 3)), Flatten(), Dense(9, 10)],
}  # fmt: skip


def press(app, window, key, until):
    """Press a key in a window until it has done what it should.

    Tk sends keys to the window that has the focus. A display without a window manager, and under
    load, gives it late: what is pressed before then is lost.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        window.focus_force()
        app.update()
        window.event_generate(key)
        settle(app)
        if until():
            return
    pytest.fail(f"{key} did nothing")


def test_its_keys(start, monkeypatch):
    app, inspector = start()
    asked, lifted = [], []
    monkeypatch.setattr(compare.filedialog, "askopenfilename", lambda **how: asked.append(1) or "")
    monkeypatch.setattr(app, "lift", lambda: lifted.append(1))
    press(app, inspector, "<Control-o>", until=lambda: asked)
    assert inspector.panel is inspector.compare
    press(app, inspector, "<F2>", until=lambda: lifted)
    press(app, inspector, "<Control-w>", until=lambda: not inspector.winfo_exists())


def test_a_search_for_one_layer_never_shows_in_another(start, forty_images):
    """Back at a layer that was looked through, while the next one's search goes on."""
    app, inspector = start()
    turn_to(app, inspector, inspector.filters)
    panel = inspector.filters
    settle(app, lambda: not panel.busy)
    first = panel.excited
    other = len(panel.layer["values"]) - 1
    panel.layer.current(other)
    panel.look(0)
    panel.layer.current(0)
    panel.look(panel._network.layers[0].params["w"].shape[-1] - 1)
    settle(app, lambda: not panel.busy)
    np.testing.assert_array_equal(panel.excited[0], first[0])


@pytest.mark.parametrize("name", ODD)
def test_every_panel_shows_any_network(start, forty_images, name):
    app, inspector = start(Sequential(ODD[name]))
    draw(app, *SEVEN)
    for panel in inspector.panels:
        turn_to(app, inspector, panel)
    for layer in range(-1, len(inspector.network.layers)):
        inspector.layers.walls.pick((layer, 0, 0, 0))
        assert inspector.layers.number.text
    for layer in range(len(inspector.network.weighted)):
        inspector.filters.layer.current(layer)
        inspector.filters.look(1)
        settle(app, lambda: not inspector.filters.busy)


def test_a_network_that_overflows_is_shown_and_said_so(start):
    model = Sequential([Flatten(), Dense(784, 10)])
    model.layers[1].params["w"][:] = 3e38
    with np.errstate(all="ignore"):
        app, inspector = start(model)
        draw(app, *SEVEN)
        inspector.layers.walls.pick((1, 0, 0, 2))
    assert "too large" in inspector.layers.number.text


def test_it_can_be_resized(start):
    app, inspector = start()
    draw(app, *SEVEN)
    walls = inspector.layers.walls
    for width in (700, 1000):
        inspector.geometry(f"{width}x600")
        app.update()  # the display answers with the new size, then the walls are laid out
        settle(app, lambda width=width: inspector.winfo_width() == width)
        app.update()
        assert max(tiling.size[0] for tiling in walls._tilings) <= walls.canvas.winfo_width()


def test_text_can_be_read_on_dark_and_light_desktops(start):
    app, inspector = start()
    for background in ("#202020", "#2b303b", "#d9d9d9", "#ffffff"):
        ttk.Style(app).configure("TFrame", background=background)
        inspector.event_generate("<<ThemeChanged>>")
        settle(app)
        palette = Palette.of(inspector)
        assert inspector.layers.walls.canvas["background"] == background
        for paper in (palette.background, palette.paper):
            assert abs(brightness(palette.text) - brightness(paper)) > 120


def test_started_with_inspect_it_is_there_at_once(display, monkeypatch, tmp_path):
    path = tmp_path / "weights.npz"
    small().save(path)
    seen = []

    def mainloop(app):
        seen.append(app._inspector.winfo_exists())
        app.destroy()

    monkeypatch.setattr(gui.App, "mainloop", mainloop)
    assert gui.main(["--inspect", "--weights", str(path)]) == 0
    assert seen == [1]


def test_looking_inside_imports_neither_numba_nor_matplotlib():
    code = "import sys, inspector; assert not {'numba', 'matplotlib'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")

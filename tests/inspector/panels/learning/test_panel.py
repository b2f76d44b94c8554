"""The Learning panel: named, pointed at and played, by pointer and keys."""

import pytest

from inspector.panels.learning import slope
from inspector.panels.learning.layout import GRADIENTS, VALUES
from inspector.panels.learning.rows import Spot
from inspector.panels.learning.steps import stages_of
from nn import Softmax
from nn.explain import backward
from tests.windows import click_number, drag, draw, press, settle, turn_to, wait

SPOTS = [  # a gradient in each layer, and of each kind of parameter
    Spot(-1, "", (9, 10, 0)), Spot(0, "w", (2, 3, 0, 1)), Spot(0, "b", (2,)),
    Spot(0, "", (5, 6, 1)), Spot(1, "", (5, 6, 1)), Spot(2, "", (2, 3, 2)), Spot(3, "gamma", (1,)),
    Spot(3, "beta", (0,)), Spot(3, "", (1, 2, 0)), Spot(4, "w", (1, 2, 2, 0)),
    Spot(4, "", (3, 3, 3)), Spot(5, "", (3, 3, 3)), Spot(6, "", (1, 0, 2)), Spot(7, "", (9,)),
    Spot(8, "", (9,)), Spot(9, "w", (5, 0)), Spot(9, "b", (4,)), Spot(9, "", (7,)),
    Spot(10, "", (4,)),
]  # fmt: skip

WORDS = {  # for the indices of an output, or of a parameter, by their number
    (False, 3): ("row", "column", "channel"), (False, 1): ("",), (True, 1): ("",),
    (True, 4): ("row", "column", "input channel", "output channel"),
}  # fmt: skip

AT_ZERO = {0: (0, 0), 4: (0, 0), 9: ()}  # row and column of an output, by layer


def passed_of(app, panel, label=4):
    """The pass for the drawing, computed anew."""
    image = panel.lesson.passed.values[0]
    return backward.backward_pass(backward.exact(app.model), image, label)


def slope_said(panel):
    """The measured slope on the sheet; None at a kink."""
    words = [line.split() for line in text_of(panel).splitlines()]
    if ["measured:", "no", "slope"] in (line[:3] for line in words):
        return None
    (said,) = (float(line[2]) for line in words if line[:2] == ["measured", "slope"])
    return said


def text_of(panel):
    return panel.sheet.sheet.text


def test_pointing_names_clicking_spells_out_every_gradient(learning, monkeypatch):
    monkeypatch.setattr(slope, "REST", 1)
    app, inspector, panel = learning
    passed, kinks = passed_of(app, panel), 0
    for spot in SPOTS:
        gradient = passed.gradients[spot.layer + 1]
        if spot.name:
            gradient = passed.layers[spot.layer].grads[spot.name]
            if spot.name == "w":  # shown for the output channel that was clicked last
                click_number(
                    panel, Spot(spot.layer, "", (*AT_ZERO[spot.layer], spot.at[-1])), VALUES
                )
        x, y = panel.pass_view.centre_of(spot, GRADIENTS)
        panel.pass_view.canvas.event_generate("<Motion>", x=x, y=y)
        named, _, number = inspector.status["text"].rpartition(", gradient ")
        if spot == Spot(9, "w", (5, 0)):
            assert named.startswith("layer 9 w, channel 1, row 0, column 1, digit 0: ")
        else:
            words = WORDS[bool(spot.name), len(spot.at)]
            assert all(f"{word} {at}" in named for word, at in zip(words, spot.at, strict=True))
        assert float(number) == pytest.approx(gradient[spot.at], rel=1e-3, abs=1e-9)
        click_number(panel, spot, GRADIENTS)
        assert (panel.scene.spot, panel.scene.side) == (spot, GRADIENTS)
        assert panel.sheet.found.value == pytest.approx(gradient[spot.at], rel=1e-9, abs=1e-15)
        settle(app, lambda: not panel.busy)
        measured = slope_said(panel)
        kinks += measured is None
        assert measured in (None, pytest.approx(gradient[spot.at], rel=1e-6, abs=1e-10))
    assert kinks <= 3


def test_values_are_spelled_out_on_the_left(learning):
    app, _, panel = learning
    passed = passed_of(app, panel)
    for spot in SPOTS:
        if spot.name or spot.layer < 0:
            continue
        click_number(panel, spot, VALUES)
        assert panel.scene.side == VALUES
        value = passed.values[spot.layer + 1][spot.at]
        layer = [*app.model.layers, Softmax()][spot.layer]
        assert f"{type(layer).__name__}, " in text_of(panel)
        assert f": {value:.6f}" in text_of(panel).replace("\n", " ")  # as long lines wrap


def test_gradients_follow_the_pen(learning):
    app, _, panel = learning
    spot = Spot(9, "", (7,))
    click_number(panel, spot, GRADIENTS)
    before = panel.sheet.found.value
    draw(app, (60, 200), (250, 210))
    assert panel.sheet.found.value != before
    assert panel.lesson.label == 4, "the label stays"
    p = panel.lesson.passed.values[-1]
    assert panel.sheet.found.value == pytest.approx(p[7])
    app.clear_all()
    settle(app)
    assert panel.lesson.label is None, "the next drawing is another digit"


def test_grids_wait_until_the_pen_rests(learning, monkeypatch):
    app, inspector, panel = learning
    for side in (VALUES, GRADIENTS):
        click_number(
            panel, Spot(4, "", (3, 3, 3)) if side == VALUES else Spot(3, "", (1, 2, 0)), side
        )
        assert "= products" in text_of(panel)
        for rest in (10**6, 1):
            monkeypatch.setattr(slope, "REST", rest)
            before = inspector.refreshes
            drag(app, (60 + 9 * side, 200), (250 - rest % 9, 210))
            settle(app, lambda before=before: inspector.refreshes > before)
            assert rest == 1 or "= products" not in text_of(panel), "the pen moves"
        settle(app, lambda: not panel.busy)
        assert "= products" in text_of(panel)


def test_a_click_on_a_bar_names_the_digit(learning):
    app, inspector, panel = learning
    canvas = inspector.bars.canvas
    bars = [item for item in canvas.find_all() if canvas.type(item) == "rectangle"]
    for digit in (0, 9, 6):
        x0, y0, _, y1 = canvas.coords(bars[digit])
        for x in (x0 - 10, x0 + 60):
            canvas.event_generate("<Button-1>", x=round(x), y=round(y0 + y1) // 2)
            settle(app)
            assert panel.lesson.label == digit
    assert panel.controls.label.get() == 6
    assert f"{panel.lesson.passed.loss:.4f}" in panel.controls.loss["text"]


def test_keys_do_nothing_in_other_panels(learning):
    app, inspector, panel = learning
    turn_to(app, inspector.layers)
    for key in ("<Key-7>", "<space>", "<Return>"):
        inspector.layers.maps.canvas.focus_force()
        inspector.layers.maps.canvas.event_generate(key)
        app.update()
    assert panel.lesson.label == 4
    assert not panel.player.playing
    assert not panel.lesson.changed


def test_space_plays_and_pauses_arrows_step(learning):
    app, _, panel = learning
    canvas, player = panel.pass_view.canvas, panel.player
    press(app, canvas, "<space>", lambda: player.playing)
    settle(app, lambda: player.at >= 2)
    assert [row.layer for row in panel.pass_view.rows] == [-1, 0, 0, 0]
    press(app, canvas, "<space>", lambda: not player.playing)
    assert "1 of" in text_of(panel)
    press(app, canvas, "<Right>", lambda: player.stage == 1)
    press(app, canvas, "<Left>", lambda: player.stage == 0)
    press(app, canvas, "<Down>", lambda: player.at == 1)
    assert panel.scene.spot.at[:2] == (0, 1)
    press(app, canvas, "<End>", lambda: player.stage is None)
    assert len(panel.pass_view.rows) > 12


def test_closing_while_it_plays(learning):
    app, inspector, panel = learning
    panel.play()
    inspector.destroy()
    wait(app)


def test_what_a_stage_computes_is_in_view(learning):
    """In the smallest window, too: it scrolls to where the player is."""
    app, inspector, panel = learning
    inspector.geometry("{}x{}".format(*inspector.minsize()))
    settle(app, lambda: inspector.winfo_height() == inspector.minsize()[1])
    canvas, player = panel.pass_view.canvas, panel.player
    for stage in range(len(stages_of(panel.scene.rows, panel.lesson.passed))):
        player.go(stage)
        panel.shift(3)
        settle(app)
        top = canvas.canvasy(0)
        strong = [f for f in panel.scene.visible(panel.lesson.passed, player)[2] if f.strong]
        for frame in strong:
            _, y0, _, y1 = panel.pass_view._layout.box(frame)
            assert top <= y0, stage
            assert y1 <= top + canvas.winfo_height(), stage
        assert strong, stage


def test_padding_is_named_rows_and_columns_too(learning):
    _, _, panel = learning
    click_number(panel, Spot(4, "", (0, 0, 1)), VALUES)
    canvas = panel.sheet.sheet.canvas
    cells = [canvas.itemcget(i, "text") for i in canvas.find_withtag("cell")]
    assert cells[:9].count("padding") == 5 == cells.count("padding")
    names = [canvas.itemcget(i, "text") for i in canvas.find_withtag("name")]
    assert names == ["-1", "0", "1"] * 2


def test_arrows_step_though_a_tab_has_the_focus(learning):
    app, inspector, panel = learning
    player, tabs = panel.player, inspector.notebook
    press(app, tabs, "<space>", lambda: player.playing)
    press(app, tabs, "<space>", lambda: not player.playing)
    press(app, tabs, "<Right>", lambda: player.stage == 1)
    assert inspector.panel is panel
    press(app, tabs, "<End>", lambda: player.stage is None)
    press(app, tabs, "<Right>", lambda: inspector.panel is not panel)


def test_words_wrap_anew_in_another_width(learning):
    app, _, panel = learning
    narrow, wide = 200, 500

    def lines():
        return text_of(panel).count("\n")

    found = []
    for width in (narrow, wide):
        panel._panes.sashpos(0, panel._panes.winfo_width() - width)
        canvas = panel.sheet.sheet.canvas
        settle(app, lambda w=width, c=canvas: abs(c.winfo_width() - w) < 40)
        found.append(lines())
    assert found[0] > found[1] + 5


def test_headings_are_short_where_there_is_no_room(learning):
    app, _, panel = learning
    panes, view = panel._panes, panel.pass_view
    for width, heading in ((260, "gradients"), (700, "gradients of the loss, backward")):
        panes.sashpos(0, width)
        settle(app, lambda heading=heading: view._heads[1]["text"] == heading)


def test_the_sum_builds_up_term_by_term(learning):
    """The first convolution has 25 products and a bias; a quarter of the way, 8 are there."""
    _, _, panel = learning
    panel.turn(1)
    numbers = []
    for share in (0.0, 0.25, 0.999):
        panel.player.position, panel.player.playing = 30 + share, True
        panel.show(panel._snapshot)
        canvas = panel.sheet.sheet.canvas
        named = canvas.find_withtag("name")  # rows and columns
        texts = [i for i in canvas.find_all() if canvas.type(i) == "text" and i not in named]
        numbers.append(sum(is_number(canvas.itemcget(i, "text")) for i in texts))
        assert ("so far" in text_of(panel)) == (share < 0.9)
    panel.player.playing = False
    assert numbers == [2 * 25, 2 * 25 + 7, 3 * 25], "patch, kernel and as many products"


def is_number(text):
    return text.strip("-").replace(".", "", 1).isdigit()


def test_every_stage_can_be_shown(learning):
    app, _, panel = learning
    for _ in range(len(panel.player.stages)):
        panel.turn(1)
        assert text_of(panel)
        settle(app)
    panel.turn(1)
    assert panel.player.stage is None

"""The wheel scrolls every list of the inside, however the system reports it."""

import pytest

from inspector.parts.wheel import bind_wheel
from tests.conftest import need
from tests.windows import SEVEN, draw, press, settle, turn_to

tk = need("tkinter")

UP, DOWN = ("<Button-4>", {}), ("<Button-5>", {})
UPWARDS, DOWNWARDS = ("<MouseWheel>", {"delta": 120}), ("<MouseWheel>", {"delta": -120})


def test_each_system_turns_both_ways(display):
    root, turns = tk.Tk(), []
    try:
        bind_wheel(root, turns.append)
        bind_wheel(root, lambda step: turns.append(10 * step), "Control")
        root.update()
        for event, how in (UP, DOWN, UPWARDS, DOWNWARDS):
            root.event_generate(event, **how)
            root.event_generate(event, state=4, **how)  # with Control
        assert turns == [-1, -10, 1, 10] * 2
    finally:
        root.destroy()


@pytest.mark.parametrize("down", [DOWN, DOWNWARDS], ids=["buttons", "wheel"])
def test_every_list_scrolls(start, down):
    app, inspector = start()
    draw(app, *SEVEN)
    inspector.geometry("{}x{}".format(*inspector.minsize()))
    settle(app, lambda: inspector.winfo_height() == inspector.minsize()[1])
    turn_to(app, inspector.layers)
    inspector.layers.maps.select((9, 0, 0, 7))
    settle(app)
    assert_scrolls(inspector.layers.maps.canvas, *down)
    assert_scrolls(inspector.layers.arithmetic.sheet.canvas, *down)
    panel = inspector.learning
    turn_to(app, panel)
    press(app, panel.pass_view.canvas, "<Return>", lambda: panel.step.report)
    settle(app)
    assert_scrolls(panel.pass_view.canvas, *down)
    assert_scrolls(panel.step.canvas, *down)


def assert_scrolls(canvas, event, how):
    before = canvas.yview()
    assert before[1] < 1, "there is something to scroll"
    canvas.event_generate(event, **how)
    assert canvas.yview() > before

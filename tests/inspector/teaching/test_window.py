"""The list of what was taught: its buttons, keys and dialogs."""

import numpy as np
import pytest

from inspector.teaching import window as teach
from tests.windows import SEVEN, drag, find, learned, press, reading, settle
from weights.hand.store import Hand


@pytest.fixture
def inside(app):
    drag(app, *SEVEN)
    app.inspect()
    settle(app)
    return app.inspector


def taught_window(app, inspector):
    find(inspector, "Teach (T)").invoke()
    settle(app)
    (window,) = [w for w in inspector.winfo_children() if isinstance(w, teach.TaughtWindow)]
    return window


def test_a_button_in_the_inspector_teaches(app, inside, hand):
    window = taught_window(app, inside)
    label = (reading(app) + 1) % 10
    find(window, str(label)).invoke()
    learned(app)
    settle(app)
    assert reading(app) == label
    assert inside.network.model.layers[-2].params["w"] is app.model.layers[-1].params["w"]
    assert [window.list.set(item, "label") for item in window.list.get_children()] == [str(label)]
    window.list.selection_set(window.list.get_children())
    find(window, "Remove").invoke()
    learned(app)
    assert window.list.get_children() == ()
    assert hand.drawings() == []


def test_digit_keys_teach_in_the_list(app, inside, hand):
    window = taught_window(app, inside)
    press(app, window, "<Key-4>", until=lambda: app.lessons.busy or app.lessons.drawings)
    learned(app)
    assert [drawing.label for drawing in hand.drawings()] == [4]


def test_forgetting_all_asks_first(app, inside, hand, monkeypatch):
    window = taught_window(app, inside)
    window.teach(4)
    learned(app)
    for confirmed, left in ((False, 1), (True, 0)):
        monkeypatch.setattr(teach.messagebox, "askokcancel", lambda *a, c=confirmed, **k: c)
        window.reset()
        learned(app)
        assert len(hand.drawings()) == len(window.list.get_children()) == left
    assert hand.path.with_suffix(".json.old").exists()


def test_drawings_are_exported_and_imported(app, inside, hand, tmp_path, monkeypatch):
    window = taught_window(app, inside)
    window.teach(4)
    learned(app)
    for name in ("out.json", "out.npz"):
        path = str(tmp_path / name)
        monkeypatch.setattr(teach.filedialog, "asksaveasfilename", lambda path=path, **k: path)
        window.export()
        learned(app)
    assert len(Hand(tmp_path / "out.json").drawings()) == 1
    exported = type(app.model).load(tmp_path / "out.npz")
    np.testing.assert_array_equal(exported.layers[-1].params["w"], app.model.layers[-1].params["w"])
    window.remove()
    monkeypatch.setattr(teach.messagebox, "askokcancel", lambda *a, **k: True)
    window.reset()
    learned(app)
    out = str(tmp_path / "out.json")
    monkeypatch.setattr(teach.filedialog, "askopenfilename", lambda **k: out)
    window.include()
    learned(app)
    assert len(window.list.get_children()) == 1


def test_a_cancelled_dialog_changes_nothing(app, inside, hand, monkeypatch):
    window = taught_window(app, inside)
    for name in ("asksaveasfilename", "askopenfilename"):
        monkeypatch.setattr(teach.filedialog, name, lambda **options: "")
    window.export()
    window.include()
    window.remove()
    assert not app.lessons.busy
    assert not hand.path.exists()

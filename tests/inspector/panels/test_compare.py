"""The panel of two networks: a second one reads the same drawing; bad files change nothing."""

import numpy as np

from inspector.panels import compare
from inspector.parts.probabilities import NOTHING_DRAWN, describe_answer
from nn import Dense, Flatten, Sequential, Softmax
from tests.windows import (
    SEVEN,
    draw,
    find,
    network_input,
    press,
    probabilities_of,
    settle,
    small_network,
    turn_to,
    wait,
)


def test_a_second_network_reads_the_same_drawing(start, tmp_path, monkeypatch):
    app, inspector = start()
    draw(app, *SEVEN)
    other = Sequential([Flatten(), Dense(784, 10, rng=np.random.default_rng(9)), Softmax()])
    path = tmp_path / "other.npz"
    other.save(path)
    monkeypatch.setattr(compare.filedialog, "askopenfilename", lambda **options: str(path))
    panel = inspector.compare
    turn_to(app, panel)
    first, second = panel.bars
    settle(app, first.winfo_ismapped)
    assert not second.winfo_ismapped()

    def is_taken():  # a key pressed again would have the file read anew
        return panel.message["text"].startswith("reading ") or panel.second is not None

    press(app, inspector, "<Control-o>", until=is_taken)
    settle(app, second.winfo_ismapped)
    (theirs,) = other.predict_proba(network_input(app))
    assert first.answer["text"] == describe_answer(probabilities_of(app))
    assert second.answer["text"] == describe_answer(theirs)
    assert [name["text"] for name in panel.names] == [
        "the current network: 366 parameters", "other.npz: 7,850 parameters"
    ]  # fmt: skip


def opened(app, panel, path):
    """Open a file and wait until its thread has read it."""
    panel.open(str(path))
    settle(app, lambda: not panel.message["text"].startswith("reading "))


def test_a_bad_file_is_one_line(start, tmp_path):
    """The second network that was opened before stays."""
    app, inspector = start()
    good, bad = tmp_path / "good.npz", tmp_path / "bad.npz"
    small_network(1).save(good)
    panel = inspector.compare
    turn_to(app, panel)
    opened(app, panel, good)
    kept = panel.second
    for content in (None, b"", b"not a network", b"PK\x03\x04 broken"):
        if content is not None:
            bad.write_bytes(content)
        opened(app, panel, bad)
        assert str(bad) in panel.message["text"]
        assert "\n" not in panel.message["text"]
        assert panel.second is kept
    draw(app, *SEVEN)
    assert panel.bars[1].answer["text"] != NOTHING_DRAWN
    opened(app, panel, good)
    assert panel.message["text"] == ""


def test_closing_while_a_file_is_read(start, monkeypatch, tmp_path):
    monkeypatch.setattr(compare, "READING_MS", 1)
    app, inspector = start()
    inspector.compare.open(str(tmp_path / "missing.npz"))
    inspector.destroy()
    wait(app)


def test_a_cancelled_dialog_changes_nothing(start, monkeypatch):
    app, inspector = start()
    asked = []
    monkeypatch.setattr(
        compare.filedialog, "askopenfilename", lambda **options: asked.append(options) or ""
    )
    panel = inspector.compare
    turn_to(app, panel)
    before = panel.message["text"]
    find(panel, "Open a network (Ctrl+O)").invoke()
    assert len(asked) == 1
    assert panel.second is None
    assert panel.message["text"] == before

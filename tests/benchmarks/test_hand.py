"""The command that lets each writer teach a network of their own."""

import json

import numpy as np
import pytest

from benchmarks import hand
from nn import Dense, Flatten, Sequential
from weights.hand import rehearsal

STROKES = {1: "250 400\n250 100", 7: "100 400\n400 400\n250 100"}


def unipen(digits):
    """UNIPEN text of digits: (writer, label, what the strokes look like)."""
    lines = []
    for i, (writer, label, look) in enumerate(digits):
        lines += [f'.SEGMENT DIGIT 0 ? "{label}"', f".COMMENT {label} {writer} {i}"]
        lines += [".PEN_DOWN", *STROKES[look].split("\n"), ".PEN_UP"]
    return "\n".join(lines)


@pytest.fixture
def pen(tmp_path):
    """Writers 1 and 2 write ones and sevens; writer 3 makes the 1 like others their 7."""
    plain = [(1, 1), (7, 7)] * 4
    odd = [(1, 7)] * 8
    digits = [(writer, *digit) for writer, all_of in ((1, plain), (2, plain), (3, odd))
              for digit in all_of]  # fmt: skip
    path = tmp_path / "pen.txt"
    path.write_text(unipen(digits))
    return path


@pytest.fixture
def network(tmp_path, monkeypatch):
    """A network, in a file, that reads ones and sevens; MNIST is a few digits of noise here."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, 28, 28)).astype(np.uint8)
    monkeypatch.setattr(rehearsal, "cache_file", lambda: tmp_path / "rehearsal.npz")
    monkeypatch.setattr(rehearsal, "digits", lambda count: images)
    monkeypatch.setattr(hand.mnist, "load", lambda split: (images, rng.integers(0, 10, 60)))
    model = Sequential([Flatten(), Dense(784, 10)])
    w, b = model.layers[1].params.values()
    w[...] = b[...] = 0
    for label in (1, 7):
        points = [tuple(map(float, line.split())) for line in STROKES[label].split("\n")]
        stroke = [np.array([(0.6 * x, 300 - 0.6 * y) for x, y in points])]
        w[:, label] = hand.from_strokes(stroke).ravel() / 10
        b[label] = -(w[:, label] ** 2).sum() * 5
    model.save(tmp_path / "network.npz")
    return str(tmp_path / "network.npz")


def test_the_writer_who_is_misread_teaches(pen, network, tmp_path, capsys):
    path = tmp_path / "hand.json"
    assert hand.main([str(pen), "--weights", network, "--json", str(path)]) == 0
    figures = json.loads(path.read_text())
    rows = {row["writer"]: row for row in figures["writers"]}
    assert [rows[k]["errors_before"] for k in (1, 2, 3)] == [0, 0, 4]
    assert [rows[k]["corrections"] for k in (1, 2, 3)] == [0, 0, 1], "the first sufficed"
    assert [rows[k]["errors_after"] for k in (1, 2, 3)] == [0, 0, 0]
    assert figures["worst_third"] == {"before": 4, "after": 0, "writers": [3]}
    assert figures["taught"] == {"before": 4, "after": 0, "writers": [3]}
    assert figures["all"] == {"before": 4, "after": 0}
    assert figures["foreseen"] == 4
    changes = [0, 0, rows[3]["others_after"] - 1]
    assert rows[3]["others_before"] == 1
    assert figures["others_change"]["mean"] == pytest.approx(sum(changes) / 3)
    assert figures["others_change"]["least"] == pytest.approx(min(changes))
    printed = capsys.readouterr().out
    assert "worst third, writers 3: 4 errors before, 0 after" in printed
    assert "a correction: median " in printed


def test_at_most_five_corrections_a_digit(network, tmp_path, monkeypatch):
    """A teacher that never learns is asked five times."""
    path = tmp_path / "pen.txt"
    path.write_text(unipen([(4, 1, 7)] * 20))
    asked = []

    def forget(self, label, read_as, strokes):
        asked.append((label, read_as))
        return self.model

    monkeypatch.setattr(hand.Teacher, "teach", forget)
    assert hand.main([str(path), "--weights", network]) == 0
    assert asked == [(1, 7)] * hand.MOST


def test_odd_leaves_even_writers_and_test_images(pen, network, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    images, labels = (
        rng.integers(0, 256, (6000, 28, 28)).astype(np.uint8),
        rng.integers(0, 10, 6000),
    )
    splits = []
    monkeypatch.setattr(hand.mnist, "load", lambda split: splits.append(split) or (images, labels))
    path = tmp_path / "hand.json"
    assert hand.main([str(pen), "--weights", network, "--odd", "--json", str(path)]) == 0
    assert [row["writer"] for row in json.loads(path.read_text())["writers"]] == [1, 3]
    assert splits == ["train"]


def test_rehearsed_images_are_not_validated(monkeypatch):
    images = np.arange(6000)[:, None, None] * np.ones((1, 28, 28), int)
    monkeypatch.setattr(hand.mnist, "load", lambda split: (images, np.zeros(6000, int)))
    found, _ = hand._mnist(True)
    rehearsed = rehearsal.chosen(6000, rehearsal.COUNT)
    assert 500 < len(found) < 800
    assert not set(found[:, 0, 0]) & set(rehearsed.tolist())


def test_bad_files_give_one_line_and_status_2(pen, network, tmp_path, capsys):
    (tmp_path / "bad.txt").write_text("nothing")
    nobody = pen.read_text().replace(".COMMENT", ".NOTHING")
    (tmp_path / "nobody.txt").write_text(nobody)
    for arguments in (
        [str(tmp_path / "none.gz")],
        [str(tmp_path / "bad.txt")],
        [str(tmp_path / "nobody.txt")],
        [str(pen), "--weights", str(tmp_path / "bad.txt")],
    ):
        assert hand.main(["--weights", network, *arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("benchmarks.hand: ")
        assert str(tmp_path) in line

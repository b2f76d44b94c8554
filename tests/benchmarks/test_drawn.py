"""The command that measures the accuracy on drawn digits."""

import json

import numpy as np
import pytest

from benchmarks import drawn
from data.synthetic import handwriting


@pytest.fixture
def pen(tmp_path):
    """Synthetic digits of two writers as UNIPEN text: y up, on a tablet of 500 units."""
    lines = []
    for i, label in enumerate([*range(10), *range(10)]):
        lines.append(f'.SEGMENT DIGIT 0 ? "{label}"')
        lines.append(f".COMMENT {label} {1 if i in (3, 4) else 2} {i}")
        for stroke in handwriting.digit(label, np.random.default_rng(len(lines))):
            points = [f"{x / 0.6:.0f} {500 - y / 0.6:.0f}" for x, y in stroke]
            lines += [".PEN_DOWN", *points, ".PEN_UP"]
    (tmp_path / "pen.txt").write_text("\n".join(lines))
    return tmp_path / "pen.txt"


def test_figures_are_printed_and_written(pen, always_three, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(drawn, "NO_DIGITS", 3)
    arguments = [str(pen), "--weights", str(always_three), "--picture", str(tmp_path / "worst.png")]
    assert drawn.main([*arguments, "--json", str(tmp_path / "drawn.json")]) == 0
    printed = capsys.readouterr().out
    figures = json.loads((tmp_path / "drawn.json").read_text())
    assert figures["as drawn"]["strokes"] == 0.1
    assert figures["by_digit"] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert figures["calibration_error"] == pytest.approx(0.6429 - 0.1, abs=1e-3)
    assert figures["others"]["all of them"]["auroc"] == 0.5, "all alike"
    assert figures["writers"] == {
        "by_number": {"1": 0.5, "2": 1 / 18},
        "odd": {"mean": 0.5, "worst": 0.5, "writer": 1},
        "even": {"mean": 1 / 18, "worst": 1 / 18, "writer": 2},
    }
    assert "1 even writers: mean 5.56%, worst 5.6% (2)" in printed
    assert figures["deformed"] == 0.5, "of the odd writer, who wrote a 3 and a 4"
    assert "deformed 4 times: 50.00% (3: 100.0%, 4: 0.0%)" in printed
    assert "20 digits" in printed
    assert "as drawn  " in printed
    assert (tmp_path / "worst.png").stat().st_size > 1000


def test_mean_and_worst_are_over_writers():
    right = np.array([1, 1, 1, 0, 0, 1, 1, 1, 1, 0], bool)
    writers = np.array([1, 1, 1, 1, 3, 3, 2, 2, 4, 4])
    assert drawn.print_writers(right, writers) == {
        "by_number": {1: 0.75, 2: 1.0, 3: 0.5, 4: 0.5},
        "odd": {"mean": 0.625, "worst": 0.5, "writer": 3},
        "even": {"mean": 0.75, "worst": 0.5, "writer": 4},
    }


def test_a_file_without_writers_has_no_such_figures(capsys):
    assert drawn.print_writers(np.ones(3, bool), np.zeros(3, int)) == {}
    assert capsys.readouterr().out == ""


def test_mistakes_of_even_writers_are_not_drawn(pen, always_three, tmp_path, monkeypatch):
    monkeypatch.setattr(drawn, "NO_DIGITS", 3)
    seen = []
    monkeypatch.setattr(drawn.report, "mistakes", lambda *given: seen.append(given))
    assert drawn.main([str(pen), "--weights", str(always_three)]) == 0
    ((images, labels, proba, _),) = seen
    assert labels.tolist() == [3, 4]
    assert len(images) == len(proba) == 2


def test_bad_files_give_one_line_and_status_2(pen, always_three, tmp_path, capsys):
    (tmp_path / "bad.txt").write_text("nothing")
    for arguments in (
        [str(tmp_path / "none.gz")],
        [str(tmp_path / "bad.txt"), "--weights", str(always_three)],
        [str(pen), "--weights", str(tmp_path / "bad.txt")],
    ):
        assert drawn.main(arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("benchmarks.drawn: ")
        assert str(tmp_path) in line

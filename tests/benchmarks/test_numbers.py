"""The command that measures the accuracy on numbers."""

import json

import numpy as np
import pytest

from benchmarks import numbers
from benchmarks.accuracy import number_pictures as made
from benchmarks.accuracy.numbers import GAPS, TALL, TOUCHING, clearance, dense, written
from data.synthetic import handwriting


def synthetic(text, seed=0):
    rng = np.random.default_rng(seed)
    return [(int(digit), handwriting.digit(int(digit), rng)) for digit in text]


def gaps_of(spacing):
    """The gaps between the boxes and between the lines of two digits, of many numbers."""
    boxes, lines = [], []
    for seed in range(20):
        digits = synthetic("38", seed)
        strokes = written(digits, np.random.default_rng(seed), spacing).strokes
        first = dense(strokes[: len(digits[0][1])])
        second = dense(strokes[len(digits[0][1]) :])
        boxes.append((second[:, 0].min() - first[:, 0].max()) / TALL)
        lines.append(clearance(first, second))
    return np.array(boxes), np.array(lines)


@pytest.mark.parametrize("spacing", GAPS)
def test_digits_apart_do_not_touch(spacing):
    boxes, lines = gaps_of(spacing)
    assert lines.min() > 10
    assert boxes.min() >= GAPS[spacing][0] - 1e-6


def test_touching_digits_touch():
    _, lines = gaps_of(TOUCHING)
    assert np.mean(lines <= 8) > 0.8, "lines of 8 pixels meet"


def test_a_number_fits_the_canvas():
    drawing = written(synthetic("0123456789"), np.random.default_rng(0), "normal").on_canvas()
    points = np.concatenate(drawing)
    np.testing.assert_array_equal(points, np.rint(points))
    assert points.min() >= 0
    assert points.max() <= 300


def test_comparison_counts_right_and_invented():
    assert made.compare("12345", "12345") == (5, 0)
    assert made.compare("12345", "1245") == (4, 0)
    assert made.compare("12345", "123745") == (5, 1)
    assert made.compare("12345", "12945") == (4, 0)


@pytest.fixture
def pen(tmp_path):
    """Synthetic digits of a writer as UNIPEN text."""
    lines = []
    for label in range(10):
        lines += [f'.SEGMENT DIGIT 0 ? "{label}"', f".COMMENT {label} 3 1"]
        for stroke in handwriting.digit(label, np.random.default_rng(label)):
            points = [f"{x / 0.6:.0f} {500 - y / 0.6:.0f}" for x, y in stroke]
            lines += [".PEN_DOWN", *points, ".PEN_UP"]
    (tmp_path / "pen.txt").write_text("\n".join(lines))
    return str(tmp_path / "pen.txt")


@pytest.fixture
def few(monkeypatch):
    digits = handwriting.batch(60, np.random.default_rng(0))
    monkeypatch.setattr(numbers.mnist, "load", lambda part, folder: digits)
    monkeypatch.setattr(numbers, "SHEETS", 1)


def test_figures_are_printed_and_written(pen, few, tmp_path, capsys):
    path = tmp_path / "numbers.json"
    arguments = [pen, "--numbers", "4", "--lengths", "1", "3", "--json", str(path)]
    assert numbers.main(arguments) == 0
    printed = capsys.readouterr().out
    figures = json.loads(path.read_text())
    assert set(figures["from strokes"]) == {"1", "3"}
    assert set(figures["from strokes"]["3"]) == {*GAPS, TOUCHING}
    assert figures["from strokes"]["3"]["wide"] >= 0.5
    assert figures["single digits"]["digits"] == 10
    assert set(figures["signs"]) == set(made.PATTERNS)
    assert figures["sheets"]["clean"]["right"] > 0.8
    for part in ("from strokes", "from pictures of strokes", "single digits", "sheets of 30"):
        assert part in printed


def test_parts_are_measured_alone(pen, few, tmp_path, capsys):
    path = tmp_path / "numbers.json"
    arguments = [pen, "--numbers", "1", "--parts", "signs", "singles", "--json", str(path)]
    assert numbers.main(arguments) == 0
    printed = capsys.readouterr().out
    assert set(json.loads(path.read_text())) == {"read apart", "single digits", "signs"}
    assert printed.index("(singles: ") < printed.index("(signs: ")
    assert "(lengths: " not in printed


def test_a_network_that_reads_three_is_measured(pen, few, always_three, tmp_path, capsys):
    path = tmp_path / "numbers.json"
    arguments = [pen, "--numbers", "1", "--lengths", "1", "--weights", str(always_three)]
    assert numbers.main([*arguments, "--json", str(path)]) == 0
    figures = json.loads(path.read_text())
    assert figures["read apart"] == 0.1
    assert figures["single digits"]["wrong as one"] == 9


def test_bad_files_give_one_line_and_status_2(few, tmp_path, capsys):
    (tmp_path / "bad.txt").write_text("nothing")
    for name in ("none.gz", "bad.txt"):
        assert numbers.main([str(tmp_path / name)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("benchmarks.numbers: ")
        assert name in line

"""The command that measures the accuracy on scans."""

import json

import numpy as np
import pytest

from benchmarks import scans
from benchmarks.accuracy import scans as scanned
from data.synthetic import handwriting
from experiment.digits import held_out


def test_accuracy_is_that_of_held_out_images(always_three, tmp_path, monkeypatch, capsys):
    images, labels = handwriting.batch(120, np.random.default_rng(0))
    monkeypatch.setattr(scans.mnist, "load", lambda part, folder: (images, labels))
    path = tmp_path / "scans.json"
    assert scans.main(["--weights", str(always_three), "--images", "15", "--json", str(path)]) == 0
    threes = (labels[held_out(120)[0][:15]] == 3).mean()
    figures = json.loads(path.read_text())
    assert figures.keys() == scanned.KINDS.keys()
    for shares in figures.values():
        assert shares == {"light on dark": threes, "dark on light": threes}
    assert "15 validation images" in capsys.readouterr().out


def test_each_scan_is_read_on_both_papers(always_three, monkeypatch):
    images, labels = handwriting.batch(120, np.random.default_rng(0))
    monkeypatch.setattr(scans.mnist, "load", lambda part, folder: (images, labels))
    seen, read = [], scanned.from_image
    monkeypatch.setattr(
        scanned, "from_image", lambda image: (seen.append(np.asarray(image)), read(image))[1]
    )
    assert scans.main(["--weights", str(always_three), "--images", "4"]) == 0
    held, _ = held_out(120)
    for k, scan in enumerate(scanned.KINDS.values()):
        for i, digit in enumerate(images[held[:4]]):
            light, dark = seen[8 * k + i], seen[8 * k + 4 + i]
            np.testing.assert_array_equal(light, scan(digit))
            np.testing.assert_array_equal(dark, 255 - light)


def test_the_shipped_network_reads_scans(tmp_path, monkeypatch, capsys):
    images, labels = handwriting.batch(120, np.random.default_rng(0))
    monkeypatch.setattr(scans.mnist, "load", lambda part, folder: (images, labels))
    path = tmp_path / "scans.json"
    assert scans.main(["--json", str(path)]) == 0
    for name, shares in json.loads(path.read_text()).items():
        assert min(shares.values()) > (0.6 if "stretched" in name or "touch" in name else 0.8)


@pytest.fixture
def optdigits(tmp_path):
    """Six scans of an upright bar, labelled 3 3 1 3 1 1."""
    bar = "\n".join(["0" * 14 + "1111" + "0" * 14] * 32)
    (tmp_path / "opt.txt").write_text("\n".join(f"{bar}\n {label}" for label in (3, 3, 1, 3, 1, 1)))
    return tmp_path / "opt.txt"


def test_optdigits_are_measured_in_halves(optdigits, always_three, tmp_path, monkeypatch, capsys):
    images, labels = handwriting.batch(120, np.random.default_rng(0))
    monkeypatch.setattr(scans.mnist, "load", lambda part, folder: (images, labels))
    seen = []
    monkeypatch.setattr(scans.report, "mistakes", lambda *given: seen.append(given))
    path = tmp_path / "scans.json"
    arguments = ["--weights", str(always_three), "--images", "2", "--json", str(path)]
    assert scans.main([*arguments, "--optdigits", str(optdigits)]) == 0
    halves = json.loads(path.read_text())["optdigits"]
    assert halves == {"first half": pytest.approx(2 / 3), "second half": pytest.approx(1 / 3)}
    assert "6 scans of optdigits: first half 66.67%, second half 33.33%" in capsys.readouterr().out
    ((_, shown, _, _),) = seen
    assert shown.tolist() == [3, 3, 1], "the second half is not looked at"


def test_bad_scans_are_reported_in_one_line(always_three, tmp_path, monkeypatch, capsys):
    images, labels = handwriting.batch(120, np.random.default_rng(0))
    monkeypatch.setattr(scans.mnist, "load", lambda part, folder: (images, labels))
    for name in ("none.gz", "three.npz"):
        arguments = ["--weights", str(always_three), "--optdigits", str(tmp_path / name)]
        assert scans.main(arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("benchmarks.scans: ")
        assert name in line


def test_a_bad_network_is_reported_in_one_line(tmp_path, capsys):
    assert scans.main(["--weights", str(tmp_path / "none.npz")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "none.npz" in line

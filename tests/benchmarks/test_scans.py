"""Scans of other sources: what they look like, what is counted, what is refused."""

import json

import numpy as np

import train
from benchmarks import scans
from data.synthetic import handwriting

DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[4:24, 10:15] = 200  # a stroke of 20 x 5


def test_greys_keep_the_shape_and_stand_in_the_middle():
    scan = scans.greys(DIGIT)
    expected = np.zeros((16, 16), np.uint8)
    expected[:, 6:10] = 200  # 16 x 4
    np.testing.assert_array_equal(scan, expected)


def test_stretched_fills_the_square():
    np.testing.assert_array_equal(scans.stretched(DIGIT), np.full((16, 16), 200))


def test_two_tones_are_two():
    scan = scans.two_tones(np.where(DIGIT > 0, np.arange(28, dtype=np.uint8) * 9, 0))
    assert scan.shape == (32, 32)
    assert set(np.unique(scan)) == {0, 255}
    # The columns, 90 to 126 of 255, become 8 pixels; those of more than 110 are the right ones.
    columns = np.flatnonzero(scan.any(axis=0))
    assert 15 <= columns[0] <= 17
    assert columns[-1] == 19


def test_reads_held_out_images_on_both_papers(always_three, tmp_path, monkeypatch, capsys):
    images, labels = handwriting.batch(120, np.random.default_rng(0))
    monkeypatch.setattr(scans.mnist, "load", lambda part, folder: (images, labels))
    path = tmp_path / "scans.json"
    assert scans.main(["--weights", str(always_three), "--images", "15", "--json", str(path)]) == 0
    threes = (labels[train.held_out(120)[0][:15]] == 3).mean()
    figures = json.loads(path.read_text())
    assert figures.keys() == scans.KINDS.keys()
    for shares in figures.values():
        assert shares == {"light on dark": threes, "dark on light": threes}
    assert "15 validation images" in capsys.readouterr().out


def test_each_scan_is_seen_light_on_dark_and_then_dark_on_light(always_three, monkeypatch):
    images, labels = handwriting.batch(120, np.random.default_rng(0))
    monkeypatch.setattr(scans.mnist, "load", lambda part, folder: (images, labels))
    seen, read = [], scans.from_image
    monkeypatch.setattr(
        scans, "from_image", lambda image: (seen.append(np.asarray(image)), read(image))[1]
    )
    assert scans.main(["--weights", str(always_three), "--images", "4"]) == 0
    held, _ = train.held_out(120)
    for k, scan in enumerate(scans.KINDS.values()):
        for i, digit in enumerate(images[held[:4]]):
            light, dark = seen[8 * k + i], seen[8 * k + 4 + i]
            np.testing.assert_array_equal(light, scan(digit))
            np.testing.assert_array_equal(dark, 255 - light)


def test_the_shipped_network_reads_them(tmp_path, monkeypatch, capsys):
    images, labels = handwriting.batch(120, np.random.default_rng(0))
    monkeypatch.setattr(scans.mnist, "load", lambda part, folder: (images, labels))
    path = tmp_path / "scans.json"
    assert scans.main(["--json", str(path)]) == 0
    for name, shares in json.loads(path.read_text()).items():
        assert min(shares.values()) > (0.6 if "stretched" in name else 0.8)


def test_what_is_no_network_is_one_line_and_status_2(tmp_path, capsys):
    assert scans.main(["--weights", str(tmp_path / "none.npz")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "none.npz" in line

"""The command that measures the accuracy on pictures as people take them."""

import json

import numpy as np
import pytest

from benchmarks import photos
from benchmarks.accuracy import photos as made
from data.synthetic import handwriting
from experiment.digits import held_out


@pytest.fixture
def digits(monkeypatch):
    images, labels = handwriting.batch(120, np.random.default_rng(0))
    monkeypatch.setattr(photos.mnist, "load", lambda part, folder: (images, labels))
    return images, labels


@pytest.mark.parametrize("kind", made.SCENES)
def test_pictures_are_the_same_every_time(kind, digits):
    first, second = (list(made.pictures(kind, 2, *digits)) for _ in range(2))
    assert [label for label, _ in first] == [label for label, _ in second]
    for (_, a), (_, b) in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.ptp(np.asarray(a.convert("RGBA"))) > 40, "there is something on it"


def test_accuracy_is_the_share_of_the_label(always_three, digits, tmp_path, capsys):
    path = tmp_path / "photos.json"
    arguments = ["--weights", str(always_three), "--images", "12", "--kinds", "on a screen"]
    assert photos.main([*arguments, "--json", str(path)]) == 0
    (figures,) = json.loads(path.read_text()).values()
    held = held_out(120)[0]
    some = (part[held] for part in digits)
    labels = [label for label, _ in made.pictures("drawn on a screen", 12, *some)]
    assert figures == {"accuracy": labels.count(3) / 12, "no_digit": 0}
    assert "12 pictures" in capsys.readouterr().out


def test_shipped_network_reads_what_people_have(digits, tmp_path):
    path = tmp_path / "photos.json"
    assert photos.main(["--images", "4", "--kinds", "paper", "--json", str(path)]) == 0
    for figures in json.loads(path.read_text()).values():
        assert figures["accuracy"] >= 0.75


def test_default_is_two_thousand_pictures():
    assert 100 * len(made.SCENES) >= 2_000


def test_unknown_kind_is_reported(capsys):
    with pytest.raises(SystemExit):
        photos.main(["--kinds", "seen on the moon"])
    assert "seen on the moon" in capsys.readouterr().err


def test_missing_network_is_reported_in_one_line(digits, tmp_path, capsys):
    assert photos.main(["--weights", str(tmp_path / "none.npz")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "none.npz" in line

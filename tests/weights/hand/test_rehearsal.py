"""Digits that are rehearsed: MNIST's or synthetic ones; their features are computed once."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data import mnist
from data.errors import DataError
from nn.training import vote
from weights.hand import rehearsal

ROOT = Path(__file__).parents[3]


@pytest.fixture
def computed(monkeypatch):
    """The calls that compute features."""
    calls, real = [], vote.features
    monkeypatch.setattr(vote, "features", lambda *given: calls.append(given) or real(*given))
    return calls


def test_features_are_computed_once(cache, model, computed):
    first = rehearsal.load(model)
    assert first.shape == (50, 144)
    np.testing.assert_array_equal(rehearsal.load(model), first)
    assert len(computed) == 1
    images = rehearsal.digits(50)
    (_, taken) = computed[0]
    assert (taken == images).all()


def test_another_network_has_other_features(cache, model, other_model, computed):
    first = rehearsal.load(model)
    assert not np.allclose(rehearsal.load(other_model), first)
    assert len(computed) == 2


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_a_damaged_cache_is_made_anew(cache, model, computed, content):
    first = rehearsal.load(model)
    cache.write_bytes(content)
    np.testing.assert_array_equal(rehearsal.load(model), first)
    np.testing.assert_array_equal(rehearsal.load(model), first)
    assert len(computed) == 2


def test_features_need_no_place_to_keep_them(cache, model, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(rehearsal, "cache_file", lambda: tmp_path / "file" / "rehearsal.npz")
    assert rehearsal.load(model).shape == (50, 144)


def test_wide_networks_rehearse_fewer_digits(cache, model, monkeypatch):
    asked = []
    monkeypatch.setattr(rehearsal, "MOST_FLOATS", 144 * 7 + 5)
    monkeypatch.setattr(
        rehearsal, "digits", lambda count: asked.append(count) or np.zeros((count, 28, 28))
    )
    assert rehearsal.load(model).shape == (7, 144)
    assert asked == [7]


def test_training_digits_of_mnist_are_taken(mnist_dir):
    images, _ = mnist.load("train", mnist_dir)
    found = rehearsal.digits(30)
    indices = rehearsal.chosen(len(images), 30)
    assert len(set(indices.tolist())) == 30
    np.testing.assert_array_equal(found, images[indices])


WITHOUT_MNIST = """
import sys
from weights.hand import rehearsal
images = rehearsal.digits(20)
assert images.shape == (20, 28, 28) and images.dtype == "uint8"
assert (images.max(axis=(1, 2)) > 100).all(), "no ink"
assert "numba" not in sys.modules
"""


def test_without_mnist_synthetic_digits_are_drawn(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_MNIST], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_digits_at_all_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    monkeypatch.setattr(rehearsal, "DRAW", "raise SystemExit(3)")
    with pytest.raises(DataError, match="set MNIST_DIR"):
        rehearsal.digits(20)

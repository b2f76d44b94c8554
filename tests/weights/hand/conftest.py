"""A small network, a hand in a folder of its own, and a cache that is not the user's."""

import numpy as np
import pytest

from nn import Conv2D, Dense, Flatten, ReLU, Sequential
from weights.hand import rehearsal
from weights.hand.store import Hand


def small_network(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(
        [Conv2D(1, 4, 5, stride=4, rng=rng), ReLU(), Flatten(), Dense(144, 10, rng=rng)]
    )


@pytest.fixture
def model():
    return small_network()


@pytest.fixture
def other_model():
    return small_network(1)


@pytest.fixture
def hand(tmp_path):
    return Hand(tmp_path / "mine" / "hand.json")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The file of the rehearsed digits' features; these are 50 images of noise."""
    path = tmp_path / "cache" / "rehearsal.npz"
    images = np.random.default_rng(3).integers(0, 256, (50, 28, 28)).astype(np.uint8)
    monkeypatch.setattr(rehearsal, "cache_file", lambda: path)
    monkeypatch.setattr(rehearsal, "digits", lambda count: images)
    return path

"""The first window with a hand of its own, which rehearses forty random images."""

import numpy as np
import pytest

import gui
from tests.windows import small_network
from weights.hand import rehearsal
from weights.hand.store import Hand


@pytest.fixture
def hand(tmp_path, monkeypatch):
    images = np.random.default_rng(3).integers(0, 256, (40, 28, 28)).astype(np.uint8)
    monkeypatch.setattr(rehearsal, "cache_file", lambda: tmp_path / "rehearsal.npz")
    monkeypatch.setattr(rehearsal, "digits", lambda count: images)
    return Hand(tmp_path / "hand.json")


@pytest.fixture
def app(display, hand):
    window = gui.App(small_network(), hand)
    errors = []
    window.report_callback_exception = lambda *error: errors.append(error[1])
    window.update()
    yield window
    window.destroy()
    if errors:
        raise errors[0]

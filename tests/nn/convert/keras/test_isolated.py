"""Readers in a process of their own: what they read comes back, and nothing they do hurts."""

import time

import numpy as np
import pytest

from nn import ModelFileError
from nn.convert.keras import isolated
from tests.nn.convert.keras import misbehaving


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return a function that has a file read which says what becomes of its reader."""
    monkeypatch.chdir(tmp_path)

    def read(what):
        (tmp_path / "model.h5").write_text(what)
        return isolated.read_isolated(misbehaving.__name__, "model.h5")

    return read


def test_what_was_read_comes_back(read, tmp_path):
    network = read("read")
    x = np.random.default_rng(1).random((5, 2, 2, 1), dtype=np.float32)
    expected = misbehaving.read(tmp_path / "model.h5").forward(x)
    np.testing.assert_array_equal(network.forward(x), expected)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("refuse", "model.h5: it is not to my taste"),
        ("crash", "model.h5: cannot be used: it is damaged and crashes what reads it"),
    ],
)
def test_a_refusal_and_a_crash_are_one_line(read, what, message):
    with pytest.raises(ModelFileError) as caught:
        read(what)
    assert str(caught.value) == message


def test_a_reader_that_hangs_is_ended(read, monkeypatch):
    monkeypatch.setattr(isolated, "SECONDS", 2.0)
    start = time.monotonic()
    with pytest.raises(ModelFileError, match=r"model\.h5: .* 2 seconds were not enough"):
        read("hang")
    assert time.monotonic() - start < 300, "it slept"


def test_modules_that_lie_about_are_not_imported(read, tmp_path):
    (tmp_path / "numpy.py").write_text("raise SystemExit('numpy of a stranger')")
    assert len(read("read").layers) == 2

"""Reading in a child process: its network comes back, and its failures are one line."""

import time

import numpy as np
import pytest

from nn import ModelFileError
from nn.convert.keras import isolated
from tests.nn.convert.keras import misbehaving


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return a function that reads a file whose text says how its reader behaves."""
    monkeypatch.chdir(tmp_path)

    def read(what):
        (tmp_path / "model.h5").write_text(what)
        return isolated.read_isolated(misbehaving.__name__, "model.h5")

    return read


def test_network_comes_back(read, tmp_path):
    network = read("read")
    x = np.random.default_rng(1).random((5, 2, 2, 1), dtype=np.float32)
    expected = misbehaving.read(tmp_path / "model.h5").forward(x)
    np.testing.assert_array_equal(network.forward(x), expected)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("refuse", "model.h5: refused as asked"),
        ("crash", "model.h5: cannot be used: it is damaged; reading it crashed"),
    ],
)
def test_refusal_and_crash_are_one_line(read, what, message):
    with pytest.raises(ModelFileError) as caught:
        read(what)
    assert str(caught.value) == message


def test_hanging_reader_is_killed(read, monkeypatch):
    monkeypatch.setattr(isolated, "SECONDS", 2.0)
    start = time.monotonic()
    with pytest.raises(ModelFileError, match=r"model\.h5: .* reading it took over 2 seconds"):
        read("hang")
    assert time.monotonic() - start < 300, "it waited for the reader"


def test_modules_in_working_folder_are_not_imported(read, tmp_path):
    (tmp_path / "numpy.py").write_text("raise SystemExit('not the real numpy')")
    assert len(read("read").layers) == 2

"""Errors that say what to do."""

import sys

import pytest

from nn import convert
from tests.nn.convert.keras.files import small


def test_missing_library_says_how_to_install(tmp_path, monkeypatch):
    path = small(tmp_path / "m.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(convert.ConversionError, match="python -m pip install h5py"):
        convert.load(path)

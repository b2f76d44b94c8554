"""What a Keras file claims: read or refused within the budget, in a child that leaves nothing."""

import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn import ModelFileError
from nn.convert import ConversionError
from nn.convert.keras import isolated, load, read
from tests.nn.convert.keras import files, misbehaving

QUICK = settings(max_examples=60, derandomize=True, deadline=None, database=None)
SIZE = st.integers(-3, 1 << 40) | st.sampled_from([0, 1, 10**9, None, "x", 2.5])
VALUE = SIZE | st.lists(SIZE, max_size=3)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("budget") / "x.keras"


@given(
    shape=st.lists(SIZE, max_size=4),
    kind=st.sampled_from(sorted(read.TRANSLATORS)),
    config=st.dictionaries(
        st.sampled_from(["filters", "kernel_size", "strides", "units", "pool_size", "target_shape",
                         "dims", "padding", "cropping", "groups", "depth_multiplier", "axis",
                         "dilation_rate", "rate", "scale", "mean", "variance"]),
        VALUE, max_size=6,
    ),
)  # fmt: skip
@QUICK
def test_any_claimed_size_is_read_or_refused(path, shape, kind, config):
    layers = [files.layer("InputLayer", batch_shape=[None, *shape]), files.layer(kind, **config)]
    files.archive(path, files.sequential(layers), {})
    start, refused = time.process_time(), ""
    try:
        read.read(path)
    except ConversionError as error:
        refused = str(error)
    assert len(refused.splitlines()) <= 1
    assert time.process_time() - start < 5


@given(copies=st.integers(1, 3000), depth=st.integers(0, 40))
@settings(parent=QUICK, max_examples=10)
def test_any_number_of_layers_is_read_or_refused(path, copies, depth):
    described = files.sequential([files.layer("Activation", activation="relu")] * copies)
    for _ in range(depth):
        described = files.sequential([described])
    files.archive(path, described, {})
    start = time.process_time()
    with suppress(ConversionError):
        read.read(path)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("what", ["compute", "allocate"])
def test_a_child_is_limited_from_outside(tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(isolated, "CPU_SECONDS", 0.1)
    Path("model.h5").write_text(what)
    before = _children()
    with pytest.raises(ModelFileError, match=r"reading it (took over|takes too much)"):
        isolated.read_isolated(misbehaving.__name__, "model.h5")
    assert _children() - before < 5


def _children():
    """Return the processor time of all children so far, seconds."""
    used = os.times()
    return used.children_user + used.children_system


def test_reading_leaves_no_file_behind(tmp_path, monkeypatch):
    """Not even for a moment: a process that is killed could not remove it."""
    made = []
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *given, **named: made.append(given))
    weights = {"dense": [(0, np.zeros((784, 10), np.float32)), (1, np.zeros(10, np.float32))]}
    layers = [files.layer("InputLayer", batch_shape=[None, 784]),
              files.layer("Dense", "dense", units=10, activation="softmax")]  # fmt: skip
    files.archive(tmp_path / "m.keras", files.sequential(layers), weights)
    assert len(load(tmp_path / "m.keras").layers) == 3
    assert made == []
    assert json.dumps(sorted(os.listdir(tmp_path))) == '["m.keras"]'

"""Damaged and hostile files: every reader reads them or refuses them in one line."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weights
from data import idx
from data.errors import DataError
from nn import ModelFileError
from nn.saving.modelfile import LAYERS
from tests.readers import READERS

QUICK = settings(max_examples=30, derandomize=True, deadline=None, database=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module", params=READERS)
def reader(request, folder):
    """A reader of one kind of file, and sound files of that kind."""
    reader = READERS[request.param]()
    return reader, reader.seeds(folder)


def edited(content, edits):
    """Change a file here and there: bytes written over, taken out or put in."""
    for kind, place, new in edits:
        at = place % (len(content) + 1)
        cut = {"over": at + len(new), "out": at + 40 * len(new), "in": at}[kind]
        content = content[:at] + (b"" if kind == "out" else new) + content[cut:]
    return content


def attempt(reader, path, content):
    """Return the refusal, or None if the file is read; any other error is the test's failure."""
    try:
        reader.read(path, content[0], content[1:])
    except reader.refusals as error:
        return error
    return None


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["over", "out", "in"]), st.integers(0, 1 << 16), st.binary(max_size=8)
    ),
    max_size=4,
)


@given(which=st.integers(0, 99), edits=EDITS)
@QUICK
def test_changed_files_are_read_or_refused(folder, reader, which, edits):
    reader, seeds = reader
    content = edited(seeds[which % len(seeds)], edits) or b"\0"
    refused = attempt(reader, folder / reader.name, content)
    assert refused is None or len(str(refused).splitlines()) == 1


PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from([-1, 2**31, 2**63, 10**30, "same", "float64", "1"])
)  # fmt: skip
JSON = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.text(max_size=5), PLAIN, max_size=3)
NAMES = [
    "in_channels", "out_channels", "kernel_size", "stride", "pad", "bias", "dtype", "size", "rate",
    "in_features", "out_features", "channels", "momentum", "eps", "rng", "self", "x",
]  # fmt: skip
LAYER = st.builds(
    lambda kind, config: {"type": kind, **config},
    st.sampled_from([*LAYERS, "Layer", "Sequential"]) | JSON,
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4),
)


@given(layers=JSON | st.lists(LAYER, max_size=4), version=st.just(1) | JSON)
@QUICK
def test_any_architecture_is_read_or_refused(folder, layers, version):
    path = folder / "architecture.npz"
    text = json.dumps({"format": version, "layers": layers}, ensure_ascii=True)
    np.savez(path, architecture=np.array(text))
    with pytest.raises(ModelFileError) as refused:  # without an array, none reads digits
        weights.load(path)
    assert len(str(refused.value).splitlines()) == 1


@given(
    shape=st.lists(st.integers(-3, 2**70), max_size=4),
    dtype=st.sampled_from(["f4", "U9", "O", "V0"]),
)
@QUICK
def test_any_array_shape_is_read_or_refused(folder, shape, dtype):
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {tuple(shape)}, }}\n"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(24)
    with pytest.raises(ModelFileError):
        READERS["model"]().read(folder / "shape.npz", 1, b"architecture.npy\0PART\0" + npy)


@given(array=st.lists(st.integers(0, 255), min_size=1, max_size=20), more=st.binary(max_size=3))
@QUICK
def test_only_an_exact_idx_file_is_read(folder, array, more):
    content = struct.pack(">II", 0x801, len(array)) + bytes(array) + more
    (folder / "labels").write_bytes(content)
    if more:
        with pytest.raises(DataError, match="oversized"):
            idx.read(folder / "labels", ())
    else:
        assert idx.read(folder / "labels", ()).tolist() == array

"""What an archive of a few bytes makes of itself: bounded by its own size."""

import io
import time
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import stacks
from data.errors import DataError


def outcome(path):
    """Read a stack; return the number of images and the refusal, and check the time."""
    start, images = time.process_time(), 0
    try:
        for chunk in stacks.chunks(str(path)):
            images += len(chunk.images)
        refused = ""
    except DataError as error:
        refused = str(error)
    assert len(refused.splitlines()) <= 1
    assert time.process_time() - start < 5
    return images, refused


@given(members=st.integers(1, 30_000), images=st.integers(0, 40))
@settings(max_examples=8, derandomize=True, deadline=None, database=None)
def test_any_number_of_members_is_read_or_refused(tmp_path_factory, members, images):
    """Every entry of the directory names the same array."""
    path = tmp_path_factory.mktemp("many") / "m.npz"
    array = io.BytesIO()
    np.save(array, np.zeros((images, 28, 28), np.uint8))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", array.getvalue())
        whole = archive.infolist()[0]
        for _ in range(members - 1):
            archive.filelist.append(whole)
    found, refused = outcome(path)
    assert refused or found == members * images


def test_headers_that_take_long_to_parse_are_counted(tmp_path):
    """Each of ten thousand bytes, a tuple that is no shape of images."""
    shape = "(" + "1," * 4900 + ")"
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode() + b"\n"
    array = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + bytes(4)
    with zipfile.ZipFile(tmp_path / "h.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", array)
        archive.filelist += archive.filelist * 3000
    assert outcome(tmp_path / "h.npz")[1]


def test_far_more_than_its_size_is_refused(tmp_path):
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, np.zeros((300_000, 28, 28), np.uint8))
    found, refused = outcome(path)
    assert found < 150_000
    assert "bytes of memory, far more than images do" in refused


def test_what_compresses_as_digits_do_is_read(tmp_path):
    rng = np.random.default_rng(0)
    digits = np.zeros((20_000, 28, 28), np.uint8)
    digits[:, 8:20, 8:20] = rng.integers(0, 256, (20_000, 12, 12))
    np.savez_compressed(tmp_path / "digits.npz", digits)
    assert outcome(tmp_path / "digits.npz") == (20_000, "")


def test_a_growing_stack_ends(tmp_path):
    path = tmp_path / "growing.npy"
    np.save(path, np.ones((40_000, 28, 28), np.uint8))
    content = path.read_bytes()
    path.write_bytes(content[:-784])
    chunks = stacks.chunks(str(path))
    next(chunks)
    path.write_bytes(content)
    with pytest.raises(DataError, match="truncated after image 39999"):
        list(chunks)

"""What an archive of a few bytes makes of itself: bounded by its own size."""

import io
import time
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import canvas, stacks
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
    assert "bytes of memory, too much for a file of" in refused


def equal_frames(path, side, count):
    """Write a stack of equal frames of noise, of which a file of kilobytes holds any number."""
    frame = np.resize(np.random.default_rng(0).integers(1, 256, 97), (side, side))
    np.savez_compressed(path, np.broadcast_to(frame.astype(np.uint8), (count, side, side)))
    return path.stat().st_size


@pytest.mark.parametrize("side", [1, 28])
def test_images_are_counted_whatever_their_size(tmp_path, monkeypatch, side):
    monkeypatch.setattr(stacks, "FREE_BYTES", 1 << 16)
    monkeypatch.setattr(stacks, "CHUNK", 40)
    size = equal_frames(tmp_path / "many.npz", side, 4_000_000 // side**2)
    found, refused = outcome(tmp_path / "many.npz")
    assert f"too much for a file of {size:,} bytes: save it uncompressed" in refused
    assert 0 < found <= ((1 << 16) + stacks.RATIO * size) // 784


def test_frames_that_take_long_are_counted_in_seconds(tmp_path, monkeypatch):
    """Noise that moves on by a pixel a frame: all differ, and it compresses."""
    monkeypatch.setattr(stacks, "SECONDS", 0.2)
    monkeypatch.setattr(stacks, "CHUNK_BYTES", 5 * 64 * 64)
    noise = np.random.default_rng(0).integers(0, 256, 64 * 64 + 999).astype(np.uint8)
    frames = np.lib.stride_tricks.sliding_window_view(noise, 64 * 64).reshape(-1, 64, 64)
    path = tmp_path / "frames.npz"
    np.savez_compressed(path, frames)
    size = path.stat().st_size
    monkeypatch.setattr(stacks, "SECONDS_PER_BYTE", 0.1 / size)
    start = time.thread_time()
    found, refused = outcome(path)
    assert f"takes more than 0.3 seconds, too much for a file of {size:,} bytes" in refused
    assert found % 5 == 0
    assert time.thread_time() - start < 2


def test_equal_frames_are_prepared_once(tmp_path, monkeypatch):
    prepared, from_image = [], canvas.from_image
    monkeypatch.setattr(
        canvas, "from_image", lambda image: prepared.append(image.size) or from_image(image)
    )
    stacks._remembered.cache_clear()
    frames = np.random.default_rng(0).integers(0, 256, (2, 40, 40)).astype(np.uint8)
    np.savez(tmp_path / "frames.npz", np.tile(frames, (50, 1, 1)))
    (chunk,) = stacks.chunks(str(tmp_path / "frames.npz"))
    assert prepared == [(40, 40)] * 2
    np.testing.assert_array_equal(chunk.images[:2], chunk.images[98:])
    assert (chunk.images[0] != chunk.images[1]).any()


def test_small_images_that_are_not_compressed_are_read(tmp_path):
    scans = np.zeros((300, 8, 8), np.uint8)
    scans[:, 1:7, 3:5] = 255
    np.savez(tmp_path / "scans.npz", scans)
    assert outcome(tmp_path / "scans.npz") == (300, "")


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

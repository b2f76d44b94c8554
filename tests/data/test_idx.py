"""IDX files, valid and damaged."""

import gzip
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from data import idx
from data.errors import DataError

# Written out by hand: two images of 2x3 pixels, and three labels.
IMAGES = bytes.fromhex("00000803 00000002 00000002 00000003 000102030405 fafbfcfdfeff")
LABELS = bytes.fromhex("00000801 00000003 070009")
SHAPES = {"images": (2, 3), "labels": ()}


def refusal(path, item_shape):
    with pytest.raises(DataError) as caught:
        idx.read(path, item_shape)
    message = str(caught.value)
    assert message.startswith(f"{path} ")
    assert message.endswith("; delete it or replace it with a good copy")
    assert "\n" not in message
    return message


@pytest.fixture(params=["plain", "gzipped"])
def write(request, tmp_path):
    """A function that puts bytes into a file, plain or gzipped, and returns its path."""

    def write(content):
        gzipped = request.param == "gzipped"
        path = tmp_path / ("file.gz" if gzipped else "file")
        path.write_bytes(gzip.compress(content) if gzipped else content)
        return path

    return write


def test_elements_are_in_c_order(write):
    images = idx.read(write(IMAGES), (2, 3))
    assert images.tolist() == [[[0, 1, 2], [3, 4, 5]], [[250, 251, 252], [253, 254, 255]]]
    labels = idx.read(write(LABELS), ())
    assert labels.tolist() == [7, 0, 9]
    assert images.dtype == labels.dtype == np.uint8
    images[0, 0, 0] = labels[0] = 1  # and may be written


FAULTS = {
    "no bytes": ("images", b"", "is empty"),
    "cut in the magic": ("images", IMAGES[:2], "begins with 00 00, not with 00 00 08 03"),
    "cut after the magic": ("images", IMAGES[:4], "truncated inside its header"),
    "cut in the header": ("images", IMAGES[:15], "truncated inside its header"),
    "no images": ("images", IMAGES[:16], "truncated: 0 of 12 bytes"),
    "cut in the images": ("images", IMAGES[:-1], "truncated: 11 of 12 bytes"),
    "cut in the labels": ("labels", LABELS[:-1], "truncated: 2 of 3 bytes"),
    "an image too many": ("images", IMAGES + bytes(6), "oversized"),
    "a label too many": ("labels", LABELS + b"\0", "oversized"),
    "labels for images": ("images", LABELS, "00 00 08 01, not with 00 00 08 03"),
    "images for labels": ("labels", IMAGES, "00 00 08 03, not with 00 00 08 01"),
    "floats": ("labels", b"\0\0\x0d\x01" + LABELS[4:], "00 00 0d 01, not with"),
    "transposed": ("images", IMAGES[:11] + b"\3\0\0\0\2" + IMAGES[16:], "(3, 2), not (2, 3)"),
    "no items": ("labels", LABELS[:7] + b"\0", "declares 0 items"),
    "absurd count": ("labels", LABELS[:4] + b"\xff" * 4 + LABELS[8:], "declares 4294967295 items"),
}


@pytest.mark.parametrize(("kind", "content", "complaint"), FAULTS.values(), ids=FAULTS)
def test_a_damaged_file_is_refused(write, kind, content, complaint):
    assert complaint in refusal(write(content), SHAPES[kind])


def test_the_largest_count_is_read(write, monkeypatch):
    path = write(LABELS)
    monkeypatch.setattr(idx, "MAX_COUNT", 3)
    assert len(idx.read(path, ())) == 3
    monkeypatch.setattr(idx, "MAX_COUNT", 2)
    assert "declares 3 items, not 1 to 2" in refusal(path, ())


GZIPPED = gzip.compress(IMAGES)
GZIP_FAULTS = {
    "no bytes": (b"", "is empty"),
    "not gzip": (IMAGES, "not a valid gzip file"),
    "cut in the gzip header": (GZIPPED[:5], "truncated"),
    "cut in the data": (GZIPPED[:20], "truncated"),
    "cut in the checksum": (GZIPPED[:-6], "truncated"),
    "wrong checksum": (GZIPPED[:-8] + bytes(4) + GZIPPED[-4:], "not a valid gzip file (Error"),
    "damaged data": (GZIPPED[:10] + b"\xff" * 8 + GZIPPED[18:], "not a valid gzip file (Error"),
    "gzip after gzip": (GZIPPED + GZIPPED, "oversized"),
}


@pytest.mark.parametrize(("content", "complaint"), GZIP_FAULTS.values(), ids=GZIP_FAULTS)
def test_a_damaged_gzip_file_is_refused(tmp_path, content, complaint):
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    assert complaint in refusal(path, (2, 3))


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(IMAGES + bytes(8 * 2**20), compresslevel=1))
    tracemalloc.start()
    try:
        message = refusal(path, (2, 3))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "oversized" in message
    assert peak < 2**20


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"") * 500_000,
        b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 10_000_000,
        gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 2_000_000,
    ],
    ids=["many empty parts", "an endless name", "many empty blocks"],
)
def test_empty_gzip_parts_take_few_reads(tmp_path, monkeypatch, content):
    """Of each there is enough to keep a loop in Python busy; the reads are counted, not timed."""
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    reads, chunk = [], idx.CHUNK

    class Counted(idx.Gunzip):
        def __init__(self, file):
            read = file.read
            super().__init__(file)
            self._file = SimpleNamespace(
                read=lambda size: reads.append(size) or read(size), tell=file.tell
            )

    monkeypatch.setattr(idx, "Gunzip", Counted)
    refusal(path, (2, 3))
    assert len(reads) <= len(content) / chunk + 2


def test_a_missing_file_raises_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        idx.read(tmp_path / "nothing", ())

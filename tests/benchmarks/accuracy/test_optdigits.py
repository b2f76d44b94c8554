"""Scans read from optdigits' text."""

import gzip

import numpy as np
import pytest

from benchmarks.accuracy import optdigits
from data.errors import DataError

BAR = ["0" * 15 + "11" + "0" * 15] * 32
SQUARE = ["1" * 32] * 16 + ["0" * 32] * 16
TEXT = "\n".join([*BAR, " 1", *SQUARE, " 9", ""])


def test_scans_and_labels_are_read(tmp_path):
    (tmp_path / "scans.tra").write_text(TEXT)
    images, labels = optdigits.read(tmp_path / "scans.tra")
    expected = np.zeros((2, 32, 32), np.uint8)
    expected[0, :, 15:17] = expected[1, :16] = 255
    np.testing.assert_array_equal(images, expected)
    assert images.dtype == np.uint8
    assert labels.tolist() == [1, 9]


def test_gzipped_text_and_a_header_are_read(tmp_path):
    text = f"entwidth = 32\nclasses = 10\n\n{TEXT}"
    (tmp_path / "scans.gz").write_bytes(gzip.compress(text.encode()))
    images, labels = optdigits.read(tmp_path / "scans.gz")
    assert images.shape == (2, 32, 32)
    assert labels.tolist() == [1, 9]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "no scan"),
        ("nothing", "no scan"),
        (TEXT[:-3], "scan 2"),
        ("\n".join([*BAR, " 1", *SQUARE[:-1], " 9"]), "scan 2"),
        ("\n".join([*BAR[:-1], "2" * 32, " 1"]), "scan 1"),
        ("\n".join([*BAR, "10"]), "scan 1"),
    ],
)
def test_other_text_is_refused_by_name(tmp_path, text, where):
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(DataError, match=rf"bad\.txt: .*{where}"):
        optdigits.read(tmp_path / "bad.txt")


def test_a_damaged_archive_is_refused_by_name(tmp_path):
    whole = gzip.compress(TEXT.encode())
    for content in (b"no archive", whole[: len(whole) // 2]):
        (tmp_path / "bad.gz").write_bytes(content)
        with pytest.raises(DataError, match=r"bad\.gz: not compressed by gzip"):
            optdigits.read(tmp_path / "bad.gz")

"""Formats that are not read are named, with what to do."""

import struct

import pytest
from PIL import Image

from data import canvas
from data.errors import DataError
from data.pictures import formats
from tests.pictures import SEVEN, distance, picture


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (b"%PDF-1.7\n", "a PDF; save the page as PNG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC picture; save it as PNG"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF picture; save it as PNG"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'>", "an SVG drawing; save it as PNG"),
        (b"  <!DOCTYPE HTML>", "a web page; save the page as PNG"),
        (b"PK\3\4\x14\0", "a ZIP archive or an office document; save the picture in it as PNG"),
        (b"8BPS\0\1", "a Photoshop picture; save it as PNG"),
        (b"P5\n8 8\n255\n", "a PNM picture; save it as PNG"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer; fetch the file"),
    ],
)
def test_other_formats_are_named(start, says, tmp_path):
    path = tmp_path / "seven.png"
    path.write_bytes(start + bytes(64))
    with pytest.raises(DataError) as caught:
        canvas.open_image(path)
    assert str(caught.value).startswith(f"{path}: {says}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_unknown_and_broken_files_have_no_name(content):
    assert formats.other(content) is None


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 60}, {"exif": b"Exif\0\0"}])
def test_size_of_a_webp_is_known(options, tmp_path):
    path = tmp_path / "seven.webp"
    picture().crop((0, 0, 287, 300)).convert("RGBA").save(path, **options)
    assert formats.webp_size(path.read_bytes()) == (287, 300)
    assert distance(canvas.from_image(canvas.open_image(path)), canvas.from_strokes(SEVEN)) < 0.25


@pytest.mark.parametrize("name", ["png", "jpg", "gif", "bmp", "tiff"])
def test_other_pictures_are_no_webp(name, tmp_path):
    picture().save(tmp_path / f"seven.{name}")
    assert formats.webp_size((tmp_path / f"seven.{name}").read_bytes()) is None


def test_vast_webp_is_refused_before_decoding(tmp_path, monkeypatch):
    path = tmp_path / "vast.webp"
    canvas_size = struct.pack("<I", 16_382)[:3] * 2
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas_size
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk)
    monkeypatch.setattr(Image, "open", None)
    with pytest.raises(DataError, match=r"vast\.webp: 16383x16383 pixels, more than 40,000,000"):
        canvas.open_image(path)


def test_an_empty_file_is_said_to_be_one():
    assert formats.other(b"") == "an empty file; save it again"

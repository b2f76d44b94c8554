"""Image files: which are read, how, and in which one line the others are refused."""

import io
import struct
import warnings
import zlib

import pytest
from PIL import Image

from data import canvas
from data.errors import DataError
from tests.data.test_canvas import SEVEN, distance, picture


def png_header(width, height):
    """Return the start of a PNG that claims a size, without its pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    data = b"IDAT" + zlib.compress(b"")
    return (
        start
        + struct.pack(">I", zlib.crc32(header))
        + struct.pack(">I", len(data) - 4)
        + data
        + struct.pack(">I", zlib.crc32(data))
    )


class TestOpen:
    @pytest.mark.parametrize("kind", canvas.FORMATS)
    def test_formats(self, kind, tmp_path):
        path = tmp_path / "seven"
        picture().save(path, kind)
        assert (
            distance(canvas.from_image(canvas.open_image(path)), canvas.from_strokes(SEVEN)) < 0.25
        )

    def test_first_frame(self, tmp_path):
        path = tmp_path / "two.gif"
        picture().save(path, save_all=True, append_images=[Image.new("L", (300, 300))])
        assert canvas.from_image(canvas.open_image(path)).any()

    def test_large_jpeg_is_read_smaller(self, tmp_path):
        path = tmp_path / "large.jpg"
        picture().resize((4000, 3000)).save(path)
        image = canvas.open_image(path)
        assert 400 <= max(image.size) < 1200

    def test_file_can_be_removed_at_once(self, tmp_path):
        path = tmp_path / "seven.png"
        picture().save(path)
        image = canvas.open_image(path)
        path.unlink()
        assert image.getpixel((0, 0)) == 255

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("empty.png", b""),
            ("text.png", b"no picture at all"),
            ("webp.png", b"RIFF\x24\x00\x00\x00WEBPVP8 "),
            ("cut.png", None),
            ("cut.jpg", None),
            ("cut.tiff", None),
            ("cut.gif", None),
            ("cut.bmp", None),
        ],
    )
    def test_broken(self, name, content, tmp_path):
        path = tmp_path / name
        if content is None:
            picture().convert("RGB").save(path)
            content = path.read_bytes()[: path.stat().st_size // 2]
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            canvas.open_image(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_missing(self, tmp_path):
        with pytest.raises(DataError, match=r"none\.png: No such file"):
            canvas.open_image(tmp_path / "none.png")

    @pytest.mark.parametrize(
        ("width", "height"), [(60_000, 60_000), (60_000, 2000), (10_000, 8000)]
    )
    def test_too_large(self, width, height, tmp_path):
        path = tmp_path / "vast.png"
        path.write_bytes(png_header(width, height))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(DataError, match=r"vast\.png: .*64,000,000.*shrink"):
                canvas.open_image(path)

    def test_too_large_is_not_even_decoded(self):
        with pytest.raises(DataError, match=r"20000x4000.*shrink"):
            canvas.from_image(Image.open(io.BytesIO(png_header(20_000, 4000))))

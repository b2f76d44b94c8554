"""Picture files: which are read, and in which one line others are refused."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from data import canvas
from data.errors import DataError
from data.pictures import open as pictures
from tests.pictures import SEVEN, distance, picture


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
    @pytest.mark.parametrize("kind", pictures.FORMATS)
    def test_every_format_is_read(self, kind, tmp_path):
        path = tmp_path / "seven"
        picture().save(path, kind)
        assert (
            distance(canvas.from_image(canvas.open_image(path)), canvas.from_strokes(SEVEN)) < 0.25
        )

    def test_the_first_frame_is_read(self, tmp_path):
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
    def test_a_broken_file_is_refused_by_name(self, name, content, tmp_path):
        path = tmp_path / name
        if content is None:
            picture().convert("RGB").save(path)
            content = path.read_bytes()[: path.stat().st_size // 2]
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            canvas.open_image(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_missing_file_is_refused_by_name(self, tmp_path):
        with pytest.raises(DataError, match=r"none\.png: No such file"):
            canvas.open_image(tmp_path / "none.png")

    @pytest.mark.parametrize(
        ("width", "height"), [(60_000, 60_000), (60_000, 2000), (10_000, 8000)]
    )
    def test_a_vast_picture_is_refused(self, width, height, tmp_path):
        path = tmp_path / "vast.png"
        path.write_bytes(png_header(width, height))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(DataError, match=r"vast\.png: .*64,000,000.*shrink"):
                canvas.open_image(path)

    def test_full_decoding_has_its_own_limit(self, tmp_path):
        path = tmp_path / "vast.png"
        path.write_bytes(png_header(7000, 6000))
        with pytest.raises(DataError, match=r"vast\.png: 7000x6000 pixels, more than 40,000,000"):
            canvas.open_image(path)

    def test_too_large_is_refused_before_decoding(self):
        with pytest.raises(DataError, match=r"20000x4000.*shrink"):
            canvas.from_image(Image.open(io.BytesIO(png_header(20_000, 4000))))

    def test_too_many_bytes_are_refused_before_parsing(self, tmp_path, monkeypatch):
        path = tmp_path / "seven.png"
        picture().save(path)
        monkeypatch.setattr(pictures, "MAX_BYTES", path.stat().st_size)
        assert canvas.open_image(path).size == picture().size
        monkeypatch.setattr(pictures, "MAX_BYTES", path.stat().st_size - 1)
        monkeypatch.setattr(pictures, "_decode", None)
        with pytest.raises(DataError, match=r"seven\.png: more than [\d,]+ bytes"):
            canvas.open_image(path)

    @pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG"])
    def test_a_file_of_countless_chunks_is_refused(self, kind, tmp_path, monkeypatch):
        """Each piece is a few bytes, and a decoder in Python takes its time over each."""
        pieces = {
            "PNG": (33, b"\0\0\0\0aaAa" + struct.pack(">I", zlib.crc32(b"aaAa"))),
            "GIF": (13, b"\x21\xfe\x01a\0"),
            "JPEG": (2, b"\xff\xfe\0\2"),
        }
        file = io.BytesIO()
        Image.new("L", (8, 8)).save(file, kind)
        whole = file.getvalue()
        at, piece = pieces[kind]
        at += 3 << (whole[10] & 7) + 1 if kind == "GIF" else 0  # its table of colours
        path = tmp_path / "pieces"
        path.write_bytes(whole[:at] + 10 * piece + whole[at:])
        canvas.open_image(path)
        path.write_bytes(whole[:at] + pictures.MAX_READS * piece + whole[at:])
        with pytest.raises(DataError, match=r"many pieces|parts to go through") as caught:
            canvas.open_image(path)
        assert caught.value.__context__ is not None

    def test_a_large_run_length_bmp_is_refused(self, tmp_path):
        """Pillow fills a row byte by byte: sixty million of them from a file of a hundred bytes."""
        path = tmp_path / "runs.bmp"
        info = struct.pack("<IiiHHIIiiII", 40, 60_000_000, 1, 1, 8, 1, 8, 0, 0, 2, 2)
        start = 14 + len(info) + 8
        body = b"\1\0\0\0\0\1\0\0"
        head = struct.pack("<2sIHHI", b"BM", start + len(body), 0, 0, start)
        path.write_bytes(head + info + bytes(8) + body)
        with pytest.raises(DataError, match="60000000x1 pixels, more than 4,000,000"):
            canvas.open_image(path)


MODES = {
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "TIFF": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16", "I;16B"],
    "JPEG": ["L", "RGB", "CMYK"],
    "BMP": ["1", "L", "P", "RGB", "RGBA"],
    "GIF": ["1", "L", "P"],
}


def in_mode(mode):
    """The picture of a 7 in any mode, with the whole range of its numbers."""
    grey = picture()
    if mode == "F":
        return Image.fromarray(np.asarray(grey, np.float32) / 255)
    if mode[0] == "I":
        kind = {"I": np.int32, "I;16": "<u2", "I;16B": ">u2"}[mode]
        return Image.fromarray((np.asarray(grey).astype(np.int64) * 257).astype(kind))
    return (grey.convert("RGB") if mode == "LAB" else grey).convert(mode)


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind in MODES for mode in MODES[kind]])
def test_every_mode_of_a_format_reads_alike(kind, mode, tmp_path):
    if mode == "LAB":
        image = Image.merge("LAB", [picture(), *[Image.new("L", picture().size, 128)] * 2])
    else:
        image = in_mode(mode)
    image.save(tmp_path / "seven", kind)
    read = canvas.from_image(canvas.open_image(tmp_path / "seven"))
    assert distance(read, canvas.from_strokes(SEVEN)) < 0.3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_reads_alike(kind, orientation, tmp_path):
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    seen = picture()
    held = seen.transpose(undo[orientation]) if orientation > 1 else seen
    held.save(tmp_path / "seven", kind, exif=exif)
    read = canvas.from_image(canvas.open_image(tmp_path / "seven"))
    assert distance(read, canvas.from_strokes(SEVEN)) < 0.3


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "I;16"])
def test_a_large_picture_is_shrunk_and_reads_alike(mode, tmp_path):
    in_mode(mode).resize((3300, 3300), Image.Resampling.NEAREST).save(tmp_path / "seven", "PNG")
    image = canvas.open_image(tmp_path / "seven")
    assert max(image.size) <= 1650
    assert distance(canvas.from_image(image), canvas.from_strokes(SEVEN)) < 0.3


def test_odd_floats_are_read(tmp_path):
    values = np.asarray(picture(), np.float32) / 255
    values[0, :4] = np.nan, np.inf, -np.inf, 1e-42
    Image.fromarray(values).save(tmp_path / "odd", "TIFF")
    assert np.isfinite(canvas.from_image(canvas.open_image(tmp_path / "odd"))).all()


def test_metadata_of_absurd_size_is_dropped(tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "x" * (2 * pictures.MAX_EXIF)
    picture().save(tmp_path / "seven", "PNG", exif=exif)
    image = canvas.open_image(tmp_path / "seven")
    assert "exif" not in image.info
    assert distance(canvas.from_image(image), canvas.from_strokes(SEVEN)) < 0.3  # not turned

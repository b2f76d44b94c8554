"""What headers say of a decoder's work: refused if it is too much, whatever else they say."""

import io
import struct
import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from data.errors import DataError
from data.pictures import headers
from data.pictures.headers import check_header, check_tags, jpeg_visits
from data.pictures.open import open_image
from tests import memory

QUICK = settings(max_examples=60, derandomize=True, deadline=None, database=None)
SECONDS, MEMORY = 5, 1 << 30
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}


def tiff(tags, tail=b"", order="<", big=False):
    """Return a TIFF file of (tag, type, count, value) entries; None is the place of ``tail``."""
    entry, number, offset = ("HHQQ", "Q", 16) if big else ("HHII", "H", 8)
    mark = b"II" if order == "<" else b"MM"
    head = mark + (struct.pack(order + "HHHQ", 43, 8, 0, offset) if big
                   else struct.pack(order + "HI", 42, offset))  # fmt: skip
    begin = offset + struct.calcsize(order + number) + len(tags) * struct.calcsize(order + entry)
    begin += 8 if big else 4
    body = struct.pack(order + number, len(tags))
    for tag, kind, count, value in sorted(tags, key=lambda each: each[0]):
        body += struct.pack(order + entry, tag, kind, count, begin if value is None else value)
    return head + body + bytes(8 if big else 4) + tail


def grey(*more):
    """Return the tags of a picture of 2x3 pixels in grey, and more."""
    plain = [(256, 4, 1, 2), (257, 4, 1, 3), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
             (277, 3, 1, 1), (278, 4, 1, 1), (279, 4, 1, 2)]  # fmt: skip
    given = {tag for tag, *_ in more}
    return [*(each for each in plain if each[0] not in given), *more]


def costs(path):
    """Return the processor time of opening a picture, and check the memory of this process."""
    start, refused = time.process_time(), ""
    before = memory.forget_peak()
    try:
        open_image(path)
    except DataError as error:
        refused = str(error)
    assert len(refused.splitlines()) <= 1
    assert memory.peak() - before < MEMORY
    return time.process_time() - start


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_counts_of_all_tags_are_added(order, big):
    half = headers.MAX_VALUES // 2
    check_tags(tiff([(300, 3, half, None), (500, 5, half, None)], order=order, big=big))
    with pytest.raises(DataError, match="too many pieces"):
        check_tags(tiff([(300, 3, half, None), (500, 5, half + 1, None)], order=order, big=big))


def test_large_texts_and_profiles_are_no_numbers():
    check_tags(tiff([(700, 1, 9_000_000, None), (34675, 7, 9_000_000, None)]))


def test_directories_inside_of_others_are_counted():
    inner = tiff([(300, 4, headers.MAX_VALUES + 1, None)])[8:]
    outer = tiff([(34665, 4, 1, None)], inner)
    with pytest.raises(DataError):
        check_tags(outer)


TAGS = st.lists(
    st.tuples(
        st.sampled_from([273, 279, 282, 320, 324, 325, 330, 338, 339, 347, 700, 34665, 33550]),
        st.sampled_from(sorted(SIZES)),
        st.integers(0, 3_000_000) | st.integers(0, 40),
        st.none() | st.integers(0, 2**32 - 1),
    ),
    max_size=6,
    unique_by=lambda each: each[0],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("headers")


@given(tags=TAGS, order=st.sampled_from("<>"), big=st.booleans(), size=st.integers(0, 4_000_000))
@QUICK
def test_any_tags_are_read_or_refused_soon(folder, tags, order, big, size):
    (folder / "x.tif").write_bytes(tiff(grey(*tags), b"\1" * size, order, big))
    assert costs(folder / "x.tif") < SECONDS


def progressive(W, H, scans):
    """Return a JPEG file of ``scans`` empty progressive scans after the first."""
    quantise = b"\xff\xdb" + struct.pack(">HB", 67, 0) + b"\1" * 64
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, H, W, 1) + b"\1\x11\0"
    codes = b"".join(
        b"\xff\xc4" + struct.pack(">HB", 20, kind) + bytes([1] + [0] * 15) + symbol
        for kind, symbol in ((0, b"\0"), (16, b"\xe0"))
    )
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0"
    first, later = scan + b"\0\0\0" + bytes(W * H // 512), scan + b"\1\x3f\0" + bytes(40)
    return b"\xff\xd8" + quantise + frame + codes + first + later * scans + b"\xff\xd9"


@given(W=st.integers(1, 8000), H=st.integers(1, 8000), scans=st.integers(0, 900))
@settings(parent=QUICK, max_examples=15)
def test_any_number_of_scans_is_read_or_refused(folder, W, H, scans):
    content = progressive(W, H, scans)
    assert jpeg_visits(content) == (1 + scans) * W * H
    (folder / "x.jpg").write_bytes(content)
    assert costs(folder / "x.jpg") < SECONDS


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}], ids=str)
def test_visits_of_pillows_files_are_those_of_libjpeg(options):
    """The scans of libjpeg's standard script, counted by hand; 4:2:0 has two small channels."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", **options)
    visits = {"": 1.5, "progressive": 1.5 + 1 + 0.25 + 0.25 + 1 + 1 + 1.5 + 0.25 + 0.25 + 1,
              "subsampling": 3}["".join(options)]  # fmt: skip
    assert jpeg_visits(file.getvalue()) == visits * 64 * 96
    check_header(file.getvalue())


def test_a_thumbnail_inside_is_not_counted():
    file = io.BytesIO()
    Image.new("L", (16, 16)).save(file, "JPEG")
    whole = file.getvalue()
    inside = b"\xff\xe1" + struct.pack(">H", len(whole) + 2) + whole
    assert jpeg_visits(whole[:2] + inside + whole[2:]) == 256


def test_arithmetic_coding_is_refused():
    with pytest.raises(DataError, match="arithmetic coding"):
        check_header(progressive(8, 8, 1).replace(b"\xff\xc2", b"\xff\xca"))


@given(st.binary(max_size=200))
@example(b"")
@QUICK
def test_any_bytes_are_judged(content):
    for start in (b"\xff\xd8\xff", b"II", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        with suppress(DataError):
            check_header(start + content)


def test_a_maze_of_exif_data_is_left_out(folder):
    """Five thousand entries that share their data: written again, they would take gigabytes."""
    maze = [(0x0112, 3, 1, 6), *((1000 + i, 3, 25_000, None) for i in range(3900))]
    exif = b"Exif\0\0" + tiff(maze, bytes(15_000))
    Image.new("L", (20, 10), 255).save(folder / "maze.jpg", exif=exif)
    assert costs(folder / "maze.jpg") < 1
    assert open_image(folder / "maze.jpg").size == (20, 10)

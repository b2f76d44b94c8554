"""Strokes read from UNIPEN text, and their places on the canvas."""

import gzip

import numpy as np
import pytest

from benchmarks.accuracy.unipen import (
    AS_DRAWN,
    VARIATIONS,
    Variation,
    read,
    scaled,
    slanted,
)
from data.errors import DataError

TEXT = """.LEXICON "0" "1"
.SEGMENT DIGIT 0 ? "7"
.COMMENT 7 12 3
.PEN_DOWN
 100 400
 200 400
.PEN_UP
.DT 100
.PEN_DOWN
 150 300
.PEN_UP
.SEGMENT DIGIT 1 ? "1"
.PEN_DOWN
 250 500
 250 0
.PEN_UP
"""


@pytest.fixture
def digits(tmp_path):
    (tmp_path / "pen.txt").write_text(TEXT)
    return read(tmp_path / "pen.txt")


def test_writers_are_those_of_the_comments(tmp_path):
    text = TEXT.replace(".COMMENT 7 12 3", ".COMMENT a digit of writer 3\n.COMMENT 7 29 12")
    (tmp_path / "pen.txt").write_text(text)
    assert [digit.writer for digit in read(tmp_path / "pen.txt")] == [29, 0]


def test_reads_labels_and_strokes_onto_the_canvas(digits):
    assert [digit.label for digit in digits] == [7, 1]
    first, second = digits[0].strokes
    np.testing.assert_allclose(first, [(60, 60), (120, 60)])
    np.testing.assert_allclose(second, [(90, 120)])
    np.testing.assert_allclose(digits[1].strokes, [[(150, 0), (150, 300)]])


def test_the_comment_after_the_segment_names_the_writer(digits):
    assert [digit.writer for digit in digits] == [12, 0]


@pytest.mark.parametrize("comment", [".COMMENT", ".COMMENT by hand", ".COMMENT 7 seven 12"])
def test_other_comments_name_no_writer(tmp_path, comment):
    (tmp_path / "pen.txt").write_text(TEXT.replace(".COMMENT 7 12 3", comment))
    assert [digit.writer for digit in read(tmp_path / "pen.txt")] == [0, 0]


def test_reads_gzipped_text(digits, tmp_path):
    (tmp_path / "pen.gz").write_bytes(gzip.compress(TEXT.encode()))
    assert str(read(tmp_path / "pen.gz")) == str(digits)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no digits\n", b'.SEGMENT DIGIT 0 ? "x"\n', b"\xff\x00",
        b'.SEGMENT DIGIT 0 ? "4"\n', b'.SEGMENT DIGIT 0 ? "12"\n.PEN_DOWN\n 1 2\n',
        b'.SEGMENT DIGIT 0 ? "4"\n.PEN_DOWN\n 1 nan\n',
        b"\x1f\x8b\x08\0\0\0\0\0\0\3" + bytes(range(200, 240)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["pen.txt", "pen.gz"])
def test_text_without_digits_is_refused_by_name(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=name):
        read(tmp_path / name)


def test_scaled_has_its_size_and_its_middle():
    (stroke,) = scaled(80, (100, 60))([np.array([(10.0, 10), (20, 50)])])
    np.testing.assert_allclose(stroke, [(90, 20), (110, 100)])


def test_slanted_shears_the_top_to_the_right():
    (stroke,) = slanted(45)([np.array([(50.0, 0), (50, 50), (50, 100)])])
    np.testing.assert_allclose(stroke, [(100, 0), (50, 50), (0, 100)], atol=1e-9)


def test_every_variation_stays_on_the_canvas(digits):
    assert len({variation.name for variation in VARIATIONS}) == len(VARIATIONS)
    for variation in VARIATIONS:
        for digit in digits:
            points = np.concatenate(variation.strokes(digit.strokes))
            assert (points >= 0).all()
            assert (points <= 300).all()
            assert (points == np.rint(points)).all()


def test_picture_is_the_line_that_the_pen_draws(digits):
    """A line of 60 pixels with a pen of radius 8: 60 * 17, and two half discs; then a dot."""
    picture = np.asarray(AS_DRAWN.picture(digits[0].strokes))
    inked = (picture == 0).sum()
    assert inked == pytest.approx(61 * 17 + 2 * np.pi * 8.5**2, rel=0.03)
    assert picture[60, 90] == picture[120, 90] == 0
    assert picture[90, 90] == 255
    thin = Variation("thin", AS_DRAWN.place, 2).picture(digits[0].strokes)
    assert (np.asarray(thin) == 0).sum() < inked / 3

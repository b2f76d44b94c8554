"""Pictures are found in folders, and prepared by several processes in order."""

import os

import numpy as np
import pytest
from PIL import Image

from data import folders
from tests.pictures import save_line


def fail(error):
    raise error


def test_a_folder_is_searched_with_its_subfolders(tmp_path):
    for name in ("b.png", "a.JPG", "notes.txt", "one/z.png", "one/deep/y.bmp", "two/a.gif"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = list(folders.find([str(tmp_path), "single.xyz"], fail))
    inside = ["a.JPG", "b.png", "one/z.png", "one/deep/y.bmp", "two/a.gif"]
    assert found == [*(str(tmp_path / name) for name in inside), "single.xyz"]


def test_a_folder_without_pictures_is_reported(tmp_path):
    (tmp_path / "none" / "deeper").mkdir(parents=True)
    errors = []
    assert list(folders.find([str(tmp_path / "none"), "a.png"], errors.append)) == ["a.png"]
    (error,) = errors
    assert str(error).startswith(f"{tmp_path / 'none'}: no picture")


@pytest.mark.parametrize("jobs", [1, 2])
def test_pictures_keep_their_order_around_broken_ones(tmp_path, monkeypatch, jobs):
    monkeypatch.setattr(folders, "FIRST", 2)
    monkeypatch.setattr(folders, "AT_ONCE", 3)
    files = [save_line(tmp_path / f"{i}.png", (30, 5, 30 + i, 55)) for i in range(12)]
    files[1] = files[7] = str(tmp_path / "missing.png")
    errors = []
    got = list(folders.read(files, errors.append, jobs))
    good = [file for file in files if os.path.exists(file)]
    assert [file for file, _ in got] == good
    for file, digit in got:
        np.testing.assert_array_equal(digit, folders.prepare(file)[1])
    assert [str(error).split(":")[0] for error in errors] == [files[1], files[7]]


def test_other_formats_in_a_folder_get_a_line(tmp_path):
    (tmp_path / "page.pdf").write_bytes(b"%PDF-1.7\n")
    (tmp_path / "notes.txt").touch()
    line = save_line(tmp_path / "line.webp")
    errors = []
    (found,) = folders.read(folders.find([str(tmp_path)], errors.append), errors.append)
    assert found[0] == line
    assert [str(error) for error in errors] == [
        f"{tmp_path / 'page.pdf'}: a PDF; save the page as PNG"
    ]


def test_ink_without_a_digit_is_not_called_blank(tmp_path):
    row = Image.new("L", (300, 60), 255)
    for x in range(10, 300, 60):
        row.paste(Image.open(save_line(tmp_path / "line.png")), (x - 10, 0))
    row.save(tmp_path / "row.png")
    name, error = folders.prepare(str(tmp_path / "row.png"))
    assert str(error) == f"{name}: 5 digits or letters in a row: crop it to one digit"

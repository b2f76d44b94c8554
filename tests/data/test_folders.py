"""Pictures: found in folders, sorted, and prepared by several processes in the same order."""

import os

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data import folders


def draw(path, length):
    image = Image.new("L", (60, 60), 255)
    ImageDraw.Draw(image).line((30, 5, 30 + length, 55), fill=0, width=5)
    image.save(path)
    return str(path)


def fail(error):
    raise error


def test_a_folder_is_searched_with_the_folders_in_it(tmp_path):
    for name in ("b.png", "a.JPG", "notes.txt", "one/z.png", "one/deep/y.bmp", "two/a.gif"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = list(folders.find([str(tmp_path), "single.xyz"], fail))
    inside = ["a.JPG", "b.png", "one/z.png", "one/deep/y.bmp", "two/a.gif"]
    assert found == [*(str(tmp_path / name) for name in inside), "single.xyz"]


def test_a_folder_without_any_is_said_and_the_next_is_searched(tmp_path):
    (tmp_path / "none" / "deeper").mkdir(parents=True)
    errors = []
    assert list(folders.find([str(tmp_path / "none"), "a.png"], errors.append)) == ["a.png"]
    (error,) = errors
    assert str(error).startswith(f"{tmp_path / 'none'}: no picture")


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_are_prepared_in_order_and_the_broken_are_told(tmp_path, monkeypatch, jobs):
    monkeypatch.setattr(folders, "FIRST", 2)
    monkeypatch.setattr(folders, "AT_ONCE", 3)
    files = [draw(tmp_path / f"{i}.png", i) for i in range(12)]
    files[1] = files[7] = str(tmp_path / "missing.png")
    errors = []
    got = list(folders.read(files, errors.append, jobs))
    good = [file for file in files if os.path.exists(file)]
    assert [file for file, _ in got] == good
    for file, digit in got:
        np.testing.assert_array_equal(digit, folders.prepare(file)[1])
    assert [str(error).split(":")[0] for error in errors] == [files[1], files[7]]

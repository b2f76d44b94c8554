"""``recognise.py`` on pictures of numbers: lines, JSON, marked pictures and notes."""

import json

import numpy as np
import pytest
from PIL import Image

import recognise
from data.segments import pictures
from nn import Sequential
from tests.data.segments.networks import ByShape, one, zero
from tests.pictures import picture

NUMBER = [one(60, 50), zero(110, 50), zero(210, 50), one(330, 50)]


class Model:
    """The network of these tests."""

    layers = ()

    def __init__(self):
        self.predict_proba = ByShape()


@pytest.fixture(autouse=True)
def model(monkeypatch):
    monkeypatch.setattr(Sequential, "load", lambda path: Model())


@pytest.fixture
def files(tmp_path):
    """A number, a digit and a sheet of two lines."""

    def save(name, *strokes, size=(400, 200)):
        drawing = [[tuple(point) for point in stroke] for stroke in strokes]
        picture(drawing, 5, size).save(tmp_path / name)
        return str(tmp_path / name)

    return [
        save("number.png", *NUMBER),
        save("digit.png", zero(100, 50), size=(300, 200)),
        save("sheet.png", *NUMBER, zero(100, 250), one(250, 250), size=(400, 400)),
    ]


def test_each_line_of_writing_has_its_line(files, capsys):
    assert recognise.main(files) == 0
    out, err = capsys.readouterr()
    number, digit, sheet = files
    assert out.splitlines() == [
        f"{number}\t1001\t{0.991**4:.4f}",
        f"{digit}\t0\t0.9910",
        f"{sheet}\t1001\t{0.991**4:.4f}",
        f"{sheet}\t01\t{0.991**2:.4f}",
    ]
    assert err == ""


def test_json_has_boxes_digits_and_probabilities(files, capsys):
    assert recognise.main(["--json", *files]) == 0
    number, digit, sheet = json.loads(capsys.readouterr().out)
    assert number["number"] == "1001"
    assert number["probability"] == pytest.approx(0.991**4, abs=1e-5)
    (line,) = number["lines"]
    assert "".join(symbol["text"] for symbol in line["symbols"]) == "1001"
    first = line["symbols"][0]
    assert first["box"] == pytest.approx([55, 45, 65, 155], abs=2)
    assert first["probabilities"][1] == first["probability"] == 0.991
    assert digit == {
        "file": files[1], "digit": 0, "probability": 0.991,
        "probabilities": [0.991] + [0.001] * 9,
    }  # fmt: skip
    assert [line["number"] for line in sheet["lines"]] == ["1001", "01"]


def test_digits_one_reads_no_number(files, capsys):
    recognise.main(["--digits", "one", files[0], files[1]])
    out, err = capsys.readouterr()
    assert f"{files[1]}\t0\t0.9910" in out
    assert "1001" not in out
    assert files[0] in out + err


def test_digits_many_reads_a_digit_as_a_line(files, capsys):
    assert recognise.main(["--digits", "many", "--json", files[1]]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["number"] == "0"


def test_low_answers_are_noted_on_stderr(tmp_path, capsys):
    cross = [[(60, 60), (240, 240)], [(240, 60), (60, 240)]]
    apart = [[(30, 60), (130, 240)], [(170, 240), (270, 60)]]
    for name, drawing in (("cross", cross), ("apart", apart)):
        picture(drawing).save(tmp_path / f"{name}.png")
    names = [str(tmp_path / name) for name in ("cross.png", "apart.png")]
    assert recognise.main(["--digits", "one", *names]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert err.splitlines() == [
        f"recognise.py: {names[0]}: probably not a digit: probability 0.1000 is below 0.5",
        f"recognise.py: {names[1]}: several pieces of ink: probability 0.1000 is below 0.5",
    ]
    assert recognise.main(["--digits", "one", "--doubt", "0.1", *names]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("doubt", ["-1", "2", "much", "nan"])
def test_an_invalid_doubt_is_refused(doubt, capsys):
    with pytest.raises(SystemExit):
        recognise.main([f"--doubt={doubt}"])
    assert "--doubt" in capsys.readouterr().err


def test_marked_pictures_have_boxes_at_the_digits(files, tmp_path, capsys):
    folder = tmp_path / "new" / "marked"
    assert recognise.main(["--marked", str(folder), *files, files[0]]) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["digit.png", "number-2.png", "number.png", "sheet.png"]
    with Image.open(folder / "number.png") as image:
        pixels = np.asarray(image).astype(int)
    red = (pixels[..., 0] > 150) & (pixels[..., 1] < 100)
    assert red[100, 50:58].any(), "left of the first digit"
    assert red[100, 200:208].any(), "left of the third digit"
    assert not red[100, 80:95].any()


def test_a_picture_is_not_marked_over_itself(files, tmp_path, capsys):
    before = {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    assert recognise.main(["--marked", str(tmp_path), files[0]]) == 1
    assert "another picture has this name: name another folder" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == before
    folder = str(tmp_path / "marked")
    for _ in range(2):  # what it has written itself, it writes again
        assert recognise.main(["--marked", folder, files[0]]) == 0


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_boxes_are_in_pixels_of_large_files(suffix, orientation, tmp_path, capsys):
    upright = picture([[tuple(p) for p in stroke] for stroke in NUMBER], 5, (400, 200))
    upright = upright.resize((4400, 2200))
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = tmp_path / f"large.{suffix}"
    stored.save(file, exif=exif)
    assert recognise.main(["--json", "--marked", str(tmp_path / "out"), str(file)]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    third = answer["lines"][0]["symbols"][2]["box"]
    assert third == pytest.approx((205 * 11, 45 * 11, 275 * 11, 155 * 11), abs=22)
    with Image.open(tmp_path / "out" / "large.png") as image:
        pixels = np.asarray(image).astype(int)
    red = (pixels[..., 0] > 150) & (pixels[..., 1] < 100)
    middle = red[len(red) // 2]
    assert np.flatnonzero(middle)[0] / len(middle) == pytest.approx(54 / 400, abs=0.01)


def test_a_folder_that_cannot_be_made_is_reported(files, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert recognise.main(["--marked", str(tmp_path / "file" / "x"), files[0]]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("recognise.py: ")


def test_letters_in_a_row_are_refused(tmp_path, capsys):
    letters = [
        [(x + dx, y) for dx, y in ((0, 150), (25, 50), (50, 150), (12, 100))]
        for x in (40, 130, 220, 310)
    ]
    picture(letters, 5, (400, 200)).save(tmp_path / "letters.png")
    assert recognise.main([str(tmp_path / "letters.png")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "in a row" in err


def test_choices_are_those_of_the_segmenter(capsys):
    with pytest.raises(SystemExit):
        recognise.main(["--digits", "some"])
    error = capsys.readouterr().err
    assert all(choice in error for choice in pictures.DIGITS)


def test_two_narrow_digits_that_touch_are_a_number(tmp_path, capsys):
    file = str(tmp_path / "ten.png")
    tie = np.array([[101, 100], [120, 100]])
    strokes = one(101, 50), zero(120, 50, wide=55), tie
    ten = [[tuple(point) for point in stroke] for stroke in strokes]
    picture(ten, 5, (300, 200)).save(file)
    assert pictures.prepare(Image.open(file)).page is None, (
        "no wider than high: first read as one digit"
    )
    assert recognise.main([file]) == 0
    assert capsys.readouterr().out == f"{file}\t10\t{0.991**2:.4f}\n"

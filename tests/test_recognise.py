"""``recognise.py`` on picture files: output, order, and errors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import recognise
from data import canvas
from experiment import reading
from nn import Dense, Flatten, Sequential
from nn.convert import keras as convert_keras
from nn.convert import onnx as convert_onnx
from tests.pictures import LYING, UPRIGHT, save_line
from weights import SHIPPED

ROOT = Path(recognise.__file__).parent


class UprightModel:
    """Answers 1 for an upright line and 0 for a lying one; records the size of each batch."""

    def __init__(self):
        self.layers = []
        self.batches = []

    def predict_proba(self, images):
        self.batches.append(len(images))
        ink = np.asarray(images) > 0.5
        upright = ink.any(axis=2).sum(axis=1) > ink.any(axis=1).sum(axis=1)
        probabilities = np.full((len(images), 10), 0.01, np.float32)
        probabilities[np.arange(len(images)), upright.astype(int)] = 0.91
        return probabilities


@pytest.fixture
def model(monkeypatch):
    fake = UprightModel()
    monkeypatch.setattr(Sequential, "load", lambda path: fake)
    return fake


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.npz"
    path.write_bytes(SHIPPED.read_bytes())
    return path


def run(*command, **environment):
    """Run ``recognise.py`` in a process of its own."""
    return subprocess.run(
        [sys.executable, ROOT / "recognise.py", *command],
        env={**os.environ, **environment},
        capture_output=True,
        timeout=600,
    )


def test_a_line_has_file_digit_and_probability(model, tmp_path, capsys):
    files = [save_line(tmp_path / "b.png"), save_line(tmp_path / "a.jpg", LYING)]
    assert recognise.main(files) == 0
    out, err = capsys.readouterr()
    assert out == f"{files[0]}\t1\t0.9100\n{files[1]}\t0\t0.9100\n"
    assert err == ""


def test_names_are_printed_as_they_were_given(model, tmp_path, capsys, monkeypatch):
    save_line(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    assert recognise.main(["./a.png", "a.png", ".//a.png"]) == 0
    names = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["./a.png", "a.png", ".//a.png"]


def test_json_is_one_array_with_all_ten_probabilities(model, tmp_path, capsys):
    files = [save_line(tmp_path / "0.png"), save_line(tmp_path / "1.png", LYING)]
    assert recognise.main(["--json", *files]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [answer["file"] for answer in answers] == files
    assert [answer["digit"] for answer in answers] == [1, 0]
    assert [answer["probability"] for answer in answers] == [0.91, 0.91]
    assert answers[0]["probabilities"] == [0.01, 0.91] + [0.01] * 8


def test_pictures_run_in_batches_and_keep_order(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reading, "BATCH", 4)
    upright = [True, True, False, True, False, False, True, False, True, True]
    files = [
        save_line(tmp_path / f"{i}.png", UPRIGHT if up else LYING) for i, up in enumerate(upright)
    ]
    files.insert(5, str(tmp_path / "missing.png"))
    assert recognise.main(files) == 1
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == [file for file in files if "missing" not in file]
    assert [int(line[1]) for line in lines] == upright
    assert model.batches[1:] == [4, 4, 2]  # the first was the network's test on loading


def test_answers_come_before_later_pictures_are_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 2)
    file = save_line(tmp_path / "a.png")
    asked = []

    def names():
        for i in range(1000):
            asked.append(i)
            yield file

    def fail(error):
        raise error

    answers = recognise.recognise(UprightModel(), names(), fail)
    assert next(answers)[0] == file
    assert len(asked) == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_a_bad_file_costs_no_other_its_line(model, tmp_path, capsys, as_json):
    good = [save_line(tmp_path / "first.png"), save_line(tmp_path / "last.png", LYING)]
    empty, text = tmp_path / "empty.png", tmp_path / "text.png"
    empty.touch()
    text.write_text("not a picture")
    bad = [str(tmp_path / "missing.png"), str(empty), str(text)]
    flags = ["--json"] if as_json else []
    assert recognise.main([*flags, good[0], *bad, good[1]]) == 1
    out, err = capsys.readouterr()
    if as_json:
        read = [answer["file"] for answer in json.loads(out)]
    else:
        read = [line.split("\t")[0] for line in out.splitlines()]
    assert read == good
    complaints = err.splitlines()
    assert len(complaints) == len(bad)
    for complaint, file in zip(complaints, bad, strict=True):
        assert complaint.startswith("recognise.py: ")
        assert file in complaint


def test_a_blank_picture_holds_no_digit(model, tmp_path, capsys):
    blank = tmp_path / "blank.png"
    Image.new("L", (40, 40), 255).save(blank)
    assert recognise.main([str(blank)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"recognise.py: {blank}: blank")


def test_json_of_nothing_read_is_an_empty_array(model, tmp_path, capsys):
    assert recognise.main(["--json", str(tmp_path / "missing.png")]) == 1
    assert json.loads(capsys.readouterr().out) == []


def test_a_folder_stands_for_its_pictures(model, tmp_path, capsys):
    for name in ("b.PNG", "a.png", "c.tiff"):
        save_line(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture, and not asked for")
    assert recognise.main([str(tmp_path)]) == 0
    names = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert names == [str(tmp_path / name) for name in ("a.png", "b.PNG", "c.tiff")]


def test_an_empty_folder_is_reported_in_one_line(model, tmp_path, capsys):
    folder = tmp_path / "none"
    folder.mkdir()
    file = save_line(tmp_path / "a.png")
    assert recognise.main([str(folder), file]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(file)
    assert err.startswith(f"recognise.py: {folder}: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("content", [None, b"", b"not a network"])
def test_bad_weights_are_one_line_and_exit_2(tmp_path, capsys, content):
    path = tmp_path / "bad.npz"
    if content is not None:
        path.write_bytes(content)
    assert recognise.main(["--weights", str(path), save_line(tmp_path / "a.png")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("recognise.py: ")
    assert str(path) in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("stack", [False, True])
def test_overflow_in_one_image_spares_the_others(tmp_path, capsys, stack):
    """Ink all over overflows this network, a stroke does not."""
    model = Sequential([Flatten(), Dense(784, 10)])
    model.layers[1].params["w"][...] = 1e36
    if stack:
        images = np.zeros((40, 28, 28), np.uint8)
        images[:, 4:24, 13:15] = 255
        images[33] = 255
        np.save(tmp_path / "s.npy", images)
        names = [str(tmp_path / "s.npy")]
    else:
        blob = Image.new("L", (60, 60), 255)
        blob.paste(0, (3, 3, 57, 57))
        blob.save(tmp_path / "blob.png")
        names = [save_line(tmp_path / "a.png"), str(tmp_path / "blob.png")]
    errors = []
    answers = list(recognise.recognise(model, names, errors.append))
    assert len(answers) == (39 if stack else 1)
    (error,) = errors
    assert str(error).startswith(f"{names[0]}[33]" if stack else names[1])


def test_interrupted_json_is_still_valid(model, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(reading, "BATCH", 1)
    good, bad = save_line(tmp_path / "a.png"), str(tmp_path / "b.png")
    save_line(bad)
    opened = canvas.open_image

    def interrupt(file):
        if file == bad:
            raise KeyboardInterrupt
        return opened(file)

    monkeypatch.setattr(canvas, "open_image", interrupt)
    assert recognise.main(["--json", good, bad]) == 130
    assert [answer["file"] for answer in json.loads(capsys.readouterr().out)] == [good]


def test_ctrl_c_ends_quietly(model, monkeypatch, tmp_path, capsys):
    def interrupt(file):
        raise KeyboardInterrupt

    monkeypatch.setattr(canvas, "open_image", interrupt)
    assert recognise.main([save_line(tmp_path / "a.png")]) == 130
    assert capsys.readouterr() == ("", "")


def test_samples_are_read_by_default(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert recognise.main([]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == [os.path.join("samples", f"{d}.png") for d in range(10)]
    assert [int(line[1]) for line in lines] == list(range(10))


def test_samples_are_found_from_anywhere(model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert recognise.main([]) == 0
    names = [Path(line.split("\t")[0]) for line in capsys.readouterr().out.splitlines()]
    assert names == [ROOT / "samples" / f"{d}.png" for d in range(10)]


@pytest.mark.skipif(os.name == "nt", reason="a pipe without a reader is Unix's")
def test_a_closed_pipe_is_no_error(tmp_path, weights):
    file = save_line(tmp_path / "a.png")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, ROOT / "recognise.py", "--doubt=0", "--weights", weights, file, file],
            stdout=writer,
            env=os.environ | {"PYTHONUNBUFFERED": ""},
            stderr=subprocess.PIPE,
            timeout=600,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="such names are refused by other file systems")
def test_a_name_beyond_the_encoding_is_escaped(tmp_path, weights):
    folder = tmp_path / "é ü"
    folder.mkdir()
    odd = os.fsencode(folder / "a.png").replace(b"a.png", b"\xff.png")
    Path(save_line(folder / "a.png")).rename(os.fsdecode(odd))
    done = run("--doubt=0", "--weights", weights, os.fsdecode(odd), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.split(b"\t")[0].endswith(rb"/\xe9 \xfc/\udcff.png")


@pytest.mark.parametrize("ending", ["h5", "keras", "onnx"])
def test_a_converted_model_answers_like_ours(tmp_path, capsys, weights, ending):
    other = tmp_path / f"other.{ending}"
    write = convert_onnx.save if ending == "onnx" else convert_keras.save
    write(Sequential.load(weights), other)
    picture = save_line(tmp_path / "a.png")
    assert recognise.main(["--weights", str(weights), picture]) == 0
    expected = capsys.readouterr().out
    assert recognise.main(["--weights", str(other), picture]) == 0
    assert capsys.readouterr().out.split("\t")[:2] == expected.split("\t")[:2]

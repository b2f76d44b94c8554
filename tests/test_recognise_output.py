"""``recognise.py --output``: a table of answers, and reading only what is missing."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import recognise
from experiment import reading
from nn import Dense, Flatten, Sequential
from tests.pictures import LYING, save_line

ROOT = Path(__file__).parents[1]


@pytest.fixture
def files(tmp_path):
    np.save(tmp_path / "z.npy", np.random.default_rng(0).integers(1, 256, (3, 28, 28), np.uint8))
    pictures = [save_line(tmp_path / f"{i}.png", LYING) for i in range(4)]
    return [*pictures, str(tmp_path / "missing.png"), str(tmp_path / "z.npy")]


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_table_holds_what_would_be_printed(files, tmp_path, capsys):
    path = tmp_path / "answers.csv"
    assert recognise.main(files) == 1
    printed = capsys.readouterr().out
    assert recognise.main([*files, "--output", str(path)]) == 1, "one could not be read"
    out, err = capsys.readouterr()
    assert out == ""
    assert "missing.png" in err
    lines = (f"{r['file']}\t{r['text']}\t{float(r['probability']):.4f}" for r in table(path))
    assert list(lines) == printed.splitlines()


def test_resumed_it_reads_only_what_is_missing(files, tmp_path, monkeypatch, capsys):
    path, whole = tmp_path / "answers.csv", tmp_path / "whole.csv"
    recognise.main([*files, "--output", str(whole)])
    path.write_bytes(whole.read_bytes()[: whole.read_bytes().index(b"3.png") + 7])
    (tmp_path / "whole.csv.json").rename(tmp_path / "answers.csv.json")
    opened, prepare = [], reading.folders.prepare
    monkeypatch.setattr(
        reading.folders, "prepare", lambda file, find: opened.append(file) or prepare(file, find)
    )
    assert recognise.main([*files, "--output", str(path), "--resume"]) == 1
    assert opened == files[3:5], "the lost one, and the one that could not be read"
    texts, expected = ([(r["file"], r["text"]) for r in table(name)] for name in (path, whole))
    assert texts == expected, "probabilities may differ by rounding: the batches do"


def test_other_options_add_no_rows(files, tmp_path, capsys):
    path = tmp_path / "answers.csv"
    recognise.main([*files[:2], "--output", str(path)])
    before = path.read_bytes()
    other = tmp_path / "other.npz"
    Sequential([Flatten(), Dense(784, 10, rng=np.random.default_rng(0))]).save(other)
    for options, said in (
        (["--digits", "one"], "--digits auto, not one"),
        (["--weights", str(other), "--pixels", "0..1"], f"not {other} and --pixels auto, not 0..1"),
    ):
        capsys.readouterr()
        assert recognise.main([*files, "--output", str(path), "--resume", *options]) == 2
        last = capsys.readouterr().err.splitlines()[-1]
        assert last.startswith(f"recognise.py: {path}: its rows were read with ")
        assert said in last
    assert path.read_bytes() == before


FILL = """
import resource, signal, sys
import recognise
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
sys.exit(recognise.main([*sys.argv[2:], "--output", sys.argv[1]]))
"""


@pytest.mark.skipif(os.name != "posix", reason="such limits are POSIX's")
def test_a_full_disk_is_one_line(files, tmp_path, capsys):
    """The system refuses more than 2,000 bytes of a file, as a full disk would."""
    path = tmp_path / "answers.csv"
    many = [files[0]] * 40
    done = subprocess.run(
        [sys.executable, "-c", FILL, path, *many], cwd=ROOT, capture_output=True, text=True
    )
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"recognise.py: {path}: ")
    assert line.endswith(": make room, or write to another disk")
    assert done.returncode == 2
    assert path.stat().st_size == 2000
    assert recognise.main([*files, "--output", str(path), "--resume"]) == 1
    assert {row["file"] for row in table(path)} >= set(files[:4])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--output", "a.txt"], "'a.txt' must end in .csv or .parquet"),
        (["--resume"], "argument --resume: name the table with --output"),
        (["--json", "--output", "a.csv"], "argument --json: not with --output"),
    ],
)
def test_options_that_do_not_fit_are_one_line(arguments, says, capsys):
    with pytest.raises(SystemExit):
        recognise.main(arguments)
    assert says in capsys.readouterr().err.splitlines()[-1]


def test_an_existing_table_is_kept(files, tmp_path, capsys):
    path = tmp_path / "answers.csv"
    path.write_text("mine")
    assert recognise.main([files[0], "--output", str(path)]) == 2
    assert capsys.readouterr().err.endswith("exists: add --resume, or choose another name\n")
    assert path.read_text() == "mine"

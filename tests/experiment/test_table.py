"""Tables of answers: what they hold, and what a killed run left of them."""

import csv

import numpy as np
import pytest

from data.errors import DataError
from data.segments.symbols import Line, Reading, Symbol
from experiment import table
from experiment.answers import COLUMNS
from tests.conftest import missing

NAMES = ["a.png", 'odd, "quoted"\nname\r.png', "ü.png", "bytes\udcff.png", "digits.npy[0]"]


def digit(n, probability=0.75):
    proba = np.full(10, (1 - probability) / 9, np.float32)
    proba[n] = probability
    return proba


def number(*lines):
    box = (0.0, 0.0, 1.0, 1.0)
    return Reading(
        Line(Symbol(text, box, None, digit(int(text), 0.5)) for text in line) for line in lines
    )


ANSWERS = [*((name, digit(i)) for i, name in enumerate(NAMES)), ("sheet.png", number("12", "7"))]
ROWS = [
    *([name, "1", "1", str(i), "0.750000"] for i, name in enumerate(NAMES)),
    ["sheet.png", "1", "2", "12", "0.250000"],
    ["sheet.png", "2", "2", "7", "0.500000"],
]


def write(path, answers, resume=False):
    with table.writing(path, resume) as (append, done):
        append(answers)
    return done


def content(path):
    with open(path, newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.reader(file))


def test_a_row_is_a_digit_or_a_line(tmp_path):
    assert write(tmp_path / "new" / "a.csv", ANSWERS) == set()
    assert content(tmp_path / "new" / "a.csv") == [list(COLUMNS), *ROWS]


def test_answers_are_written_as_they_come(tmp_path):
    with table.writing(tmp_path / "a.csv", False) as (append, _):
        append(ANSWERS[:1])
        assert content(tmp_path / "a.csv") == [list(COLUMNS), ROWS[0]]


def test_killed_anywhere_it_resumes_to_the_same_table(tmp_path):
    path = tmp_path / "a.csv"
    write(path, ANSWERS)
    whole = path.read_bytes()
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        done = write(path, [], resume=True)
        kept = path.read_bytes()
        assert whole.startswith(kept)
        names = [name for name, _ in ANSWERS]
        assert done == set(names[: len(done)]), "an answer whose lines are complete is done"
        write(path, ANSWERS[len(done) :], resume=True)
        assert path.read_bytes() == whole
    assert len(done) == len(ANSWERS), "a complete table leaves nothing to do"


def test_nothing_is_written_over_without_a_word(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("precious")
    with pytest.raises(DataError, match=r"a\.csv: exists: add --resume, or choose another name"):
        write(path, ANSWERS)
    path.write_text("precious\n")
    with pytest.raises(DataError, match=r"a\.csv: not a table of answers, after byte 0"):
        write(path, ANSWERS, resume=True)
    assert path.read_text() == "precious\n"


def test_a_damaged_table_is_left_alone(tmp_path):
    path = tmp_path / "a.csv"
    write(path, ANSWERS)
    damaged = path.read_bytes().replace(b"a.png,1,1", b"a.png,1")
    path.write_bytes(damaged)
    with pytest.raises(DataError, match="not a table of answers, after byte 33"):
        write(path, [], resume=True)
    assert path.read_bytes() == damaged


@pytest.fixture
def parquet():
    try:
        import pyarrow.parquet
    except ImportError:
        missing("no pyarrow: python -m pip install -e '.[parquet]'")
    return pyarrow.parquet


def test_a_parquet_file_holds_the_same(tmp_path, parquet, monkeypatch):
    monkeypatch.setattr(table, "AT_ONCE", 3)
    path = tmp_path / "a.parquet"
    write(path, ANSWERS)
    assert [file.name for file in tmp_path.iterdir()] == ["a.parquet"]
    read = parquet.read_table(path)
    assert read.column_names == list(COLUMNS)
    assert read["file"].to_pylist()[3] == "bytes\\xff.png"
    rows = zip(*(column.to_pylist() for column in read.columns), strict=True)
    for i, (row, expected) in enumerate(zip(rows, ROWS, strict=True)):
        assert i == 3 or list(row) == [
            expected[0], *map(int, expected[1:3]), expected[3], float(expected[4])
        ]  # fmt: skip


def interrupted(answers):
    yield from answers
    raise KeyboardInterrupt


def test_a_killed_parquet_run_resumes(tmp_path, parquet):
    path = tmp_path / "a.parquet"
    with pytest.raises(KeyboardInterrupt):
        write(path, interrupted(ANSWERS[:3]))
    assert not path.exists()
    with pytest.raises(DataError, match=r"a\.parquet\.csv: exists: add --resume"):
        write(path, ANSWERS)
    assert write(path, ANSWERS[3:5], resume=True) == set(NAMES[:3])
    assert len(write(path, ANSWERS[5:], resume=True)) == 5, "a finished one can be added to"
    assert parquet.read_table(path)["text"].to_pylist() == [row[3] for row in ROWS]


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(DataError, match=r"pip install -e '\.\[parquet\]', or choose \.csv"):
        write(tmp_path / "a.parquet", ANSWERS)

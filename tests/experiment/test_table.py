"""Tables of answers: what they hold, and what a killed run left of them."""

import csv
import os
import sys

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


MADE = {"network": "1a2b", "--weights": "a.npz", "--pixels": "auto", "--digits": "auto"}


def write(path, answers, resume=False, **changes):
    with table.writing(path, resume, MADE | changes) as (append, done):
        append(answers)
    return done


def content(path):
    with open(path, newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.reader(file))


def test_a_row_is_a_digit_or_a_line(tmp_path):
    assert write(tmp_path / "new" / "a.csv", ANSWERS) == set()
    assert content(tmp_path / "new" / "a.csv") == [list(COLUMNS), *ROWS]


def test_answers_are_written_as_they_come(tmp_path):
    with table.writing(tmp_path / "a.csv", False, MADE) as (append, _):
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


OTHERS = [
    ({"--digits": "one"}, "with --digits auto, not one: use the same options, or choose another"),
    (
        {"network": "3c4d", "--weights": "b.h5", "--pixels": "0..255", "--digits": "one"},
        r"with --weights a\.npz, not b\.h5 and --pixels auto, not 0\.\.255 and --digits auto, not",
    ),
    ({"network": "3c4d"}, r"by another network than a\.npz now holds: choose another name"),
]


@pytest.mark.parametrize(("changes", "said"), OTHERS)
def test_rows_of_another_kind_are_not_added(tmp_path, changes, said):
    path = tmp_path / "a.csv"
    write(path, ANSWERS[:2])
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(DataError, match=rf"a\.csv: its rows were read {said}"):
        write(path, ANSWERS[2:], resume=True, **changes)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_same_network_of_another_name_resumes(tmp_path):
    path = tmp_path / "a.csv"
    write(path, ANSWERS[:2])
    more = {"--weights": "copy.npz", "--pixels": "0..1"}
    assert write(path, ANSWERS[2:], resume=True, **more) == set(NAMES[:2])


@pytest.mark.parametrize("record", [None, b"", b"{}", b"[" * 9999, bytes(1 << 17)])
def test_rows_of_unknown_kind_are_left_alone(tmp_path, record):
    path = tmp_path / "a.csv"
    write(path, ANSWERS[:2])
    before = path.read_bytes()
    (tmp_path / "a.csv.json").unlink()
    if record is not None:
        (tmp_path / "a.csv.json").write_bytes(record)
    with pytest.raises(DataError, match=r"a\.csv(\.json: exists|: how its rows were read is not)"):
        write(path, ANSWERS[2:], resume=True)
    assert path.read_bytes() == before


def test_a_table_without_rows_takes_any(tmp_path):
    path = tmp_path / "a.csv"
    write(path, [])
    write(path, ANSWERS[:1], resume=True, **{"--digits": "one"})
    assert write(path, ANSWERS[1:], resume=True, **{"--digits": "one"}) == {NAMES[0]}


def test_another_file_is_not_written_over(tmp_path):
    (tmp_path / "a.csv.json").write_text("precious")
    with pytest.raises(DataError, match=r"a\.csv\.json: exists, and is no record of a table"):
        write(tmp_path / "a.csv", ANSWERS)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["precious"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_named_pipe_is_no_table(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(OSError, match="a named pipe"):
        write(tmp_path / "a.csv", ANSWERS, resume=True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_two_runs_do_not_write_one_table(tmp_path):
    path = tmp_path / "a.csv"
    with table.writing(path, False, MADE) as (append, _):
        append(ANSWERS[:1])
        with pytest.raises(DataError, match=r"a\.csv: another run writes to it: choose another"):
            write(path, ANSWERS, resume=True)
    assert content(path)[1:] == ROWS[:1]


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
    with pytest.raises(DataError, match=r"a\.parquet: .* with --digits auto, not one: use the"):
        write(path, ANSWERS[5:], resume=True, **{"--digits": "one"})
    assert len(write(path, ANSWERS[5:], resume=True)) == 5, "a finished one can be added to"
    assert [file.name for file in tmp_path.iterdir()] == ["a.parquet"]
    assert parquet.read_table(path)["text"].to_pylist() == [row[3] for row in ROWS]


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DataError, match=r"pip install pyarrow, or choose \.csv"):
        write(tmp_path / "a.parquet", ANSWERS)

"""A table of answers in a file, CSV or Parquet, that a killed run can be resumed with.

Answers are appended to a CSV file as they come. A Parquet file cannot be appended to: its answers
are kept in a CSV file beside it, and written at the end.
"""

import csv
import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from data.errors import DataError
from experiment import origin
from experiment.answers import COLUMNS, Answer, rows
from experiment.origin import Origin
from guard.files import lock, open_file
from nn.saving.atomic import atomic_write

SUFFIXES = (".csv", ".parquet")
MAX_RECORD = 1 << 20  # bytes of one row, which may have line ends in a file's name
AT_ONCE = 65_536  # rows that are converted at a time
METADATA = b"how its rows were read"  # of a Parquet file's schema: its origin, as JSON
LOG = logging.getLogger(__name__)


@contextmanager
def writing(
    path: Path, resume: bool, made: Origin
) -> Iterator[tuple[Callable[[Iterable[Answer]], None], set[str]]]:
    """Open a table of answers for writing.

    Parameters
    ----------
    path : Path
        Its suffix is one of `SUFFIXES`.
    resume : bool
        Whether to keep the answers that are in the file, or in what a killed run left.
    made : dict of str
        How the answers are made; see `experiment.origin`.

    Yields
    ------
    write : callable
        Appends answers to the table, each at once.
    done : set of str
        Names of pictures and of images of stacks whose answers the table has.

    Raises
    ------
    DataError
        If the file exists and `resume` is False, if it is no table of answers or its answers were
        made in another way, if another process writes to it, or if pyarrow is missing.
    OSError
        If it cannot be written.
    """
    parquet = None if path.suffix.lower() == ".csv" else _pyarrow(path)
    journal = path if parquet is None else path.with_name(f"{path.name}.csv")
    for there in {path, journal}:
        if not resume and there.exists():
            raise DataError(f"{there}: exists: add --resume, or choose another name")
    origin.check_name(journal)
    journal.parent.mkdir(parents=True, exist_ok=True)
    if parquet and path.exists() and not journal.exists():
        _to_csv(parquet, path, journal, made)
    if journal.exists():
        open_file(journal).close()  # refuses a FIFO, for which the next line would wait
    with open(journal, "ab", buffering=0) as file:
        _lock(file, journal)
        done = _answered(journal) if file.tell() else set()
        if done:
            origin.check(journal, origin.load(journal), made)
        else:
            origin.save(journal, made)
        if not os.fstat(file.fileno()).st_size:
            file.write(_line(COLUMNS).encode())
        yield partial(_append, file, journal), done
    if parquet:
        _to_parquet(parquet, journal, path, made)
        journal.unlink()
        origin.beside(journal).unlink()


def _lock(file, path):
    """Lock a table, so that two runs do not write to it at a time."""
    try:
        trouble = lock(file.fileno())
    except BlockingIOError:
        raise DataError(f"{path}: another run writes to it: choose another name") from None
    if trouble:
        LOG.warning("%s: cannot be locked (%s): no other run may write to it", path, trouble)


def _pyarrow(path):
    """Return pyarrow's module for Parquet files."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise DataError(
            f"{path}: Parquet needs pyarrow: python -m pip install pyarrow, or choose .csv"
        ) from None
    return pyarrow.parquet


def _append(file, path, answers):
    for name, answer in answers:
        text = "".join(_line((*row, f"{p:.6f}")) for *row, p in rows(name, answer))
        content = text.encode("utf-8", "surrogateescape")
        try:
            while content:  # a full disk takes a part
                content = content[file.write(content) :]
        except OSError as error:  # it does not name the file
            raise OSError(error.errno, error.strerror, str(path)) from None


def _line(row):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()


def _answered(path):
    """Return the names that a table has all lines of; remove what follows the last of these."""
    done: set[str] = set()
    end = 0
    with open_file(path) as file:
        for after, (name, line, lines, _, _) in _records(path, file):
            if not end or line == lines:  # the titles, or an answer's last line
                end = after
                done.add(name)
    done.discard(COLUMNS[0])
    os.truncate(path, end)
    return done


def _records(path: Path, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Yield each complete row of a table, the titles too, and where it ends in the file."""
    record, end = b"", 0
    while piece := file.readline(MAX_RECORD):
        record += piece
        if len(record) > MAX_RECORD:
            break
        if not record.endswith(b"\n") or record.count(b'"') % 2:  # a line end within a name
            continue
        try:
            (row,) = csv.reader([record.decode("utf-8", "surrogateescape")])
        except (csv.Error, ValueError):
            break
        if len(row) != len(COLUMNS) or (not end and row != list(COLUMNS)):
            break
        end += len(record)
        yield end, row
        record = b""
    else:
        return  # a row that a killed run did not complete is left out
    raise DataError(f"{path}: not a table of answers, after byte {end:,}: choose another name")


def _to_parquet(parquet, journal, path, made):
    """Write a table's rows to a Parquet file, a part at a time."""
    import pyarrow

    types = (
        pyarrow.string(),
        pyarrow.int32(),
        pyarrow.int32(),
        pyarrow.string(),
        pyarrow.float32(),
    )
    schema = pyarrow.schema(
        list(zip(COLUMNS, types, strict=True)), metadata={METADATA: origin.dumps(made)}
    )
    with (
        open_file(journal) as file,
        atomic_write(path) as out,
        parquet.ParquetWriter(out, schema) as writer,
    ):
        records = (row for _, row in _records(journal, file))
        next(records, None)  # the titles
        part: list[tuple] = []
        for name, line, lines, text, probability in records:
            readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            part.append((readable, int(line), int(lines), text, float(probability)))
            if len(part) == AT_ONCE:
                writer.write_batch(_batch(schema, part))
                part.clear()
        writer.write_batch(_batch(schema, part))


def _batch(schema, rows):
    import pyarrow

    columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
    arrays = [
        pyarrow.array(list(column), field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pyarrow.record_batch(arrays, schema=schema)


def _to_csv(parquet, path, journal, made):
    """Write a Parquet file's rows to a table that can be appended to."""
    try:
        source = parquet.ParquetFile(path)
        if source.schema_arrow.names != list(COLUMNS):
            raise ValueError("other columns")
        saved = (source.schema_arrow.metadata or {}).get(METADATA, b"")
        origin.check(path, origin.loads(saved), made)
        origin.save(journal, made)
        with atomic_write(journal) as file:
            file.write(_line(COLUMNS).encode())
            for part in source.iter_batches(AT_ONCE):
                for *row, p in zip(*(column.to_pylist() for column in part), strict=True):
                    file.write(_line((*row, f"{p:.6f}")).encode())
    except DataError:
        raise
    except (ValueError, TypeError) as error:  # pyarrow's errors are ValueErrors
        raise DataError(f"{path}: not a table of answers: choose another name") from error

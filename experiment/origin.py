"""How the rows of a table of answers were read: a table is resumed in the same way, or not at all.

A CSV file must stay one that a spreadsheet opens, so this stands in a small JSON file beside it,
``answers.csv.json``; in a Parquet file it stands in the schema's metadata.
"""

import json
import os
from pathlib import Path

from data.errors import DataError
from guard.files import read_file
from nn import Sequential
from nn.saving.atomic import atomic_write
from weights.hand.store import fingerprint

Origin = dict[str, str]
"""The hash of the network, the options that chose it, and the others that decide rows."""

NETWORK = "network"
CHOOSES = ("--weights", "--pixels")
"""Options that choose the network. They are compared only to say why it is another one."""

DECIDES = ("--digits",)
"""Options that decide what is read, whatever the network."""

NAMES = (NETWORK, *CHOOSES, *DECIDES)
MAX_BYTES = 1 << 16
"""Size of the file; it has a few hundred bytes."""


def describe(
    model: Sequential, weights_file: str | os.PathLike, pixels: str | None, digits: str
) -> Origin:
    """Return what decides the rows: the network as it is used, and the options."""
    return {
        NETWORK: fingerprint(model),
        "--weights": os.fspath(weights_file),
        "--pixels": pixels or "auto",
        "--digits": digits,
    }


def beside(table: Path) -> Path:
    """Return the file that says how the rows of a CSV file were read."""
    return table.with_name(f"{table.name}.json")


def dumps(origin: Origin) -> bytes:
    """Return an origin as JSON."""
    return (json.dumps(origin, indent=1) + "\n").encode()


def loads(text: bytes) -> Origin | None:
    """Return an origin from JSON; None if the text is not one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(found, dict) and all(isinstance(found.get(n), str) for n in NAMES)
    return {name: found[name] for name in NAMES} if is_one else None


def load(table: Path) -> Origin | None:
    """Return the origin beside a CSV file; None if there is none."""
    try:
        return loads(read_file(beside(table), MAX_BYTES))
    except (FileNotFoundError, ValueError):
        return None


def save(table: Path, origin: Origin) -> None:
    """Write the origin beside a CSV file.

    Raises
    ------
    DataError
        If another file has its name.
    OSError
        If it cannot be written.
    """
    check_name(table)
    with atomic_write(beside(table)) as file:
        file.write(dumps(origin))


def check_name(table: Path) -> None:
    """Raise DataError if the origin of a CSV file would be written over another file."""
    path = beside(table)
    if os.path.lexists(path) and load(table) is None:
        raise DataError(f"{path}: exists, and is no record of a table: move it, or choose another "
                        "name for the table")  # fmt: skip


def check(table: Path, saved: Origin | None, current: Origin) -> None:
    """Check that a table's rows were read as further ones would be.

    Raises
    ------
    DataError
        If not, or if it is not known. The message names what differs, in one line.
    """
    if saved is None:
        where = beside(table).name if table.suffix.lower() == ".csv" else "its metadata"
        raise DataError(
            f"{table}: how its rows were read is not known, for {where} is missing or damaged: "
            "choose another name"
        )
    found = [name for name in DECIDES if saved[name] != current[name]]
    if saved[NETWORK] != current[NETWORK]:
        chosen = [name for name in CHOOSES if saved[name] != current[name]]
        if not chosen:
            raise DataError(
                f"{table}: its rows were read by another network than {current['--weights']} now "
                "holds: choose another name"
            )
        found = chosen + found
    if found:
        pairs = " and ".join(f"{name} {saved[name]}, not {current[name]}" for name in found)
        raise DataError(
            f"{table}: its rows were read with {pairs}: use the same options, or choose another "
            "name"
        )

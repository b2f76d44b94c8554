"""Untrusted HDF5 files: read only what is stored in the file itself.

HDF5 can refer to other files (external links, external storage, virtual datasets), contain cycles
(soft links) and declare huge arrays that are not stored. All of these are refused.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from guard.budget import charge

from ...saving.npz import MAX_ARCHIVE_BYTES
from ..errors import import_optional

MAX_ENTRIES = 20_000
"""Groups and arrays that a file may have."""

MAX_DEPTH = 24
"""Groups in one another."""


@contextmanager
def open_file(file: BinaryIO) -> Iterator:
    """Open an HDF5 file for reading, as ``h5py.File``."""
    h5py = import_optional("h5py")
    with h5py.File(file, "r") as opened:
        yield opened


def find(group, path: str):
    """Return the group or dataset at ``path`` in ``group``.

    Raises
    ------
    ValueError
        If it is missing, or part of the path is not a hard link.
    """
    h5py = import_optional("h5py")
    for name in path.strip("/").split("/"):
        link = group.get(name, getlink=True) if isinstance(group, h5py.Group) else None
        if link is None:
            raise ValueError(f"{path!r} is missing from the file")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{path!r} is a link, which is not followed")
        group = group[name]
    return group


def find_array(group, path: str):
    """Return the dataset at ``path``, checked but not yet read.

    Raises
    ------
    ValueError
        If it is not a dataset, is stored elsewhere, or is larger in memory than in the file.
    """
    return check_array(find(group, path), path)


def check_array(dataset, path: str):
    """Return a dataset, checked but not yet read; raise ValueError as `find_array` does."""
    if not isinstance(dataset, import_optional("h5py").Dataset):
        raise ValueError(f"{path!r} is not an array")
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{path!r} is stored in another file, which is not read")
    if not dataset.id.get_storage_size() >= dataset.nbytes <= MAX_ARCHIVE_BYTES:
        raise ValueError(f"{path!r} is compressed, not stored or too large")
    return dataset


def datasets(group, inside: str = "") -> dict[str, Any]:
    """Return all datasets below a group by path, neither checked nor read.

    Until Keras 2.15, archives made on Windows have backslashes in their names.

    Raises
    ------
    ValueError
        If there are more than `MAX_ENTRIES`, or groups are nested deeper than `MAX_DEPTH`.
    """
    h5py = import_optional("h5py")
    found: dict[str, Any] = {}
    waiting, seen = [(inside, group, 0)], 0
    while waiting:
        inside, group, depth = waiting.pop()
        for name in group:
            seen += 1
            charge(items=1)
            if seen > MAX_ENTRIES or depth > MAX_DEPTH:
                raise ValueError("it holds too many groups and arrays, or nests them too deeply")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            path, entry = f"{inside}{name}".replace("\\", "/"), group[name]
            if isinstance(entry, h5py.Group):
                waiting.append((f"{path}/", entry, depth + 1))
            else:
                found[path] = entry
    return found


def text(value: Any) -> str:
    """Return a text attribute, which HDF5 may give as bytes."""
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {type(value).__name__}")
    return value


def text_list(group, name: str) -> list[str]:
    """Return an attribute that lists texts; Keras splits long ones into NAME0, NAME1, ..."""
    if name in group.attrs:
        return [text(value) for value in group.attrs[name]]
    found, i = [], 0
    while f"{name}{i}" in group.attrs:
        found += [text(value) for value in group.attrs[f"{name}{i}"]]
        i += 1
    return found


def parse_description(document: str | bytes) -> dict[str, Any]:
    """Return the JSON object in ``document``.

    Raises
    ------
    ValueError
        If it is not a JSON object.
    """
    try:
        value = json.loads(document)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError("its description is not the JSON of a model")
    return value

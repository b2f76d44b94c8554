"""HDF5 files of strangers: read what is stored in the file itself, and no more than that.

HDF5 can point into other files (external links, external storage, virtual datasets), go round in
circles (soft links) and claim huge arrays that take no room in the file. None of that is followed.
"""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...saving.npz import MAX_ARCHIVE_BYTES
from ..errors import library


@contextmanager
def opened(file: str | os.PathLike | io.BytesIO) -> Iterator:
    """Open an HDF5 file for reading, as ``h5py.File``."""
    h5py = library("h5py")
    with h5py.File(file, "r") as opened_file:
        yield opened_file


def within(group, path: str):
    """Return the group or dataset at ``path`` below ``group``, reached by hard links alone.

    Raises
    ------
    ValueError
        If there is none, or the way there is a link.
    """
    h5py = library("h5py")
    for name in path.strip("/").split("/"):
        link = group.get(name, getlink=True) if isinstance(group, h5py.Group) else None
        if link is None:
            raise ValueError(f"the file holds no {path!r}")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{path!r} is a link to elsewhere, which is not followed")
        group = group[name]
    return group


def array(group, path: str):
    """Return the dataset at ``path``, not read yet, once all of it is seen to be in the file.

    Raises
    ------
    ValueError
        If it is none, is stored elsewhere, or takes more room in memory than in the file.
    """
    dataset = within(group, path)
    if not isinstance(dataset, library("h5py").Dataset):
        raise ValueError(f"{path!r} is no array")
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{path!r} is stored in another file, which is not followed")
    if not dataset.id.get_storage_size() >= dataset.nbytes <= MAX_ARCHIVE_BYTES:
        raise ValueError(f"{path!r} is compressed, not stored or too large")
    return dataset


def text(value: Any) -> str:
    """Return an attribute as text; HDF5 may give it as bytes."""
    value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {type(value).__name__}")
    return value


def texts(group, name: str) -> list[str]:
    """Return an attribute that is a list of names; Keras splits long ones: NAME0, NAME1, ..."""
    if name in group.attrs:
        return [text(value) for value in group.attrs[name]]
    found, i = [], 0
    while f"{name}{i}" in group.attrs:
        found += [text(value) for value in group.attrs[f"{name}{i}"]]
        i += 1
    return found


def decoded(document: str | bytes) -> dict[str, Any]:
    """Return the JSON object in ``document``.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        value = json.loads(document)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError("its description is not the JSON of a model")
    return value

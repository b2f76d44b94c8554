"""MNIST: find its four files, or download and verify them, and read them.

Each set, "train" and "test", is a pair of IDX files, plain or gzipped: images and labels.

The folder is the caller's; if none is given, the one in the environment variable MNIST_DIR; if
that is not set, the cache, to which missing files are downloaded. A missing file in a folder that
was named is an error, because whoever names a folder wants the digits in it. Local files are
checked for their structure, not their checksum, so that other sets in this format can be read.

References
----------
LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition",
Proceedings of the IEEE 86 (11), 1998, section III.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data import idx
from data.download import DownloadError, fetch
from data.errors import DataError
from guard.terminal import say

Folder = str | os.PathLike[str]

SPLITS = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SHA256 = {  # of the gzipped files on the mirrors
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
ROOT = Path(__file__).parents[1]
CACHE = (
    ROOT / "data" / "cache"
    if (ROOT / "setup.cfg").is_file()  # a checkout; an installed package may not be writable
    else Path(os.path.expanduser(os.environ.get("XDG_CACHE_HOME") or "~/.cache"), "handmade-digits")
)

IMAGE_SHAPE = (28, 28)
SIZE = "12 MB"  # of the four gzipped files
TIMEOUT = 20.0  # seconds without data from a mirror

NAME_A_FOLDER = "name the folder of MNIST's four files with --data-dir or MNIST_DIR"


class NoDataError(DataError):
    """MNIST is not on this machine, and no mirror provides it."""


def load(
    split: str, directory: Folder | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read a set of MNIST; download it first if no folder is named and the cache lacks a file.

    Parameters
    ----------
    split : {"train", "test"}
        60,000 and 10,000 digits.
    directory : path, optional
        Folder of the files. Default: the folder in MNIST_DIR, or else the cache.

    Returns
    -------
    images : ndarray, uint8, (N, 28, 28)
        0 is paper, 255 is ink.
    labels : ndarray, uint8, (N,)
        In [0, 9].

    Raises
    ------
    ValueError
        If `split` is neither "train" nor "test".
    NoDataError
        If no folder is named, the cache lacks a file and no mirror provides it.
    DataError
        If the named folder lacks a file, a file is damaged, or the cache cannot be written.
    OSError
        If a file exists and cannot be opened.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be 'train' or 'test', not {split!r}")
    folder = _folder(split, directory)
    images_path, labels_path = (_local(folder, name) for name in SPLITS[split])
    images = idx.read(images_path, IMAGE_SHAPE)
    labels = idx.read(labels_path, ())
    if len(images) != len(labels):
        fault = f"holds {len(labels)} labels for the {len(images)} images of {images_path.name}"
        raise idx.unusable(labels_path, fault)
    if labels.max() > 9:
        index = int(np.argmax(labels > 9))
        raise idx.unusable(labels_path, f"says that image {index} is a {labels[index]}, not 0 to 9")
    return images, labels


def find_local(directory: Folder | None = None) -> Path | None:
    """Return the folder that `load` would read, or None if it lacks one of the four files.

    Nothing is downloaded, and no file is opened.
    """
    folder = _named_folder(directory) or CACHE
    return None if _lacking(folder, SHA256) else folder


def download(folder: Path, mirrors: Sequence[str], timeout: float) -> None:
    """Say so on stderr, download the files that a folder lacks, and verify their checksums.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.
    mirrors : sequence of str
        URLs ending in "/". After a failure the next mirror is asked for the remaining files.
    timeout : float
        Longest time without data from a mirror, seconds.

    Raises
    ------
    NoDataError
        If every mirror fails.
    DataError
        If the folder cannot be written.
    """
    failures = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        say("MNIST", f"not on this machine: downloading it, {SIZE}, to {folder}")
        for mirror in mirrors:
            try:
                for file in _lacking(folder, SHA256):
                    fetch(mirror + file, folder / file, SHA256[file.removesuffix(".gz")], timeout)
                return
            except DownloadError as error:
                failures.append(str(error))
    except OSError as error:
        raise DataError(
            f"cannot save MNIST in {folder} ({error.strerror}); "
            f"make it a writable folder, or {NAME_A_FOLDER}"
        ) from error
    raise NoDataError(
        f"MNIST is not on this machine and cannot be downloaded ({'; '.join(failures)}); "
        f"connect to the network, or {NAME_A_FOLDER}"
    )


def _folder(split: str, directory: Folder | None) -> Path:
    """Return the folder to read `split` from; download to the cache what it lacks."""
    folder = _named_folder(directory)
    if folder is None:
        if _lacking(CACHE, SHA256):  # all four files: training ends with the test set
            download(CACHE, MIRRORS, TIMEOUT)
        return CACHE
    if lacking := _lacking(folder, SPLITS[split]):
        state = "lacks" if folder.is_dir() else "is not a folder with"
        raise DataError(
            f"{folder} {state} {' and '.join(lacking)}; "
            f"{NAME_A_FOLDER}, or name none to have them downloaded"
        )
    return folder


def _named_folder(directory: Folder | None) -> Path | None:
    named = os.environ.get("MNIST_DIR") or None if directory is None else directory
    return None if named is None else Path(os.path.expanduser(named))


def _local(folder: Path, name: str) -> Path:
    """Return the path of a file, gzipped if there is such a file, else plain."""
    # Gzipped first: if both exist, an interrupted gunzip may have left the plain one.
    gzipped = folder / f"{name}.gz"
    return gzipped if gzipped.is_file() else folder / name


def _lacking(folder: Path, names: Iterable[str]) -> list[str]:
    return [f"{name}.gz" for name in names if not _local(folder, name).is_file()]

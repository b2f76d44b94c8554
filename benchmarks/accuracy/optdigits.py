"""Read scans in two tones from UCI's optdigits.

References
----------
Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
1998.
"""

import gzip
import zlib
from pathlib import Path

import numpy as np

from data.errors import DataError

SIDE = 32
"""Lines of a scan, and characters of a line."""


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read scans and their labels; a file whose name ends in ".gz" is decompressed.

    Each scan is 32 lines of 32 characters, 1 for ink and 0 for paper, and a line with the label.
    Lines before the first scan, such as a header of other text, are skipped.

    Parameters
    ----------
    path : Path

    Returns
    -------
    images : ndarray, uint8, (N, 32, 32)
        255 is ink.
    labels : ndarray, int, (N,)

    Raises
    ------
    DataError
        If the file holds no scans, or a scan is not of this form.
    OSError
        If the file cannot be opened.
    """
    opened = gzip.open if Path(path).suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="ascii", errors="replace") as file:
            lines = file.read().splitlines()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: not compressed by gzip: {error}") from None
    lines = [line for line in lines if line.strip()]
    first = next((i for i, line in enumerate(lines) if _is_row(line)), len(lines))
    images, labels = [], []
    for start in range(first, len(lines), SIDE + 1):
        rows, label = lines[start : start + SIDE], "".join(lines[start + SIDE :][:1]).strip()
        if not all(map(_is_row, rows)) or label not in set("0123456789"):
            raise DataError(
                f"{path}: scan {len(labels) + 1} is not {SIDE} lines of {SIDE} times 0 or 1, "
                "and a digit"
            )
        images.append([list(row.encode()) for row in rows])
        labels.append(int(label))
    if not labels:
        raise DataError(f"{path}: no scan of {SIDE} lines of {SIDE} times 0 or 1 in it")
    return (np.array(images, np.uint8) - ord("0")) * np.uint8(255), np.array(labels)


def _is_row(line):
    return len(line) == SIDE and set(line) <= {"0", "1"}

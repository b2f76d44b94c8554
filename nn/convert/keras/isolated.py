"""Reading in a process of its own: for files that may hang or crash the library that reads them.

HDF5 is read by a library in C. A damaged file can send it round in circles, where neither Ctrl-C
nor another thread of Python ends it, or crash it. So a process of its own does the reading: it
leaves the network in a file of ours, or its refusal as one line, or it is ended.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ...model import Sequential
from ..errors import ConversionError

SECONDS = 30.0
"""How long a file is read, at most; it takes one, most of it Python's start."""

REFUSED = 2
"""The exit status of a reader that printed why."""

ROOT = Path(__file__).parents[3]


def read_isolated(module: str, path: str | os.PathLike) -> Sequential:
    """Return the network that ``python -m MODULE PATH OUT`` leaves in OUT.

    Parameters
    ----------
    module : str
        Its program calls `answer`.
    path : path
        The file to read.

    Raises
    ------
    ConversionError
        If it refuses the file, takes longer than `SECONDS`, or crashes.
    """
    # -P: what lies in the user's folder under a module's name is not imported.
    program = [sys.executable, "-P", "-W", "ignore", "-m", module]
    places = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    more = {"PYTHONPATH": os.pathsep.join(filter(None, places)), "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "model.npz")
        try:
            done = subprocess.run(
                [*program, os.fspath(path), str(out)],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS,
                encoding="utf-8", errors="replace", env=os.environ | more,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ConversionError(
                f"{path}: cannot be used: it is damaged, {SECONDS:.0f} seconds were not enough"
            ) from None
        if done.returncode == 0:
            return Sequential.load(out)
    if done.returncode != REFUSED:
        raise ConversionError(f"{path}: cannot be used: it is damaged and crashes what reads it")
    raise ConversionError(done.stderr.strip().splitlines()[-1])


def answer(read, path: str, out: str) -> int:
    """Be the program that `read_isolated` starts: read, save; return the exit status."""
    try:
        read(path).save(out)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0

"""Read a file in a child process, because the library that reads it may hang or crash.

HDF5 is a C library. A damaged file can make it loop, where neither Ctrl-C nor another Python thread
can stop it, or crash it. The child writes the network to a model file or prints a one-line error;
after `SECONDS` it is killed.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ...model import Sequential
from ..errors import ConversionError

SECONDS = 30.0
"""Timeout. A valid file takes about one second, most of which is Python's start."""

REFUSED = 2
"""Exit status of a child that printed why it refused the file."""

ROOT = Path(__file__).parents[3]


def read_isolated(module: str, path: str | os.PathLike) -> Sequential:
    """Return the network that ``python -m MODULE PATH OUT`` writes to OUT.

    Parameters
    ----------
    module : str
        A program that calls `child_main`.
    path : path-like
        The file to read.

    Raises
    ------
    ConversionError
        If the child refuses the file, crashes, or takes longer than `SECONDS`.
    """
    # -P: do not import modules that happen to be in the user's folder.
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
                f"{path}: cannot be used: it is damaged; reading it took over {SECONDS:.0f} seconds"
            ) from None
        if done.returncode == 0:
            return Sequential.load(out)
    if done.returncode != REFUSED:
        raise ConversionError(f"{path}: cannot be used: it is damaged; reading it crashed")
    raise ConversionError(done.stderr.strip().splitlines()[-1])


def child_main(read, path: str, out: str) -> int:
    """Read ``path`` with ``read``, save the network to ``out``, and return the exit status."""
    try:
        read(path).save(out)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0

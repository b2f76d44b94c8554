"""A reader that refuses, hangs or crashes, as the file says; for `test_isolated`."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from nn import Dense, Flatten, Sequential
from nn.convert.keras.isolated import child_main


def read(path):
    """Read, refuse, hang or crash, after a warning on stderr."""
    what = Path(path).read_text()
    print("a warning of the library", file=sys.stderr)
    if what == "refuse":
        raise ValueError(f"{path}: refused as asked")
    if what == "hang":
        time.sleep(600)
    if what == "crash":
        os.abort()
    return Sequential([Flatten(), Dense(4, 3, rng=np.random.default_rng(0))])


if __name__ == "__main__":
    sys.exit(child_main(read, *sys.argv[1:]))

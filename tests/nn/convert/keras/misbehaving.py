"""A reader that refuses, hangs, crashes or takes too much, as the file says."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from nn import Dense, Flatten, Sequential
from nn.convert.keras.isolated import child_main


def read(path):
    """Read, refuse, hang, crash or take too much, after a warning on stderr."""
    what = Path(path).read_text()
    print("a warning of the library", file=sys.stderr)
    if what == "refuse":
        raise ValueError(f"{path}: refused as asked")
    if what == "hang":
        time.sleep(600)
    while what == "compute":
        pass
    if what == "allocate":
        return [bytes(1 << 20) for _ in range(2000)]
    if what == "crash":
        os.abort()
    return Sequential([Flatten(), Dense(4, 3, rng=np.random.default_rng(0))])


if __name__ == "__main__":
    sys.exit(child_main(read, *sys.argv[1:]))

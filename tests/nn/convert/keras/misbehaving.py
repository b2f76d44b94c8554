"""A reader as bad as can be: the file says what befalls it. See `test_isolated`."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from nn import Dense, Flatten, Sequential
from nn.convert.keras.isolated import answer


def read(path):
    """Read, refuse, hang or crash, after a warning."""
    what = Path(path).read_text()
    print("a warning of the library", file=sys.stderr)
    if what == "refuse":
        raise ValueError(f"{path}: it is not to my taste")
    if what == "hang":
        time.sleep(600)
    if what == "crash":
        os.abort()
    return Sequential([Flatten(), Dense(4, 3, rng=np.random.default_rng(0))])


if __name__ == "__main__":
    sys.exit(answer(read, *sys.argv[1:]))

"""Digits that a taught network must go on answering as before, and their features.

They are training images of MNIST where it is on this machine, else synthetic ones. Their features
take seconds to compute and depend on the network alone, so they are kept in the user's cache.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from data import mnist
from data.errors import DataError
from nn import Sequential
from nn.saving.limits import check_numbers
from nn.saving.npz import MAX_MODEL_BYTES, read_arrays, write_arrays
from nn.training import vote
from weights.hand.store import NAME, fingerprint

COUNT = 2000
"""Most digits that are rehearsed."""

MOST_FLOATS = 1 << 22
"""Most floats that their features take: 16 MiB."""

SEED = 1
ROOT = Path(__file__).parents[2]


def load(model: Sequential) -> np.ndarray:
    """Return the features of the rehearsed digits, from the cache if they are there.

    Parameters
    ----------
    model : Sequential
        The network before it was taught.

    Returns
    -------
    ndarray, shape (N, in_features)

    Raises
    ------
    ValueError
        If the network has no vote.
    DataError
        If there is no MNIST and the synthetic digits cannot be drawn.
    """
    size = model.layers[vote.vote_of(model)].config["in_features"]
    count = min(COUNT, MOST_FLOATS // size)
    source = "synthetic" if mnist.find_local() is None else "MNIST"
    purpose, path = f"{fingerprint(model)} {source} {count} {SEED}", cache_file()
    try:
        arrays = read_arrays(path, MAX_MODEL_BYTES)
        found = arrays["features"]
        check_numbers("features", found)
        if str(arrays["purpose"]) == purpose and found.ndim == 2 and found.shape[1] == size:
            return found
    except (OSError, ValueError, KeyError):
        pass  # missing, damaged or of another network: it is made anew
    features = vote.features(model, digits(count))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, {"purpose": np.array(purpose), "features": features}, MAX_MODEL_BYTES)
    except OSError:
        pass  # no room or no permission: the next start computes them again
    return features


def cache_file() -> Path:
    """Return the file that keeps the features."""
    import platformdirs  # imported late: other commands start without it

    return platformdirs.user_cache_path(NAME, appauthor=False) / "rehearsal.npz"


def digits(count: int) -> np.ndarray:
    """Return ``count`` digits, uint8 (count, 28, 28): the same ones every time."""
    folder = mnist.find_local()
    if folder is not None:
        try:
            images, _ = mnist.load("train", folder)
            return images[chosen(len(images), count)]
        except (DataError, OSError):
            pass  # damaged files: take synthetic digits
    return _synthetic(count)


def chosen(images: int, count: int) -> np.ndarray:
    """Return the indices of those of MNIST's training images that are rehearsed."""
    return np.random.default_rng(SEED).permutation(images)[:count]


DRAW = """
import sys
import numpy as np
from data.synthetic import handwriting
images, _ = handwriting.batch(int(sys.argv[1]), np.random.default_rng(int(sys.argv[2])))
np.save(sys.stdout.buffer, images)
"""


def _synthetic(count):
    """Draw synthetic digits in a process of its own: what draws them imports numba.

    Without compilation they take a second; compiling would take a minute.
    """
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-c", DRAW, str(count), str(SEED)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, check=True)
        return np.load(io.BytesIO(done.stdout), allow_pickle=False)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise DataError(
            "no digits to rehearse: MNIST is not on this machine, and drawing synthetic digits "
            f"failed ({type(error).__name__}); set MNIST_DIR to the folder of MNIST's files"
        ) from None

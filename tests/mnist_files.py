"""Small files in MNIST's form, for the tests that start a command."""

import numpy as np

from data import mnist


def write_idx(file, array):
    """Write an array of uint8 as an IDX file."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    file.write_bytes(header + array.astype(np.uint8).tobytes())


def write_noise(folder, *, train=24, test=12):
    """Write the four files of MNIST: so many images of noise, labelled 0 to 9 in turn."""
    rng = np.random.default_rng(0)
    for split, n in (("train", train), ("test", test)):
        images, labels = mnist.SPLITS[split]
        write_idx(folder / images, rng.integers(0, 256, (n, 28, 28)))
        write_idx(folder / labels, np.arange(n) % 10)

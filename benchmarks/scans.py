"""Digits as other sources scan them: ``python -m benchmarks.scans``.

MNIST's validation images, which the shipped network was not trained on, are made into scans of
other sizes and depths, light on dark and dark on light, and read as ``recognise.py`` reads
pictures.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import train
import weights
from data import mnist
from data.canvas import from_image
from data.errors import DataError
from experiment.options import at_least
from nn import ModelFileError, Sequential, fuse
from nn.training.trainer import evaluate

from .results import table, write

THRESHOLD = 110
"""Of 255: what a scan in two tones takes for ink."""


def greys(digit: np.ndarray, side: int = 16) -> np.ndarray:
    """Return a digit as large as a square of ``side`` holds, in the middle of it."""
    inside = _without_margins(digit)
    height, width = (max(1, round(size * side / max(inside.shape))) for size in inside.shape)
    top, left = (side - height) // 2, (side - width) // 2
    scan = np.zeros((side, side), np.uint8)
    scan[top : top + height, left : left + width] = _resized(inside, height, width)
    return scan


def stretched(digit: np.ndarray, side: int = 16) -> np.ndarray:
    """Return a digit that fills a square of ``side``, whatever its shape was."""
    return _resized(_without_margins(digit), side, side)


def two_tones(digit: np.ndarray) -> np.ndarray:
    """Return a digit of 32x32 pixels, each of them 0 or 255."""
    return np.where(greys(digit, 32) > THRESHOLD, 255, 0).astype(np.uint8)


def _without_margins(digit):
    rows, columns = (np.flatnonzero(digit.any(axis=axis)) for axis in (1, 0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(image, height, width):
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


KINDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "16x16 greys": greys,
    "16x16 greys, stretched to fill them": stretched,
    "32x32 in two tones": two_tones,
}


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.scans", description=__doc__.split(":")[0]
    )
    add = parser.add_argument
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE", help="a saved network")
    add("--data-dir", type=Path, help="folder of the four MNIST files")
    add("--images", type=at_least(int, 1), default=1_000, help="how many (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the figures")
    args = parser.parse_args(argv)
    try:
        model = fuse(weights.load(args.weights))
        images, labels = mnist.load("train", args.data_dir)
        chosen = train.held_out(len(labels))[0][: args.images]
        run(model, images[chosen], labels[chosen], args)
    except (DataError, ModelFileError, OSError) as error:
        print(f"benchmarks.scans: {error}", file=sys.stderr)
        return 2
    return 0


def run(model: Sequential, digits: np.ndarray, labels: np.ndarray, args) -> None:
    """Scan, read, print and write."""
    rows, figures = [], {}
    for name, scan in KINDS.items():
        scans = [scan(digit) for digit in digits]
        right = []
        for paper in (0, 255):
            seen = np.stack([from_image(Image.fromarray(one ^ np.uint8(paper))) for one in scans])
            right.append(evaluate(model, seen, labels)[1])
        rows.append([name, *(f"{share:.1%}" for share in right)])
        figures[name] = dict(zip(("light on dark", "dark on light"), right, strict=True))
    print(f"{len(labels):,} validation images")
    print(table(["", "light on dark", "dark on light"], rows))
    if args.json:
        write(args.json, figures)


if __name__ == "__main__":
    sys.exit(main())

"""Accuracy on scans of other sizes and depths: ``python -m benchmarks.scans``.

MNIST's validation images, on which the shipped network was not trained, are turned into scans
(`benchmarks.accuracy.scans`), light on dark and dark on light, and read as ``recognise.py`` reads
pictures.
"""

import argparse
import sys
from pathlib import Path

import weights
from data import mnist
from data.errors import DataError
from experiment.arguments import at_least
from experiment.digits import held_out
from nn import ModelFileError, fuse

from .accuracy.scans import PAPERS, accuracies
from .results import table, write


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.scans", description=__doc__.split(":")[0]
    )
    add = parser.add_argument
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE",
        help="network to measure (default: the shipped one)")  # fmt: skip
    add("--data-dir", type=Path, help="folder of the four MNIST files")
    add("--images", type=at_least(int, 1), default=1_000, help="images to scan (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args(argv)
    try:
        model = fuse(weights.load(args.weights))
        images, labels = mnist.load("train", args.data_dir)
        chosen = held_out(len(labels))[0][: args.images]
        figures = accuracies(model, images[chosen], labels[chosen])
        print(f"{len(chosen):,} validation images")
        rows = [[kind, *(f"{x:.1%}" for x in row.values())] for kind, row in figures.items()]
        print(table(["", *PAPERS], rows))
        if args.json:
            write(args.json, figures)
    except (DataError, ModelFileError, OSError) as error:
        print(f"benchmarks.scans: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

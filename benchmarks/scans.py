"""Accuracy on scans of other sizes and depths: ``python -m benchmarks.scans``.

MNIST's validation images, on which the shipped network was not trained, are turned into scans
(`benchmarks.accuracy.scans`), light on dark and dark on light, and read as ``recognise.py`` reads
pictures. With ``--optdigits FILE`` the scans of FILE, such as ``optdigits-orig.tra.gz``, are read
too: forms and recipes may be chosen by the first half of these, the second half is only counted.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import weights
from data import mnist
from data.errors import DataError
from experiment import report
from experiment.arguments import at_least
from experiment.digits import held_out
from guard.terminal import say
from nn import ModelFileError, Sequential, fuse

from .accuracy import optdigits
from .accuracy.scans import PAPERS, accuracies, read
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
    add("--optdigits", type=Path, metavar="FILE", help="scans of optdigits to read too")
    add("--picture", type=Path, default=Path("runs", "optdigits.png"), metavar="FILE",
        help="draw the mistakes on the first half of these to this file (%(default)s)")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args(argv)
    try:
        model = fuse(weights.load(args.weights))
        images, labels = mnist.load("train", args.data_dir)
        chosen = held_out(len(labels))[0][: args.images]
        scans = optdigits.read(args.optdigits) if args.optdigits else None
        figures = accuracies(model, images[chosen], labels[chosen])
        print(f"{len(chosen):,} validation images")
        rows = [[kind, *(f"{x:.1%}" for x in row.values())] for kind, row in figures.items()]
        print(table(["", *PAPERS], rows))
        if scans:
            figures["optdigits"] = halves(model, *scans, args.picture)
        if args.json:
            write(args.json, figures)
    except (DataError, ModelFileError, OSError) as error:
        say("benchmarks.scans", error)
        return 2
    return 0


def halves(
    model: Sequential, scans: np.ndarray, labels: np.ndarray, picture: Path
) -> dict[str, float]:
    """Print and return the accuracy on both halves of scans; draw the mistakes on the first.

    Parameters
    ----------
    model : Sequential
    scans : ndarray, uint8, (N, H, W)
    labels : ndarray, int, (N,)
    picture : Path
        The PNG file to write.
    """
    images, middle = read(scans), len(labels) // 2
    proba = model.predict_proba(images)
    right = proba.argmax(axis=1) == labels
    figures = {"first half": right[:middle].mean(), "second half": right[middle:].mean()}
    print(f"\n{len(labels):,} scans of optdigits:",
          ", ".join(f"{name} {share:.2%}" for name, share in figures.items()))  # fmt: skip
    report.mistakes(images[:middle], labels[:middle], proba[:middle], picture)
    print(f"worst mistakes on the first half: {picture}")
    return {name: float(share) for name, share in figures.items()}


if __name__ == "__main__":
    sys.exit(main())

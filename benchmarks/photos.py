"""Accuracy on pictures as people take them: ``python -m benchmarks.photos``.

Pictures with known answers are made (`benchmarks.accuracy.photos`): synthetic handwriting and
MNIST's validation images, with lines, frames, light, perspective, noise, blur and JPEG around
them. They are read as ``recognise.py`` reads files.
"""

import argparse
import sys
from pathlib import Path

import weights
from data import mnist
from data.errors import DataError
from experiment.arguments import at_least
from experiment.digits import held_out
from guard.terminal import say
from nn import ModelFileError, fuse

from .accuracy.photos import SCENES, accuracy
from .results import table, write


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.photos", description=__doc__.split(":")[0]
    )
    add = parser.add_argument
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE",
        help="network to measure (default: the shipped one)")  # fmt: skip
    add("--data-dir", type=Path, help="folder of the four MNIST files")
    add("--images", type=at_least(int, 1), default=100, metavar="N",
        help="pictures of each kind (%(default)s)")  # fmt: skip
    add("--seed", type=at_least(int, 0), default=0, metavar="S",
        help="other pictures for another seed (%(default)s)")  # fmt: skip
    add("--kinds", default="", metavar="TEXT", help="only the kinds whose names contain TEXT")
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args(argv)
    kinds = [kind for kind in SCENES if args.kinds in kind]
    if not kinds:
        parser.error(f"argument --kinds: none contains {args.kinds!r}: {', '.join(SCENES)}")
    try:
        model = fuse(weights.load(args.weights))
        images, labels = mnist.load("train", args.data_dir)
        chosen = held_out(len(labels))[0]
        figures = {
            kind: accuracy(model, kind, args.images, images[chosen], labels[chosen], args.seed)
            for kind in kinds
        }
        show(figures, args.images)
        if args.json:
            write(args.json, {
                kind: {"accuracy": right / args.images, "no_digit": none}
                for kind, (right, none) in figures.items()
            })  # fmt: skip
    except (DataError, ModelFileError, OSError) as error:
        say("benchmarks.photos", error)
        return 2
    return 0


def show(figures: dict[str, tuple[int, int]], each: int) -> None:
    """Print a table by kind; ``figures`` holds how many were right, and how many had no digit."""
    rows = [[kind, f"{right / each:.1%}", str(none)] for kind, (right, none) in figures.items()]
    right = sum(right for right, _ in figures.values())
    total = each * len(figures)
    rows.append(["all", f"{right / total:.1%}", str(sum(none for _, none in figures.values()))])
    print(f"{total:,} pictures")
    print(table(["", "read right", "no digit found"], rows))


if __name__ == "__main__":
    sys.exit(main())

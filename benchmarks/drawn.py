"""Accuracy on digits drawn by people: ``python -m benchmarks.drawn FILE``.

FILE holds pen strokes in UNIPEN text, such as ``pendigits-orig.tra.gz``. Each digit is placed on
the window's canvas and read from its strokes, as the window reads it; some are also read from the
picture on the canvas, as ``recognise.py`` reads pictures. Then the network's confidence on
non-digits is compared with that on digits.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import weights
from data.canvas import from_image, from_strokes
from data.errors import DataError
from experiment import report
from experiment.arguments import at_least
from nn import ModelFileError, Sequential, fuse
from nn.training.calibration import calibration_error

from .accuracy import nondigits
from .accuracy.unipen import AS_DRAWN, VARIATIONS, read
from .results import table, write

NO_DIGITS = 500
"""Non-digits of each kind."""


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.drawn", description=__doc__.split(":")[0]
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="pen strokes in UNIPEN text")
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE",
        help="network to measure (default: the shipped one)")  # fmt: skip
    add("--every", type=at_least(int, 1), default=5, metavar="N",
        help="read every Nth digit from its picture too (%(default)s)")  # fmt: skip
    add("--picture", type=Path, default=Path("runs", "drawn.png"), metavar="FILE",
        help="draw the worst mistakes to this file (%(default)s)")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args(argv)
    try:
        model = fuse(weights.load(args.weights))
        run(model, read(args.file), args)
    except (DataError, ModelFileError, OSError) as error:
        print(f"benchmarks.drawn: {error}", file=sys.stderr)
        return 2
    return 0


def run(model: Sequential, digits, args) -> None:
    """Measure, print, draw and write."""
    labels = np.array([label for label, _ in digits])
    rows, figures, proba = [], {}, {}
    for variation in VARIATIONS:
        if variation.place not in proba:  # strokes do not depend on the pen's radius
            images = np.stack([from_strokes(variation.strokes(strokes)) for _, strokes in digits])
            proba[variation.place] = model.predict_proba(images)
        some = digits[:: args.every]
        pictures = np.stack([from_image(variation.picture(strokes)) for _, strokes in some])
        drawn = _accuracy(proba[variation.place], labels)
        seen = _accuracy(model.predict_proba(pictures), labels[:: args.every])
        rows.append([variation.name, f"{drawn:.2%}", f"{seen:.2%}"])
        figures[variation.name] = {"strokes": drawn, "picture": seen}
        if variation is AS_DRAWN:
            report.mistakes(images, labels, proba[variation.place], args.picture)
    print(f"{len(digits):,} digits, every {args.every}th also as a picture")
    print(table(["", "from strokes", "from its picture"], rows))
    plain = proba[AS_DRAWN.place]
    by_digit = [_accuracy(plain[labels == d], d) for d in range(10)]
    print("\nas drawn, by digit:", ", ".join(f"{d}: {a:.1%}" for d, a in enumerate(by_digit)))
    error = calibration_error(plain, labels)
    print(f"as drawn, expected calibration error {error:.2%}")
    others = print_confidence(model, plain.max(axis=1))
    figures |= {"by_digit": by_digit, "calibration_error": error, "others": others}
    print(f"worst mistakes: {args.picture}")
    if args.json:
        write(args.json, figures)


def print_confidence(model: Sequential, digits: np.ndarray) -> dict[str, dict[str, float]]:
    """Print and return a network's confidence on non-digits; ``digits`` is that on digits."""
    figures = nondigits.confidence(model, digits, NO_DIGITS)
    print(f"\n{NO_DIGITS} non-digits of each kind (median probability of digits: "
          f"{np.median(digits):.1%})")  # fmt: skip
    rows = [[name, f"{f['median']:.1%}", f"{f['auroc']:.4f}"] for name, f in figures.items()]
    print(table(["", "median probability", "AUROC"], rows))
    return figures


def _accuracy(proba, labels):
    return float((proba.argmax(axis=1) == labels).mean())


if __name__ == "__main__":
    sys.exit(main())

"""Digits that real people drew, read as the window reads them: ``python -m benchmarks.drawn FILE``.

FILE holds pen strokes in UNIPEN text, such as ``pendigits-orig.tra.gz``. Each digit is put on the
window's canvas and read twice: from its strokes, as the window does, and from the picture on the
canvas, as ``recognise.py`` does with pictures. Then drawings that are no digit are read, to see
whether the network doubts them.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import weights
from data.canvas import from_image, from_strokes
from data.errors import DataError
from experiment import report
from experiment.options import at_least
from nn import ModelFileError, Sequential, fuse
from nn.training.calibration import calibration_error

from .accuracy import nondigits
from .accuracy.unipen import AS_DRAWN, VARIATIONS, read
from .results import table, write

NO_DIGITS = 500


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.drawn", description=__doc__.split(":")[0]
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="pen strokes, UNIPEN text")
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE", help="a saved network")
    add("--every", type=at_least(int, 1), default=5, metavar="N",
        help="of the digits, read every Nth from its picture, too (%(default)s)")  # fmt: skip
    add("--picture", type=Path, default=Path("runs", "drawn.png"), metavar="FILE",
        help="the worst mistakes (%(default)s)")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the figures")
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
        if variation.place not in proba:  # the window draws strokes with a line of its own
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
    figures |= {"by_digit": by_digit, "calibration_error": error, "others": doubts(model, plain)}
    print(f"worst mistakes: {args.picture}")
    if args.json:
        write(args.json, figures)


def doubts(model: Sequential, digits: np.ndarray) -> dict[str, dict[str, float]]:
    """Print how far the network doubts what is no digit, against digits' probabilities."""
    rng = np.random.default_rng(0)
    scores = {
        name: model.predict_proba(np.stack([make(rng) for _ in range(NO_DIGITS)])).max(axis=1)
        for name, make in nondigits.KINDS.items()
    }
    scores["all of them"] = np.concatenate(list(scores.values()))
    sure = digits.max(axis=1)
    figures = {
        name: {"median": float(np.median(low)), "auroc": nondigits.auroc(low, sure)}
        for name, low in scores.items()
    }
    print(
        f"\nno digits, {NO_DIGITS} of each kind (digits: median probability {np.median(sure):.1%})"
    )
    rows = [[name, f"{f['median']:.1%}", f"{f['auroc']:.4f}"] for name, f in figures.items()]
    print(table(["", "median probability", "AUROC"], rows))
    return figures


def _accuracy(proba, labels):
    return float((proba.argmax(axis=1) == labels).mean())


if __name__ == "__main__":
    sys.exit(main())

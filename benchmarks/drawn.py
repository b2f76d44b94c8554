"""Accuracy on digits drawn by people: ``python -m benchmarks.drawn FILE``.

FILE holds pen strokes in UNIPEN text, such as ``pendigits-orig.tra.gz``. Each digit is placed on
the window's canvas and read from its strokes, as the window reads it; some are also read from the
picture on the canvas, as ``recognise.py`` reads pictures. The accuracy is printed by writer too, if
the file names writers, and for the odd writers' strokes deformed as if others had written them.
Then the network's confidence on non-digits is compared with that on digits.

Forms and recipes may be chosen by the writers of odd numbers. Those of even numbers are only
counted, so none of their mistakes is drawn.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

import weights
from data.canvas import from_image, from_strokes
from data.errors import DataError
from experiment import report
from experiment.arguments import at_least
from guard.terminal import say
from nn import ModelFileError, Sequential, fuse
from nn.training.calibration import calibration_error

from .accuracy import nondigits
from .accuracy.deform import deform
from .accuracy.unipen import AS_DRAWN, VARIATIONS, Written, read
from .results import table, write

NO_DIGITS = 500
"""Non-digits of each kind."""

DEFORMED = 4
"""Times that each digit of the odd writers is deformed."""


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
        help="draw the worst mistakes of odd writers to this file (%(default)s)")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args(argv)
    try:
        model = fuse(weights.load(args.weights))
        run(model, read(args.file), args)
    except (DataError, ModelFileError, OSError) as error:
        say("benchmarks.drawn", error)
        return 2
    return 0


def run(model: Sequential, digits: list[Written], args: argparse.Namespace) -> None:
    """Measure, print, draw and write."""
    labels = np.array([digit.label for digit in digits])
    images = _placed(digits, AS_DRAWN)
    plain = model.predict_proba(images)
    figures = print_variations(model, digits, plain, args.every)
    by_digit = [_accuracy(plain[labels == d], d) for d in range(10)]
    print("\nas drawn, by digit:", ", ".join(f"{d}: {a:.1%}" for d, a in enumerate(by_digit)))
    writers = np.array([digit.writer for digit in digits])
    by_writer = print_writers(plain.argmax(axis=1) == labels, writers)
    seen = (writers % 2 == 1) | (writers == 0)
    deformed = print_deformed(model, [digits[i] for i in np.flatnonzero(seen)])
    error = calibration_error(plain, labels)
    print(f"as drawn, expected calibration error {error:.2%}")
    others = print_confidence(model, plain.max(axis=1))
    report.mistakes(images[seen], labels[seen], plain[seen], args.picture)
    print(f"worst mistakes{' of odd writers' if by_writer else ''}: {args.picture}")
    if args.json:
        figures |= {"by_digit": by_digit, "writers": by_writer, "deformed": deformed}
        write(args.json, figures | {"calibration_error": error, "others": others})


def print_variations(
    model: Sequential, digits: list[Written], plain: np.ndarray, every: int
) -> dict[str, Any]:
    """Print and return the accuracy for each of `VARIATIONS`.

    ``plain`` (N, 10) holds the probabilities of the digits as drawn.
    """
    labels = np.array([digit.label for digit in digits])
    rows, figures = [], {}
    proba = {AS_DRAWN.place: plain}
    for variation in VARIATIONS:
        if variation.place not in proba:  # strokes do not depend on the pen's radius
            proba[variation.place] = model.predict_proba(_placed(digits, variation))
        pictures = [from_image(variation.picture(digit.strokes)) for digit in digits[::every]]
        drawn = _accuracy(proba[variation.place], labels)
        seen = _accuracy(model.predict_proba(np.stack(pictures)), labels[::every])
        rows.append([variation.name, f"{drawn:.2%}", f"{seen:.2%}"])
        figures[variation.name] = {"strokes": drawn, "picture": seen}
    print(f"{len(digits):,} digits, every {every}th also as a picture")
    print(table(["", "from strokes", "from its picture"], rows))
    return figures


def print_writers(right: np.ndarray, writers: np.ndarray) -> dict[str, Any]:
    """Print and return the accuracy of each writer, and mean and minimum over odd and even ones.

    Parameters
    ----------
    right : ndarray, bool, (N,)
    writers : ndarray, int, (N,)
        Number of each digit's writer; 0 if it is not known.

    Returns
    -------
    dict
        "by_number": accuracy by number. "odd" and "even": "mean" and "worst" of these, and the
        "writer" with the worst. Empty if no writer is known.
    """
    by_number = {int(k): float(right[writers == k].mean()) for k in np.unique(writers) if k > 0}
    if not by_number:
        return {}
    figures: dict[str, Any] = {"by_number": by_number}
    print("as drawn, by writer:", ", ".join(f"{k}: {a:.1%}" for k, a in by_number.items()))
    for name, odd in (("odd", 1), ("even", 0)):
        some = {k: a for k, a in by_number.items() if k % 2 == odd}
        if some:
            mean, worst = sum(some.values()) / len(some), min(some, key=some.__getitem__)
            figures[name] = {"mean": mean, "worst": some[worst], "writer": worst}
            print(f"{len(some)} {name} writers: mean {mean:.2%}, worst {some[worst]:.1%} ({worst})")
    return figures


def print_deformed(model: Sequential, digits: list[Written]) -> float | None:
    """Print and return the accuracy on digits whose strokes are deformed; None without digits."""
    if not digits:
        return None
    rng = np.random.default_rng(5)
    images = [from_strokes(deform(d.strokes, rng)) for d in digits for _ in range(DEFORMED)]
    labels = np.repeat([digit.label for digit in digits], DEFORMED)
    proba = model.predict_proba(np.stack(images))
    by_digit = ", ".join(f"{d}: {_accuracy(proba[labels == d], d):.1%}" for d in np.unique(labels))
    accuracy = _accuracy(proba, labels)
    print(f"odd writers, each digit deformed {DEFORMED} times: {accuracy:.2%} ({by_digit})")
    return accuracy


def print_confidence(model: Sequential, digits: np.ndarray) -> dict[str, dict[str, float]]:
    """Print and return a network's confidence on non-digits; ``digits`` is that on digits."""
    figures = nondigits.confidence(model, digits, NO_DIGITS)
    print(f"\n{NO_DIGITS} non-digits of each kind (median probability of digits: "
          f"{np.median(digits):.1%})")  # fmt: skip
    rows = [[name, f"{f['median']:.1%}", f"{f['auroc']:.4f}"] for name, f in figures.items()]
    print(table(["", "median probability", "AUROC"], rows))
    return figures


def _placed(digits, variation):
    return np.stack([from_strokes(variation.strokes(digit.strokes)) for digit in digits])


def _accuracy(proba, labels):
    return float((proba.argmax(axis=1) == labels).mean())


if __name__ == "__main__":
    sys.exit(main())

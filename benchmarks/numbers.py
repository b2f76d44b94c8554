"""Accuracy on numbers: ``python -m benchmarks.numbers FILE``.

FILE holds pen strokes in UNIPEN text, such as ``pendigits-orig.tra.gz``. Digits of one writer are
written beside one another (`benchmarks.accuracy.numbers`) and read from their strokes, as the
window reads them, and from pictures, as ``recognise.py`` reads them. A number is right if all of
it is.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

import weights
from data import mnist
from data.canvas import from_strokes
from data.errors import DataError
from data.segments import pictures, strokes
from experiment.arguments import at_least
from experiment.digits import held_out
from guard.terminal import say
from nn import ModelFileError, Sequential, fuse

from .accuracy import number_pictures as made
from .accuracy.numbers import GAPS, TOUCHING, written
from .accuracy.photos_light import picture
from .accuracy.unipen import AS_DRAWN, Written, read
from .results import table, write

LENGTHS = (1, 2, 3, 5, 8, 12)
SPACINGS = (*GAPS, TOUCHING)
WRITERS = {"all": (0, 1), "odd": (1,), "even": (0,)}
SHEETS = 10
"""Of each kind."""

PARTS = ("lengths", "singles", "signs", "sheets")
"""What is measured, one after the other."""


class Writers:
    """Digits by writer.

    Parameters
    ----------
    digits : list of Written
    """

    def __init__(self, digits: list[Written]) -> None:
        self.digits = digits
        self._by_writer: dict[int, list[Written]] = {}
        for digit in digits:
            self._by_writer.setdefault(digit.writer, []).append(digit)

    def of_one(self, rng: np.random.Generator) -> list[Written]:
        """Return all digits of a writer."""
        return list(self._by_writer.values())[rng.integers(len(self._by_writer))]

    def pick(self, rng: np.random.Generator):
        """Return a function that returns strokes of a digit, always of the same writer."""
        mine = self.of_one(rng)

        def pick(label):
            some = [digit.strokes for digit in mine if digit.label == label]
            return some[rng.integers(len(some))]

        return pick


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.numbers", description=__doc__.split(":")[0]
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="pen strokes in UNIPEN text")
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE",
        help="network to measure (default: the shipped one)")  # fmt: skip
    add("--data-dir", type=Path, help="folder of the four MNIST files")
    add("--numbers", type=at_least(int, 1), default=50, metavar="N",
        help="numbers of each length and spacing (%(default)s)")  # fmt: skip
    add("--lengths", type=at_least(int, 1), nargs="+", default=LENGTHS, metavar="N",
        help="digits in a number (default: 1 2 3 5 8 12)")  # fmt: skip
    add("--writers", choices=WRITERS, default="all",
        help="those with odd or even numbers only (default: all)")  # fmt: skip
    add("--parts", choices=PARTS, nargs="+", default=PARTS, metavar="PART",
        help="some of lengths, singles, signs and sheets only (default: all)")  # fmt: skip
    add("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args(argv)
    try:
        model = fuse(weights.load(args.weights))
        digits = [d for d in read(args.file) if d.writer % 2 in WRITERS[args.writers]]
        images, labels = mnist.load("train", args.data_dir)
        chosen = held_out(len(labels))[0]
        run(model, Writers(digits), (images[chosen], labels[chosen]), args)
    except (DataError, ModelFileError, OSError) as error:
        say("benchmarks.numbers", error)
        return 2
    return 0


def run(model: Sequential, writers: Writers, digits, args) -> None:
    """Measure each part and print it; write all."""
    figures: dict = {}
    classify = model.predict_proba
    for part in (part for part in PARTS if part in args.parts):
        start = time.perf_counter()
        if part == "lengths":
            figures |= lengths(classify, writers, digits, args)
        elif part == "singles":
            figures["read apart"] = read_apart(classify, writers.digits)
            figures["single digits"] = singles(classify, writers.digits)
            show_singles(figures)
        elif part == "signs":
            figures["signs"] = signs(classify, writers, args.numbers)
            show_signs(figures["signs"])
        else:
            figures["sheets"] = {kind: sheets(classify, writers, kind == "photographed")
                                 for kind in ("clean", "photographed")}  # fmt: skip
            show_sheets(figures["sheets"])
        print(f"({part}: {time.perf_counter() - start:.0f} s)", flush=True)
    if args.json:
        write(args.json, figures)


def lengths(classify, writers, digits, args) -> dict[str, dict]:
    """Measure and print the share of whole numbers that are right, by kind, length and spacing."""
    figures = {}
    for title, measure in (
        ("from strokes", lambda n, spacing, rng: from_pen(classify, writers, n, spacing, rng)),
        ("from pictures of strokes",
         lambda n, spacing, rng: from_drawing(classify, writers, n, spacing, rng)),
        ("from pictures of MNIST's held-out images",
         lambda n, spacing, rng: from_mnist(classify, digits, n, spacing, rng)),
    ):  # fmt: skip
        figures[title] = by_length(measure, args.lengths, args.numbers)
        print(f"\nwhole numbers right, {title}; {args.numbers} of each")
        rows = [[str(n), *(f"{share:.0%}" for share in row.values())]
                for n, row in figures[title].items()]  # fmt: skip
        print(table(["digits", *SPACINGS], rows), flush=True)
    return figures


def by_length(measure, lengths, number):
    """Return the share of whole numbers that are right, by length and spacing."""
    return {
        n: {
            spacing: float(np.mean([
                measure(n, spacing, np.random.default_rng([n, k, *spacing.encode()]))
                for k in range(number)
            ]))
            for spacing in SPACINGS
        }
        for n in lengths
    }  # fmt: skip


def _some(writers, n, spacing, rng):
    mine = writers.of_one(rng)
    chosen = [mine[i] for i in rng.integers(len(mine), size=n)]
    return written([(digit.label, digit.strokes) for digit in chosen], rng, spacing)


def from_pen(classify, writers, n, spacing, rng) -> bool:
    """Return whether a number is read right from its strokes on the window's canvas."""
    number = _some(writers, n, spacing, rng)
    return strokes.find(number.on_canvas(), classify).text == number.text


def from_drawing(classify, writers, n, spacing, rng) -> bool:
    """Return whether a number is read right from a picture of its strokes."""
    number = _some(writers, n, spacing, rng)
    return read_picture(classify, picture(1 - number.ink())) == number.text


def from_mnist(classify, digits, n, spacing, rng) -> bool:
    """Return whether MNIST's images beside one another are read right."""
    images, labels = digits
    chosen = rng.integers(len(labels), size=n)
    text = "".join(map(str, labels[chosen]))
    return read_picture(classify, made.of_images(images[chosen], rng, spacing)) == text


def read_picture(classify, image: Image.Image) -> str:
    """Return what is read in a picture, lines apart; empty if nothing is."""
    try:
        found = pictures.prepare(image)
    except DataError:
        return ""
    proba = None if found.digit is None else classify(found.digit[None])[0]
    if proba is not None and pictures.is_unsure(found, proba):
        found = pictures.prepare(image, again=True)
    reading = None if found.page is None else pictures.read(found, proba, classify)
    if reading is not None:
        return "\n".join(line.text for line in reading)
    return "" if proba is None else str(proba.argmax())


def read_apart(classify, digits) -> float:
    """Return the accuracy on single digits; its nth power is about what n digits can reach."""
    proba = classify(np.stack([from_strokes(AS_DRAWN.strokes(d.strokes)) for d in digits]))
    return float((proba.argmax(axis=1) == [d.label for d in digits]).mean())


def singles(classify, digits) -> dict[str, int]:
    """Return how many single digits are read wrong as one digit, and as the window reads them."""
    figures = {"digits": len(digits), "wrong as one": 0, "wrong": 0, "read as several": 0}
    for digit in digits:
        drawing = AS_DRAWN.strokes(digit.strokes)
        (proba,) = classify(from_strokes(drawing)[None])
        text = strokes.find(drawing, classify).text
        figures["wrong as one"] += int(proba.argmax()) != digit.label
        figures["wrong"] += text != str(digit.label)
        figures["read as several"] += len(text) > 1
    return figures


def signs(classify, writers, number) -> dict[str, dict[str, float]]:
    """Return the share of numbers with signs that are right, by pattern and kind of input."""
    figures = {}
    for pattern in made.PATTERNS:
        right = {"strokes": 0, "picture": 0}
        for k in range(number):
            rng = np.random.default_rng([k, *pattern.encode()])
            one = made.signed(pattern, writers.pick(rng), rng)
            right["strokes"] += strokes.find(one.on_canvas(), classify).text == one.text
            right["picture"] += read_picture(classify, picture(1 - one.ink())) == one.text
        figures[pattern] = {kind: count / number for kind, count in right.items()}
    return figures


def sheets(classify, writers, photo: bool) -> dict[str, float]:
    """Return the share of a sheet's digits that are right, and how many were invented."""
    right = invented = total = 0
    for k in range(SHEETS):
        rng = np.random.default_rng([k, photo])
        text, image = made.sheet(writers.pick(rng), rng, photo)
        a, b = made.compare(text.replace("\n", ""), read_picture(classify, image).replace("\n", ""))
        right, invented = right + a, invented + b
        total += made.ROWS * made.COLUMNS
    return {"right": right / total, "invented": invented}


def show_singles(figures: dict) -> None:
    """Print how single digits are read."""
    apart, single = figures["read apart"], figures["single digits"]
    print(f"\nsingle digits read apart: {apart:.2%}; five of them: {apart**5:.1%}")
    print(f"{single['digits']:,} single digits: {single['wrong as one']} wrong as one digit, "
          f"{single['wrong']} as the window reads them, {single['read as several']} of them as "
          "several")  # fmt: skip


def show_signs(figures: dict) -> None:
    """Print how numbers with signs are read."""
    rows = [[pattern, *(f"{share:.0%}" for share in row.values())]
            for pattern, row in figures.items()]  # fmt: skip
    print("\n" + table(["with signs", "from strokes", "from pictures"], rows))


def show_sheets(figures: dict) -> None:
    """Print how sheets of digits are read."""
    rows = [[kind, f"{row['right']:.1%}", str(row["invented"])] for kind, row in figures.items()]
    print("\n" + table(["sheets of 30 digits", "right", "invented"], rows))


if __name__ == "__main__":
    sys.exit(main())

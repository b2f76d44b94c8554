"""Fit the weights of the score that divides numbers: ``python -m benchmarks.numbers_fit FILE``.

FILE holds pen strokes in UNIPEN text; writers with odd numbers are used. The weights found are
those under which the right readings are most probable (`benchmarks.accuracy.number_paths`). They
are printed, to be copied into `data.segments.row` and `data.segments.cuts`.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import weights
from data.errors import DataError
from data.segments import page, strokes
from experiment.arguments import at_least
from guard.terminal import say
from nn import ModelFileError, fuse

from .accuracy import number_pictures as made
from .accuracy.number_paths import Example, Fit, names
from .accuracy.numbers import TOUCHING, written
from .accuracy.photos_light import picture
from .accuracy.unipen import read
from .numbers import SPACINGS, Writers

ROUNDS = 3  # of reading what the score prefers, and of fitting it
STEPS = 100  # of the descent in each


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.numbers_fit", description=__doc__.split(":")[0]
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="pen strokes in UNIPEN text")
    add("--weights", type=Path, default=weights.SHIPPED, metavar="FILE",
        help="network that reads (default: the shipped one)")  # fmt: skip
    add("--numbers", type=at_least(int, 1), default=30, metavar="N",
        help="numbers of each kind (%(default)s)")  # fmt: skip
    args = parser.parse_args(argv)
    try:
        classify = fuse(weights.load(args.weights)).predict_proba
        writers = Writers([digit for digit in read(args.file) if digit.writer % 2])
    except (DataError, ModelFileError, OSError) as error:
        say("benchmarks.numbers_fit", error)
        return 2
    fit(list(examples(writers, args.numbers)), classify)
    return 0


def fit(given: list[Example], classify) -> None:
    """Fit the weights, in place, and print them."""
    for k in range(ROUNDS):
        for example in given:
            example.explore(classify)
        fitted = Fit(given)
        change = descend(fitted.loss, len(names()))
        (before, _), (after, _) = fitted.loss(np.zeros(len(change))), fitted.loss(change)
        print(f"round {k + 1}: {len(fitted.lines)} of {len(given)} lines, "
              f"loss {before:.4f} -> {after:.4f}", flush=True)  # fmt: skip
        for (module, name), by in zip(names(), change, strict=True):
            setattr(module, name, getattr(module, name) + float(by))
    for module, name in names():
        print(f"{module.__name__}: {name} = {getattr(module, name):.2f}")


def examples(writers: Writers, count: int) -> Iterator[Example]:
    """Yield lines of numbers of five and of two digits, with signs, and of sheets."""
    for k in range(count):
        for spacing in SPACINGS:
            for n in (2, 5):
                rng = np.random.default_rng([99, n, k, *spacing.encode()])
                mine = writers.of_one(rng)
                digits = [mine[i] for i in rng.integers(len(mine), size=n)]
                number = written([(d.label, d.strokes) for d in digits], rng, spacing)
                yield from _of_strokes(number)
                if n == 5 or spacing == TOUCHING:
                    yield from _of_picture(picture(1 - number.ink()), number.text)
        for pattern in made.PATTERNS:
            rng = np.random.default_rng([99, k, *pattern.encode()])
            number = made.signed(pattern, writers.pick(rng), rng)
            yield from _of_strokes(number)
            yield from _of_picture(picture(1 - number.ink()), number.text)
        if k % 5 == 0:
            rng = np.random.default_rng([99, k])
            text, image = made.sheet(writers.pick(rng), rng, photo=False)
            yield from _of_picture(image, text)


def _of_strokes(number):
    line = strokes.in_lines(number.on_canvas())
    if len(line) == 1:
        yield Example(line[0], strokes.height_of(line[0]), strokes.draw, number.text, False)


def _of_picture(image, text):
    try:
        found = page.find(image)
    except DataError:
        return
    said = text.split("\n")
    if len(said) == len(found.lines):
        for blocks, height, truth in zip(found.lines, found.heights, said, strict=True):
            yield Example(blocks, height, found.draw, truth, True)


def descend(loss, size: int) -> np.ndarray:
    """Return the change that minimises a convex loss: gradient descent with adaptive steps.

    References
    ----------
    Riedmiller and Braun, "A Direct Adaptive Method for Faster Backpropagation Learning", 1993.
    """
    change, step, before = np.zeros(size), np.full(size, 0.02), np.zeros(size)
    for _ in range(STEPS):
        _, gradient = loss(change)
        turned = gradient * before
        step = np.where(turned > 0, 1.2 * step, np.where(turned < 0, 0.5 * step, step))
        change -= np.sign(gradient) * step
        before = gradient
    return change


if __name__ == "__main__":
    sys.exit(main())

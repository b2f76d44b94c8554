"""Non-digits: letters, signs, scribbles, blots and pairs of digits teach a network to be uncertain.

A network trained on digits alone classifies any drawing as a digit, with high confidence. Trained
on non-digits too, with the uniform distribution as their target, it gives them low probabilities.
Shapes that could be a digit (O, S, Z, I, q) are left out. Two digits that touch are a non-digit, so
that `data.segments` can tell them from one digit.
"""

from functools import cache, partial

import numpy as np

from data.synthetic import handwriting, touching
from data.synthetic.forms import FORMS, NO_DIGIT, Form
from data.synthetic.parts import Hand, Stroke, through

LETTERS = (
    "0,100 30,0! 60,100 | 12,62 48,62",  # A
    "56,2 4,2! 4,98! 58,98 | 4,48 46,48",  # E
    "56,2 6,2! 6,100 | 6,48 44,48",  # F
    "4,0 4,100 | 56,0 56,100 | 4,50 56,50",  # H
    "6,0 6,100 | 56,2 8,52! 58,100",  # K
    "6,0 6,98! 56,98",  # L
    "0,100 6,0! 30,60! 54,0! 60,100",  # M
    "4,100 4,0! 56,100! 56,0",  # N
    "8,100 8,2! 42,6 54,26 40,48 8,52",  # P
    "6,100 6,2! 40,4 52,24 38,46 8,50! 56,100",  # R
    "0,2 60,2 | 30,2 30,100",  # T
    "0,0 30,100! 60,0",  # V
    "0,0 14,100! 30,36! 46,100! 60,0",  # W
    "6,56 52,54 46,22 26,8 6,34 8,76 30,98 56,84",  # e
    "8,0 8,100! 12,56 30,40 48,54 50,100",  # h
    "8,0 8,100 | 46,40 10,70! 50,100",  # k
    "0,100 2,30! 2,50 14,32 26,44 28,100! 28,52 42,32 54,46 58,100",  # m
    "0,30 14,96! 30,44! 46,96! 60,30",  # w
)
SIGNS = (
    "0,0 60,100 | 60,0 0,100",  # crossing lines
    "30,0 30,100 | -10,50 70,50",
    "0,20 60,80 | 30,0 30,100 | 60,20 0,80",
    "20,0 16,100 | 46,0 42,100 | -6,32 66,30 | -6,68 66,66",
    "0,35 60,35 | 0,65 60,65",
    "30,0 60,100! 0,100! 30,0",  # a triangle
    "10,100 30,0! 50,100! -4,38! 64,38! 10,100",  # a star
    "30,30 16,4 -4,14 2,50 30,98! 58,50 64,14 44,4 30,30",  # a heart
    "-10,50 70,50 | 48,26 70,50! 48,74",  # an arrow
    "30,50 40,44 44,56 30,66 14,54 18,30 40,22 60,40 58,80 30,98 0,80 -4,40 14,6",  # a spiral
    "0,0 60,20! 0,40! 60,60! 0,80! 60,100",  # a zigzag
    "-20,50 -6,20 10,80 26,20 42,80 58,20 72,50",  # a wave
    "60,0 0,100 | 10,8 0,20 10,32 20,20 10,8 | 50,68 40,80 50,92 60,80 50,68",  # per cent
)
SCRIBBLES = (7, 9, 12, 16, 22)
"""Numbers of segments in a scribble, a line through random points."""

BLOTS = ((1, 6.5), (2, 5.0), (3, 4.5), (4, 3.5), (60, 1.0))
"""Pairs of the number of segments in a blot and the factor of its line width."""

TOUCHING = 1 / 3
"""Share of touching digits and parts of digits."""

PARTNERS = 2  # pairs that each form begins
GAP = (-7.0, 6.0)  # range between the two digits of a pair, on the grid of forms
LARGER = 0.12  # standard deviation of the logarithm of the second one's size
HIGHER = 8.0  # standard deviation of its vertical shift

# Standard deviations of points, on the grid of forms.
ANYWHERE = 25.0  # of scribbles and blots
JITTER = 3.0  # of letters and signs


def batch(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw n non-digits, framed like MNIST's digits.

    The share `TOUCHING` is drawn by `data.synthetic.touching`. Of the others five kinds are equally
    frequent: letters, signs, scribbles, blots and pairs of digits.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    images : ndarray, uint8, (n, 28, 28)
    labels : ndarray, int16, (n,)
        All `NO_DIGIT`.
    """
    joined = round(TOUCHING * n)
    apart, labels = handwriting.draw(_forms(), n - joined, rng)
    images = np.concatenate([apart, touching.batch(joined, rng)[0]])
    return rng.permutation(images), np.full(n, NO_DIGIT, labels.dtype)


def parse(text: str) -> list[list[tuple[complex, float]]]:
    """Parse a letter or sign.

    Parameters
    ----------
    text : str
        Points ``x,y`` on a grid 60 wide and 100 tall, y down, in the order in which the pen passes
        them. ``!`` marks a corner; the pen passes any other point smoothly. ``|`` lifts the pen.

    Returns
    -------
    list of list of (complex, float)
        Points and turns of each stroke, see `data.synthetic.parts`.
    """
    return [[_point(point) for point in part.split()] for part in text.split("|")]


def _point(text):
    x, y = text.rstrip("!").split(",")
    return complex(float(x), float(y)), 0.0 if text.endswith("!") else 1.0


@cache
def _forms():
    """Return the forms of all five kinds; the weights of each kind add up to 1."""
    forms = [
        Form(NO_DIGIT, text, 1 / len(texts), partial(_sign, parse(text)), hollow=False)
        for texts in (LETTERS, SIGNS)
        for text in texts
    ]
    kinds = [(size, 1.0, 1 / len(SCRIBBLES)) for size in SCRIBBLES]
    kinds += [(size, pen, 1 / len(BLOTS)) for size, pen in BLOTS]
    for size, pen, weight in kinds:
        write = partial(_scribble, size)
        forms.append(Form(NO_DIGIT, f"{size} segments", weight, write, hollow=False, pen=pen))
    return forms + [
        Form(NO_DIGIT, f"{left.label} {right.label}", 1 / len(FORMS) / PARTNERS,
             partial(_pair, left, right), widest=2.8, hollow=False)
        for i, left in enumerate(FORMS)
        for right in (FORMS[(11 * i + 17 * k + 3) % len(FORMS)] for k in range(PARTNERS))
    ]  # fmt: skip


def _pair(left: Form, right: Form, h: Hand) -> list[Stroke]:
    """Write two digits side by side, so that they touch or nearly do."""
    first, second = left.write(h), right.write(h)
    size = np.exp(LARGER * h.rng.standard_normal(h.n))
    left_x, right_x = (
        [np.asarray(point).real + np.zeros(h.n) for stroke in digit for point, _ in stroke]
        for digit in (first, second)
    )
    end, start = np.max(left_x, axis=0), np.min(right_x, axis=0)
    move = end + h.between(*GAP) - size * start + 1j * HIGHER * h.rng.standard_normal(h.n)
    middle = 50j
    moved = [[(size * (p - middle) + middle + move, turn) for p, turn in s] for s in second]
    return [*first, *moved]


def _sign(strokes, h: Hand) -> list[Stroke]:
    return [
        through([point + h.anywhere(JITTER) for point, _ in stroke], [turn for _, turn in stroke])
        for stroke in strokes
    ]


def _scribble(size, h: Hand) -> list[Stroke]:
    return [through([h.anywhere(ANYWHERE) for _ in range(size + 1)])]

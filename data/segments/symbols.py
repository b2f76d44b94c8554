"""What was found in a drawing or a picture: lines of digits and signs."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

SIGNS = ("-", ".")

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, pixels; y down."""


class Symbol(NamedTuple):
    """A digit or a sign in its place.

    Attributes
    ----------
    text : str
        A digit "0" to "9", or one of `SIGNS`.
    box : Box
        Of its ink.
    image : ndarray, float32, (28, 28), or None
        The digit as the network read it; None for a sign.
    probabilities : ndarray, float32, (10,), or None
        What the network answered; None for a sign.
    """

    text: str
    box: Box
    image: np.ndarray | None = None
    probabilities: np.ndarray | None = None

    @property
    def probability(self) -> float:
        """Probability of the digit that was read; 1 for a sign, which no network reads."""
        return 1.0 if self.probabilities is None else float(self.probabilities.max())


class Line(tuple[Symbol, ...]):
    """The symbols of a line of writing, from left to right."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The line as text, such as "-3.14"."""
        return "".join(symbol.text for symbol in self)

    @property
    def probability(self) -> float:
        """Product of the probabilities of its digits."""
        return math.prod(symbol.probability for symbol in self)


class Reading(tuple[Line, ...]):
    """The lines of writing of a drawing or a picture, from top to bottom."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """All lines, with spaces between them."""
        return " ".join(line.text for line in self)

    @property
    def probability(self) -> float:
        """Product of the probabilities of all digits."""
        return math.prod(line.probability for line in self)

    @property
    def symbols(self) -> list[Symbol]:
        """The symbols of all lines, in reading order."""
        return [symbol for line in self for symbol in line]


def around(boxes: Iterable[Box]) -> Box:
    """Return the box around boxes."""
    left, top, right, bottom = np.array(list(boxes)).T
    return float(left.min()), float(top.min()), float(right.max()), float(bottom.max())

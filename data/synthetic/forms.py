"""The forms in which people write the ten digits, and their frequencies.

A form is a family of shapes, not a template: its generator draws lengths, angles and joints from
ranges, so that every shape between two ways of writing occurs. Forms are about as frequent as
people write them. Rare ones are frequent enough to be learned, and forms that are rare in MNIST,
such as a 1 with a flag, are more frequent.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from data.synthetic import bowls, lines, waists
from data.synthetic.parts import Hand, Stroke

NO_DIGIT = -1
"""The label of a non-digit."""


class Form(NamedTuple):
    """A family of shapes of one digit.

    Attributes
    ----------
    label : int
        0 to 9, or `NO_DIGIT`.
    name : str
    weight : float
        Frequency relative to other forms of the label.
    write : callable
        From a `Hand` to the strokes of its n digits.
    widest : float
        Greatest line width that leaves it legible, pixels.
    hollow : bool
        Whether wide lines would fill its inside if it is narrow; it then gets finer ones.
    pen : float
        Factor of the line width.
    """

    label: int
    name: str
    weight: float
    write: Callable[[Hand], list[Stroke]]
    widest: float = 5.0
    hollow: bool = True
    pen: float = 1.0


FORMS = (
    Form(0, "a ring, open to overlapping", 10, bowls.zero, 4.2),
    Form(0, "begun inside its ring", 1.2, partial(bowls.zero, inside=True), 3.5),
    Form(0, "slashed", 1.5, partial(bowls.zero, slash="lifted"), 3.2),
    Form(0, "slashed without lifting", 0.5, partial(bowls.zero, slash="joined"), 3.2),
    Form(1, "a stem", 2, partial(lines.one, flagged=False), 6, False),
    Form(1, "with a flag", 9, lines.one, 5.5, False),
    Form(1, "with a flag, its foot hooked", 1.8, partial(lines.one, foot="hooked"), 5.5, False),
    Form(1, "with a flag of its own", 0.5, lines.one_lifted, 5.5, False),
    Form(1, "with a flag and a base", 3, partial(lines.one, foot="base"), 5, False),
    Form(1, "with a base", 1, partial(lines.one, flagged=False, foot="base"), 5, False),
    Form(1, "with a flag, its base joined", 2.2, partial(lines.one, foot="joined"), 4.8, False),
    Form(2, "with a corner", 7, waists.two),
    Form(2, "with a loop", 5, partial(waists.two, knee="loop"), 4),
    Form(2, "like a Z", 1, waists.two_angular),
    Form(2, "with hardly a base", 0.7, partial(waists.two, knee="short"), 4),
    Form(3, "of two arcs", 9, waists.three, 5),
    Form(3, "with a loop", 2.5, partial(waists.three, waist="loop"), 3.6),
    Form(3, "with a flat top", 2.5, waists.three_flat, 5),
    Form(4, "open", 7, lines.four, 5),
    Form(4, "open, its bar near the foot", 1.2, partial(lines.four, low=True), 4),
    Form(4, "closed", 5, partial(lines.four, closed=True), 4.8),
    Form(4, "closed, its bar near the foot", 1, partial(lines.four, closed=True, low=True), 3.2),
    Form(4, "in one stroke, open", 1.5, lines.four_unlifted, 5),
    Form(4, "in one stroke, closed", 2, lines.four_round_again, 4.8),
    Form(4, "like a bolt of lightning", 2, lines.four_lightning, 5),
    Form(5, "in two strokes", 7, waists.five, 5.2),
    Form(5, "its cap across the stem", 2, partial(waists.five, cap="across"), 4.5),
    Form(5, "in one stroke", 5, partial(waists.five, cap="joined"), 5.2),
    Form(5, "in one stroke, round", 2, partial(waists.five, cap="round"), 5.2),
    Form(5, "with hardly a cap", 0.5, partial(waists.five, cap="missing"), 4),
    Form(6, "of one stroke", 10, bowls.six, 5.2),
    Form(6, "with a curled top", 2.5, partial(bowls.six, curled=True), 5.2),
    Form(7, "plain", 7, lines.seven),
    Form(7, "with a serif", 2.5, partial(lines.seven, serif=True), 4),
    Form(7, "with a bar", 5, partial(lines.seven, barred="lifted"), 4.2),
    Form(7, "with a serif and a bar", 2, partial(lines.seven, serif=True, barred="lifted"), 4.2),
    Form(7, "with a low bar", 1.5, partial(lines.seven, barred="lifted", low=True), 2.5),
    Form(7, "with a round top and a bar", 2.5, lines.seven_round, 2.7),
    Form(7, "with a bar joined to its foot", 0.4, partial(lines.seven, barred="joined"), 3.6),
    Form(8, "of one stroke", 10, bowls.eight, 5),
    Form(8, "of two rings", 3, bowls.eight_of_rings, 5),
    Form(9, "with a stem, straight or bent", 8, bowls.nine, 5.5),
    Form(9, "with a hooked tail", 4, partial(bowls.nine, tail="hooked"), 4.5),
    Form(9, "with a tail like a g", 2, partial(bowls.nine, tail="curled"), 3.6),
    Form(9, "in two strokes", 1.5, bowls.nine_lifted),
    Form(9, "in two strokes, hooked", 0.7, partial(bowls.nine_lifted, tail="hooked"), 4.5),
)
"""The forms of all digits. All digits are equally frequent."""

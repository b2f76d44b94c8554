"""How an answer and its probabilities are put into words."""

import tkinter as tk

import numpy as np
import pytest

from inspector.parts.probabilities import ProbabilityBars, describe_answer, percent
from inspector.theme.palette import Palette


def probabilities(first, second):
    """The 4 with the first probability, the 9 with the second, the rest with none."""
    found = np.zeros(10)
    found[[4, 9]] = first, second
    return found


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (0.9999, 0.0001, "4, certain: 99.99 %"),
        (0.999999, 0.000001, "4, certain: > 99.99 %"),
        (1.0, 0.0, "4, certain: 100 %"),
        (0.97, 0.02, "4, almost certain: 97.00 %; or 9: 2.00 %"),
        (0.831, 0.15, "4, probably: 83.10 %; or 9: 15.00 %"),
        (0.55, 0.4, "4, in doubt: 55.00 %; or 9: 40.00 %"),
    ],
)
def test_the_tone_follows_the_probability(first, second, said):
    assert describe_answer(probabilities(first, second)) == said


def test_an_overflow_is_no_answer():
    assert "overflow" in describe_answer(np.full(10, np.nan))


def test_what_is_not_quite_zero_says_so():
    shares = (0, 1e-9, 4e-5, 6e-5, 0.5, 1 - 6e-5, 1 - 4e-5, 1)
    assert [percent(share) for share in shares] == [
        "0 %", "< 0.01 %", "< 0.01 %", "0.01 %", "50.00 %", "99.99 %", "> 99.99 %", "100 %"
    ]  # fmt: skip


def test_an_answer_that_is_too_wide_is_shortened(display):
    root = tk.Tk()
    try:
        bars = ProbabilityBars(root)
        bars.pack()
        short = "4, in doubt: 55.00 %"
        for width, said in ((900, f"{short}; or 9: 40.00 %"), (200, short)):
            bars.resize(width, 150)
            bars.show(probabilities(0.55, 0.4), Palette.of(root))
            assert bars.answer["text"] == said
    finally:
        root.destroy()

"""Sums that add up as shown, worked by hand."""

from decimal import Decimal

import pytest

from nn.explain.rounding import add_up, as_text, decimals_for, round_to
from tests.nn.explain.checks import check_sum


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1.23456789, 3, "1.235"), (-0.5, 3, "-0.500"), (0.0, None, "0.0000"),
        (3e29, 3, "3e+29"), (-2.5e15, None, "-2.5e+15"), (float("inf"), 3, "inf"),
        (float("nan"), None, "nan"),
    ],
)  # fmt: skip
def test_any_number_can_be_written(value, decimals, text):
    assert as_text(value, decimals) == text


def shown(total):
    """Check that the terms add up, and return them as shown."""
    check_sum(total)
    return [str(term.shown) for term in total.terms]


def test_thirds_add_up_to_one():
    assert sorted(shown(add_up("abc", [1 / 3] * 3, Decimal("1.00")))) == ["0.33", "0.33", "0.34"]


def test_zero_stays_zero_when_others_are_adjusted():
    total = add_up("abcd", [0.0, 0.006, 0.006, 0.0], Decimal("0.01"))
    assert shown(total) == ["0.00", "0.00", "0.01", "0.00"]


def test_rounded_zero_has_no_sign():
    assert str(round_to(-0.001, 2)) == "0.00"
    assert shown(add_up("ab", [-0.001, 1.0], Decimal("1.00"))) == ["0.00", "1.00"]


@pytest.mark.parametrize(
    ("values", "decimals"), [((0.0,), 4), ((1.5, -0.2), 4), ((12345678.0,), 0), ((0.00123,), 7)]
)
def test_the_largest_shows_five_digits(values, decimals):
    assert decimals_for(*values) == decimals


def test_nan_is_refused():
    with pytest.raises(OverflowError, match="not a number"):
        decimals_for(1.0, float("nan"))

"""What every rounded sum must satisfy."""

from decimal import Decimal


def unit(shown):
    """Return one unit of the last digit."""
    return Decimal(1).scaleb(shown.as_tuple().exponent)


def check_sum(total):
    """The shown terms add up, and each is its value to less than a unit of the last digit."""
    assert sum(term.shown for term in total.terms) == total.shown
    for term in total.terms:
        assert abs(term.shown - Decimal(term.value)) < unit(total.shown), term
        assert term.shown.as_tuple().exponent == total.shown.as_tuple().exponent
        assert not term.shown.is_signed() or term.shown  # no -0.000

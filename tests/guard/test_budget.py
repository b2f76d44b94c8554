"""Budgets: charges add up, wherever they are made, and end the reading."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.budget import Budget, BudgetError, budget, charge, seconds_left

AMOUNTS = st.lists(st.integers(0, 1000), max_size=20)


@given(
    amounts=AMOUNTS, limit=st.integers(0, 3000), unit=st.sampled_from(["bytes", "items", "work"])
)
def test_charges_pass_until_they_exceed_the_budget(amounts, limit, unit):
    total = 0
    with budget(**{unit: limit}):
        for amount in amounts:
            total += amount
            if total <= limit:
                charge(**{unit: amount})
                continue
            with pytest.raises(BudgetError):
                charge(**{unit: amount})
            break


@given(inner=st.integers(0, 100), outer=st.integers(0, 100), amount=st.integers(0, 120))
def test_an_inner_budget_counts_for_the_outer(inner, outer, amount):
    refused = False
    with budget(items=outer):
        try:
            with budget(items=inner):
                charge(items=amount)
        except BudgetError:
            refused = True
    assert refused == (amount > min(inner, outer))


def compute(seconds):
    """Compute, and charge nothing but the time."""
    start = time.thread_time()
    while time.thread_time() < start + seconds:
        charge()


def test_time_is_over_after_computing_so_long():
    with budget(seconds=0.05), pytest.raises(BudgetError, match=r"more than 0\.05 seconds"):
        compute(1)


def test_a_reopened_budget_has_what_is_left():
    account = Budget({"bytes": 10, "items": 10, "work": 10}, seconds=0.09)
    for _ in range(2):
        with account.open():
            charge(bytes=5)
            compute(0.03)
        with budget(seconds=1):
            compute(0.06)  # not charged: it is closed
    with account.open(), pytest.raises(BudgetError, match="more than 10 bytes"):
        charge(bytes=1)
    with account.open(), pytest.raises(BudgetError, match=r"more than 0\.09 seconds"):
        compute(0.06)


def test_time_of_children_is_charged():
    with budget(seconds=10):
        charge(seconds=8)
        assert seconds_left() < 2
        with pytest.raises(BudgetError):
            charge(seconds=3)


def test_without_a_budget_nothing_is_limited():
    charge(bytes=1 << 60, items=1 << 60, seconds=1e9)
    assert seconds_left() == float("inf")

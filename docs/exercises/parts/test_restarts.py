"""What your schedule must do: ``python -m pytest -n 0 docs/exercises/parts/test_restarts.py``."""

import pytest
from restarts import warm_restarts

from nn.schedule import cosine


def test_starts_at_the_highest_rate():
    assert warm_restarts(0.5, 4)(0) == 0.5


def test_falls_along_a_cosine_within_a_cycle():
    """Of 4 steps: (1 + cos(pi * i / 4)) / 2 = 1, 0.854, 0.5, 0.146."""
    rate = warm_restarts(1.0, 4)
    found = [rate(step) for step in range(4)]
    assert found == pytest.approx([1, 0.853553, 0.5, 0.146447], abs=1e-6)


def test_each_cycle_is_twice_as_long():
    """Restarts at steps 4, 4 + 8 = 12, 12 + 16 = 28."""
    rate = warm_restarts(1.0, 4)
    assert [step for step in range(40) if rate(step) == 1.0] == [0, 4, 12, 28]


def test_longer_cycles_have_the_same_shape():
    rate = warm_restarts(1.0, 4)
    assert [rate(4 + 2 * i) for i in range(4)] == pytest.approx([rate(i) for i in range(4)])


def test_cycles_may_all_be_equal():
    rate = warm_restarts(1.0, 5, factor=1)
    assert [step for step in range(16) if rate(step) == 1.0] == [0, 5, 10, 15]


def test_lowest_rate_is_approached():
    rate = warm_restarts(1.0, 1000, final=0.2)
    assert rate(999) == pytest.approx(0.2, abs=1e-4)
    assert rate(500) == pytest.approx(0.6)


def test_schedule_is_a_function_without_memory():
    rate = warm_restarts(1.0, 4)
    assert rate(30) == rate(30)
    backwards = [rate(step) for step in reversed(range(30))]
    assert backwards[::-1] == [rate(step) for step in range(30)]


def test_one_long_cycle_is_nearly_a_cosine():
    rate, whole = warm_restarts(0.3, 1000), cosine(0.3, 1001)
    assert all(rate(step) == pytest.approx(whole(step)) for step in range(1000))

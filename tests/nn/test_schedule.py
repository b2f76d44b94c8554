"""Schedules: where they start, where they end, and that they only rise or fall between."""

import numpy as np
import pytest

from nn.schedule import constant, cosine, one_cycle


def rates(schedule, steps):
    return [schedule(step) for step in range(steps)]


def test_constant_stays():
    assert rates(constant(0.3), 5) == [0.3] * 5


def test_cosine_by_hand():
    # half a cosine over five steps: 1, (1 + sqrt(1/2)) / 2, 1/2, (1 - sqrt(1/2)) / 2, 0
    root = np.sqrt(0.5)
    expected = [2, 1 + root, 1, 1 - root, 0]
    assert rates(cosine(2.0, 5), 5) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("steps", [2, 3, 100])
@pytest.mark.parametrize("final", [0.0, 0.05])
def test_cosine_falls_and_stays_at_the_end(steps, final):
    schedule = cosine(0.8, steps, final=final)
    falling = rates(schedule, steps)
    assert falling[0] == 0.8
    assert falling[-1] == pytest.approx(final, abs=1e-15)
    assert (np.diff(falling) < 0).all()
    assert schedule(steps) == schedule(10 * steps) == falling[-1]


def test_one_cycle_by_hand():
    # two steps up from 1/4, then half a cosine over three
    schedule = one_cycle(8.0, 5, warm_up=0.4, start=0.25)
    assert rates(schedule, 5) == pytest.approx([2, 5, 8, 4, 0], abs=1e-15)


@pytest.mark.parametrize("steps", [8, 100, 1001])
@pytest.mark.parametrize("warm_up", [0.1, 0.25, 0.5])
def test_one_cycle_rises_and_falls_to_zero(steps, warm_up):
    schedule = one_cycle(0.8, steps, warm_up=warm_up, start=0.1)
    cycle, top = rates(schedule, steps), round(steps * warm_up)
    assert cycle[0] == pytest.approx(0.08, rel=1e-12)
    assert cycle[top] == max(cycle) == 0.8
    assert cycle[-1] == pytest.approx(0, abs=1e-15)
    assert (np.diff(cycle[: top + 1]) > 0).all()
    assert (np.diff(cycle[top:]) < 0).all()
    np.testing.assert_allclose(np.diff(cycle[: top + 1], 2), 0, atol=1e-12)  # a straight line
    assert schedule(steps + 5) == pytest.approx(0, abs=1e-15)


def test_one_cycle_without_warm_up_starts_high():
    assert rates(one_cycle(0.8, 5, warm_up=0.0), 5) == rates(cosine(0.8, 5), 5)


@pytest.mark.parametrize("schedule", [cosine(0.5, 1), one_cycle(0.5, 1)])
def test_a_single_step_has_the_full_rate(schedule):
    assert schedule(0) == 0.5

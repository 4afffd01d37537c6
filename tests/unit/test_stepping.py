"""Dyadic steps: exact times, no overshoot, halved and doubled as asked."""

import random

import pytest

from fem_ssb import ConvergenceError, InputError
from fem_ssb.problem.stepping import FINEST, DyadicSteps


def walk(steps, seed):
    """Times of a march whose errors and failures come from a generator."""
    chance, times = random.Random(seed), []
    while not steps.done:
        while chance.random() < 0.4 and not steps.smallest:
            steps.reject("by chance")
        begin, dt = steps.time, steps.step
        steps.accept(chance.random(), chance.random())
        assert steps.time == begin + dt or abs(steps.time - begin - dt) < 1e-15 * steps.duration
        times.append(steps.time)
    return times


@pytest.mark.parametrize("duration", [1800.0, 0.1, 1 / 3, 86400 * 7.0])
def test_every_path_ends_exactly_and_meets_the_same_times(duration):
    grid = {duration * (k / 2**12) for k in range(2**12 + 1)}
    for seed in range(20):
        times = walk(DyadicSteps.between(duration, duration / 128, duration / 8, duration / 2**12), seed)
        assert times[-1] == duration
        assert times == sorted(set(times))
        assert set(times) <= grid


def test_steps_stay_between_smallest_and_largest():
    steps = DyadicSteps.between(100.0, 3.0, 30.0, 1.0)
    assert (steps.step, steps.duration / 2**steps.coarsest, steps.duration / 2**steps.finest) == (1.5625, 25.0, 0.78125)
    taken = []
    while not steps.done:
        taken.append(steps.step)
        steps.accept(0.0, 0.0)
    assert max(taken) == 25.0
    assert sum(taken) == 100.0


def test_a_step_doubles_only_where_the_coarser_grid_has_a_point():
    steps = DyadicSteps(16.0, level=4)
    steps.accept(0.0, 0.0)
    assert (steps.time, steps.step) == (1.0, 1.0)
    steps.accept(0.0, 0.0)
    assert (steps.time, steps.step) == (2.0, 2.0)


@pytest.mark.parametrize(("error", "effort"), [(0.5, 0.1), (0.1, 0.9)])
def test_a_step_stays_where_error_or_effort_leave_no_room(error, effort):
    steps = DyadicSteps(16.0, level=4, position=2 ** (FINEST - 4))
    steps.accept(error, effort)
    assert steps.step == 1.0


def test_reject_halves_and_stops_at_the_smallest_with_the_reason():
    steps = DyadicSteps.between(64.0, 4.0, None, 0.5)
    steps.reject("first")
    assert (steps.step, steps.time, steps.smallest) == (2.0, 0.0, False)
    steps.reject("second", times=2)
    assert (steps.step, steps.smallest) == (0.5, True)
    with pytest.raises(ConvergenceError, match=r"no step of 0\.5 s or more succeeds at t = 0 s: Newton is lost"):
        steps.reject("Newton is lost")
    assert DyadicSteps.between(64.0, 4.0, None, None).finest == 4 + 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 1.0, None, None), r"duration \[s\] must be above 0"),
        ((float("nan"), 1.0, None, None), r"duration \[s\] must be finite"),
        ((10.0, -1.0, None, None), r"first step \[s\] must be above 0"),
        ((10.0, 1.0, 0.0, None), r"largest step \[s\] must be above 0"),
        ((10.0, 1.0, None, float("inf")), r"smallest step \[s\] must be finite"),
        ((10.0, 1e-13, None, None), "first step of 1e-13 s is below"),
    ],
)
def test_bad_steps_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        DyadicSteps.between(*arguments)

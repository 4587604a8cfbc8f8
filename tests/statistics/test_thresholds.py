"""Thresholds: intervals that hold, what is left open, rates from thresholds, refusals."""

import math

import numpy as np
import pytest

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.statistics import clopper_pearson, geometric_budgets, rate, smallest_budget


class Curve:
    """Runs that succeed with probability ``chance(budget)``; all budgets share one uniform per row."""

    def __init__(self, name, chance, most_rows=4096):
        self.chance = chance
        self.u = Streams(("tests", "thresholds", name), range(1)).uniform(most_rows)[0]

    def __call__(self, budget, first_row, rows):
        return int(np.sum(self.u[first_row : first_row + rows] < self.chance(budget)))


def waiting(coverage):
    return lambda budget: -math.expm1(budget * math.log1p(-1 / coverage))


def exact(chance, level, budgets):
    """``(lo, hi]`` on the grid."""
    enough = [chance(budget) >= level for budget in budgets]
    return budgets[enough.index(True) - 1], budgets[enough.index(True)]


def test_the_threshold_is_found_between_two_neighbours_when_none_is_close_to_it():
    chance = waiting(1000)
    found = smallest_budget(Curve("one", chance), level=0.5, alpha=1e-3, first=1, last=2**20, ratio=2)
    assert (found.lo, found.hi) == exact(chance, 0.5, geometric_budgets(1, 2**20, 2)) == (512, 1024)
    assert len(found.probes) <= 6
    assert {probe.verdict for probe in found.probes} == {"short", "enough"}
    assert found.trials < 6 * 4096
    assert found.describe().startswith(
        "success probability 0.5 needs a budget in (512, 1024] (level 1 - 0.001"
    )


def test_the_same_streams_give_the_same_answer():
    again = [
        smallest_budget(Curve("one", waiting(50)), level=0.3, alpha=0.01, first=1, last=999, ratio=1.3)
        for _ in range(2)
    ]
    assert again[0] == again[1]


def test_the_interval_misses_the_threshold_less_than_nominal():
    alpha, runs, missed = 0.2, 300, 0
    chance = waiting(40)
    true = math.log(0.5) / math.log1p(-1 / 40)
    for run in range(runs):
        curve = Curve(f"coverage {run}", chance, 256)
        found = smallest_budget(
            curve, level=0.5, alpha=alpha, first=8, last=128, ratio=1.2, most_rows=256, block=8
        )
        missed += not found.lo < math.ceil(true) <= found.hi
    assert clopper_pearson(missed, runs, 0.01)[1] < alpha


def test_a_plateau_at_the_level_is_left_open_and_closed_in_on_from_both_sides():
    def chance(budget):
        return 0.1 if budget < 30 else 0.5 if budget < 300 else 0.9

    found = smallest_budget(Curve("plateau", chance), level=0.5, alpha=1e-3, first=1, last=2048)
    assert (found.lo, found.hi) == (16, 512)
    assert {probe.budget for probe in found.probes if probe.verdict == "open"} == {32, 64, 128, 256}
    assert "4 left open" in found.describe()


def test_nothing_suffices_or_everything_does():
    never = smallest_budget(Curve("never", lambda _: 0.1), level=0.5, alpha=0.01, first=2, last=64)
    always = smallest_budget(Curve("always", lambda _: 0.9), level=0.5, alpha=0.01, first=2, last=64)
    assert (never.lo, never.hi) == (64, math.inf)
    assert (always.lo, always.hi) == (0, 2)


@pytest.mark.parametrize("exponent", [1.0, 1.2])
def test_thresholds_are_bands_for_a_rate(exponent):
    coverage = np.array([10.0, 100, 1000, 10_000])
    found = [
        smallest_budget(
            Curve(f"rate {exponent} {c}", waiting(c**exponent)),
            level=0.5,
            alpha=1e-3 / coverage.size,
            first=1,
            last=10**7,
            ratio=1.25,
            most_rows=2048,
        )
        for c in coverage
    ]
    slope = rate(coverage, [f.lo for f in found], [f.hi for f in found]).slope
    assert slope.lo <= exponent <= slope.hi
    assert slope.hi - slope.lo < 0.2
    assert (slope.lo > 1) is (exponent > 1)


def test_budgets_are_whole_numbers_each_once():
    assert geometric_budgets(1, 10, 2) == (1, 2, 4, 8, 10)
    assert geometric_budgets(1, 8, 2) == (1, 2, 4, 8)
    assert geometric_budgets(3, 9, 1.1) == (3, 4, 5, 6, 7, 8, 9)
    assert geometric_budgets(5, 6, 10) == (5, 6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": 0}, "alpha must lie in"),
        ({"level": 1}, "level must lie in"),
        ({"level": math.nan}, "level must lie in"),
        ({"first": 0}, "first must be at least 1"),
        ({"last": 1}, "last must be at least 2"),
        ({"ratio": 1.0}, "ratio must be finite and above 1"),
        ({"block": 0}, "block must be at least 1"),
        ({"most_rows": 8}, "most_rows must be at least 32"),
        ({"successes": lambda *_: 33}, r"successes must lie in \[0, 32\], got successes=33"),
        ({"successes": lambda *_: math.nan}, "successes must be a whole number"),
    ],
)
def test_bad_calls(change, message):
    call = {"successes": lambda *_: 0, "level": 0.5, "alpha": 0.1, "first": 1, "last": 64, **change}
    with pytest.raises(InvalidProblem, match=message):
        smallest_budget(call.pop("successes"), **call)

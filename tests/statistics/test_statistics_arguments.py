"""What a statistic is given: an argument that would silently change its meaning is refused in one line."""

import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory import statistics as s
from explore_theory.errors import InvalidProblem

UNIT = {"x": [1, 2, 20], "lo": [1.0, 1.0, 1.0], "hi": [2.0, 2.0, 2.0]}
LOGS = {"log_x": [0.0, 1.0, 2.0], "log_lo": [0.0, 0.0, 0.0], "log_hi": [1.0, 1.0, 1.0]}
ODD = {
    "masked": np.ma.masked_array([1.0, 1.0, 2.0], mask=[False, True, False]),
    "complex": np.array([1.0, 1.0, 2.0 + 1j]),
    "text": ["1", "1", "2"],
    "a span of time": np.array([1, 1, 2], dtype="timedelta64[s]"),
    "truth values": np.array([True, True, True]),
    "objects": np.array([1.0, None, 2.0], dtype=object),
    "long integers": np.array([1, 1, 2**53 + 1]),
}
WAYS = {
    "successes": lambda odd: s.clopper_pearson(odd, 2**60, 0.1),
    "trials": lambda odd: s.clopper_pearson(0, odd, 0.1),
    "sequence of counts": lambda odd: s.bernoulli_sequence(0, odd, 0.1),
    "values": lambda odd: s.bounded_mean_sequence(odd, 0, 1e300, 0.1),
    "a sample": lambda odd: s.sup_distance(odd, [0.5], 0.1),
    "the other sample": lambda odd: s.sup_distance([0.5], odd, 0.1),
    "a distribution function": lambda odd: s.sup_distance(
        [0.5, 0.6, 0.7], lambda x: np.concatenate([odd] * 2), 0.1
    ),
    "counts of values": lambda odd: s.counted_sup_distance(odd, [1, 1, 1], 0.1),
    "other counts of values": lambda odd: s.counted_sup_distance([1, 1, 1], odd, 0.1),
    "events": lambda odd: s.event_distance(odd, 2**60, [1, 1, 1], 9, 0.1),
    "cells": lambda odd: s.total_variation(odd, 0.1, law=[0.2, 0.3, 0.5]),
    "a law": lambda odd: s.total_variation([1, 1, 1], 0.1, law=odd),
    "other cells": lambda odd: s.total_variation([1, 1, 1], 0.1, other=odd),
    "points": lambda odd: s.rate(**UNIT | {"x": odd}),
    "lower ends": lambda odd: s.rate(**UNIT | {"lo": odd}),
    "upper ends": lambda odd: s.rate(**UNIT | {"hi": odd}),
    "points in logarithms": lambda odd: s.slope_interval(**LOGS | {"log_x": odd}),
    "lower ends in logarithms": lambda odd: s.slope_interval(**LOGS | {"log_lo": odd}),
    "upper ends in logarithms": lambda odd: s.curvature(**LOGS | {"log_hi": odd}),
    "points of rivals": lambda odd: s.judge_rivals(odd, [1] * 3, [2] * 3, [s.power()]),
    "upper ends for rivals": lambda odd: s.judge_rivals([1, 2, 3], [1] * 3, odd, [s.power()]),
    "values of a rival": lambda odd: s.proportional("v", [1, 2, 3], odd),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_no_statistic_takes_an_array_that_loses_its_meaning(way, odd):
    with pytest.raises(InvalidProblem) as caught:
        way(odd)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda level: s.clopper_pearson(1, 2, level),
        lambda level: s.quantile_ranks(9, level, 0.1),
        lambda level: s.quantile_ranks(9, 0.5, level),
        lambda level: s.smallest_budget(lambda *_: 1, level=level, alpha=0.1, first=1, last=2),
        lambda level: s.smallest_budget(lambda *_: 1, level=0.5, alpha=level, first=1, last=2),
        lambda level: s.bernoulli_sequence(1, 2, level),
        lambda level: s.dkw_margin(9, level),
        lambda level: s.total_variation_margin(9, 2, level),
        lambda level: s.sup_distance([0.5], [0.5], level),
    ],
)
@pytest.mark.parametrize(
    "level",
    [5, 95.0, 0, 1, math.nan, "0.1", True, 0.1j, None, [0.1], np.array([0.1, 0.2]), np.timedelta64(1)],
)
def test_a_level_is_one_share_of_one(call, level):
    with pytest.raises(InvalidProblem, match=r"(alpha|level) must lie in \(0, 1\)"):
        call(level)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: s.clopper_pearson([1, 2], [2, 2, 2], 0.1), "must have shapes that go together"),
        (lambda: s.clopper_pearson([], 2, 0.1), "successes must not be empty"),
        (lambda: s.clopper_pearson(0.3, 1, 0.1), "successes must be whole numbers"),
        (lambda: s.clopper_pearson([True, 2], 2, 0.1), r"successes\[0\] must be a real number"),
        (lambda: s.clopper_pearson([Fraction(1, 2)], 2, 0.1), "successes must be whole numbers"),
        (lambda: s.bernoulli_sequence(1, 2, 0.1, mixture=(1, 1, 1)), "mixture must be two numbers"),
        (lambda: s.bernoulli_sequence(1, 2, 0.1, mixture=0.5), "mixture must be two numbers"),
        (lambda: s.trials_to_decide([1], [2], "<=", 0.5, 0.1), "must be one number each"),
        (lambda: s.trials_to_decide(1, 2, "<=", "0.5", 0.1), "bound must be a real number"),
        (lambda: s.trials_to_decide(1, 2, "<=", 0.5, 0.1, resolution=math.inf), "resolution must be finite"),
        (lambda: s.trials_to_decide(1, 2, "<=", 0.5, 0.1, resolution=-1.0), "resolution must be at least 0"),
        (lambda: s.trials_to_decide(1, 2, "<=", 0.5, 0.1, resolution=math.nan), "resolution must be finite"),
        (lambda: s.bounded_mean_sequence([0.5], "0", 1, 0.1), "lower must be a real number"),
        (
            lambda: s.bounded_mean_sequence([[0.5], [0.5, 0.5]], 0, 1, 0.1),
            "values must have rows of one length",
        ),
        (
            lambda: s.sup_distance([1, 2], lambda x: 1 / (1 + np.exp(x)), 0.1),
            "other must be a distribution function",
        ),
        (
            lambda: s.sup_distance([1], lambda x: np.array([1.0, 0.0]), 0.1),
            "other must be a distribution function",
        ),
        (lambda: s.proportional("v", [1, 1, 2], [1, 2, 3]), "x must hold each point once"),
        (lambda: s.exponential_in("v", [1, 1, 2], [1, 2, 3]), "x must hold each point once"),
        (lambda: s.rival_of({"family": "polynomial"}), "a record of polynomial must hold its arguments"),
        (lambda: s.geometric_budgets(1, 2, 1 + 1e-12), "ratio must leave at most 1000000 budgets"),
    ],
)
def test_what_would_change_a_meaning_is_refused(call, message):
    with pytest.raises(InvalidProblem, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)

"""One sample against a known law, and several distances together: what the engine makes of them."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.errors import InvalidClaim
from explore_theory.harness.measures.measurement import Largest, OneSample, TwoSamples
from explore_theory.harness.measures.samples import Question
from explore_theory.statistics import dkw_margin

QUESTION = Question(relation="==", bound=(0.0, 0.0))
COIN = {"heads": Fraction(1, 3), "tails": Fraction(2, 3)}
ALPHA = 1e-6


def tosses(heads, tails):
    return ["heads"] * heads + ["tails"] * tails


def uniform(x):
    return np.clip(x, 0.0, 1.0)


def test_a_right_law_is_not_refuted_and_a_wrong_one_is():
    fair = OneSample.finite(tosses(1000, 2000), COIN).enclosed(ALPHA, QUESTION)
    assert fair.lo == 0
    assert "0 observed" in fair.finding
    wrong = OneSample.finite(tosses(2000, 1000), COIN).enclosed(ALPHA, QUESTION)
    assert 0 < wrong.lo < 1 / 3 < wrong.hi


def test_outcomes_that_the_law_does_not_have_count_against_it():
    found = OneSample.finite([*tosses(300, 600), *(["edge"] * 100)], COIN).enclosed(ALPHA, QUESTION)
    assert found.witness["observed"] == pytest.approx(0.1)


def test_distribution_functions_are_compared_on_both_sides_of_a_jump():
    draws = np.repeat([0.25, 0.75], 500)
    found = OneSample.real(draws, uniform).enclosed(ALPHA, QUESTION)
    assert found.witness["observed"] == pytest.approx(0.25)
    assert found.hi == pytest.approx(0.25 + dkw_margin(1000, ALPHA))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.integers(1, 39))
def test_blocks_add_up_and_survive_a_store(draws, cut):
    law = {k: Fraction(1, 6) for k in range(6)}
    whole = OneSample.finite(draws, law)
    if 0 < cut < len(draws):
        parts = OneSample.finite(draws[:cut], law).plus(OneSample.finite(draws[cut:], law))
        assert parts.enclosed(ALPHA, QUESTION) == whole.enclosed(ALPHA, QUESTION)
    for sample in (whole, OneSample.real(draws, lambda x: np.clip(np.floor(x + 1) / 6, 0, 1))):
        again = type(sample).of_data(json.loads(json.dumps(sample.data())))
        assert again.enclosed(ALPHA, QUESTION) == sample.enclosed(ALPHA, QUESTION)
        assert again.times(3).runs == 3 * sample.runs


def test_the_largest_distance_decides_at_its_part_of_the_level():
    near, far = TwoSamples.real([0, 1] * 500, [0, 1] * 500), TwoSamples.real([0, 1] * 500, [0, 0] * 500)
    # Few draws: its upper end is the largest, its lower end is not.
    few = TwoSamples.real([0, 1] * 2, [0, 1] * 2)
    sample = Largest(parts={"near": near, "far": far, "few": few})
    found = sample.enclosed(ALPHA, QUESTION)
    alone, wide = far.enclosed(ALPHA / 3, QUESTION), few.enclosed(ALPHA / 3, QUESTION)
    assert (found.lo, found.hi, found.witness["by"]) == (alone.lo, max(alone.hi, wide.hi), "far")
    assert wide.hi > alone.hi
    again = Largest.of_data(json.loads(json.dumps(sample.plus(sample).data())))
    assert again.runs == 2 * sample.runs == sample.times(2).runs


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OneSample.finite(["a"], {"a": 0.5}), "law must be probabilities that sum to one"),
        (lambda: OneSample.finite([], COIN), "a law must be drawn from at least once"),
        (lambda: OneSample.real([np.nan], uniform), "draws must be finite real numbers"),
        (lambda: OneSample.real([0.5], lambda x: 2 - x), "cdf must be a distribution function"),
        (lambda: Largest(parts={}), "parts must be distances of laws, at least one"),
        (
            lambda: OneSample.finite(["heads"], COIN).plus(OneSample.finite(["a"], {"a": 1})),
            "law must be the same in all blocks",
        ),
    ],
)
def test_samples_that_make_no_sense(make, message):
    with pytest.raises(InvalidClaim, match=message):
        make()

"""`Where`: what it gives elsewhere, and that the exact law knows of the responses that it names."""

import math

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.oracles.expressions import Constant, Draws, Norm, Seen, Where
from explore_theory.problems import HiddenNeedle


def test_a_score_by_cases_has_its_own_number_elsewhere():
    draws = Draws(features=np.array([[[3.0, 4.0], [0.0, 0.0]]]), response=np.array([[0, 1]]))
    assert Where(Norm() > 0, Norm(), -2.5).on(draws).tolist() == [[5.0, -2.5]]
    assert Where(Norm() > 9, Norm(), -math.inf).on(draws).tolist() == [[-math.inf, -math.inf]]


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_a_score_that_asks_what_was_seen_names_it(law):
    # Response 4 is one of nine that share 1 - 1/C = 3/4: its mass is 1/12.
    problem = HiddenNeedle(
        responses=10, coverage=4.0, dimension=1, beta=0.5, needles=np.array([2]), directions=np.array([[1.0]])
    )
    score = Where(Seen(np.array([4])), Constant(math.log(25.0)), math.log(0.5))
    assert score.named.tolist() == [[4]]
    oracle = oracles.open(problem, law=law, seed=3)
    found = oracle.log_mean_exp(oracle.prompt(), score, 40_000)
    # Standard deviation of one draw is 24.5 sqrt(1/12 11/12) = 6.8: of the mean .034.
    assert math.exp(found[0]) == pytest.approx(25 / 12 + 0.5 * 11 / 12, abs=0.2)

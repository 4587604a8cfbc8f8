"""Which rungs count after a burn-in, and distances that lie to the left of the draws."""

import numpy as np
import pytest

from explore_theory.harness import OneSample, Rungs
from explore_theory.harness.measures.samples import Question
from explore_theory.statistics import power, sup_distance

X = [1.0, 10.0, 100.0, 1e3, 1e4]


def test_rivals_are_judged_where_the_exponent_is():
    bent_at_first = Rungs.exact(X, [50.0, 10.0, 100.0, 1e3, 1e4], band=0.01)
    question = Question(relation="==", bound=(1.0, 1.0), rivals=(power(1.0), power(2.0)))
    found = bent_at_first.enclosed(1e-3, question)
    assert found.lo <= 1 <= found.hi < 1.02
    # The burn-in rejects both; the rungs that are left leave room for one.
    assert "x^1" in found.objection
    assert "x^2" not in found.objection


def test_where_no_power_law_fits_the_last_rungs_count():
    bent = Rungs.exact(X, 10.0 ** np.array([0.0, 5.0, 6.0, 7.0, 8.5]), band=0.01)
    steepest = bent.enclosed(1e-3, Question(relation="<=", bound=(2.0, 2.0)))
    flattest = bent.enclosed(1e-3, Question(relation=">=", bound=(2.0, 2.0)))
    assert steepest.objection == flattest.objection == "no power law fits"
    # Slopes 1 and 1.5 on the last three; 5 is that of the burn-in.
    assert steepest.lo == pytest.approx(1.5, abs=0.02)
    assert flattest.hi == pytest.approx(1.0, abs=0.02)


def test_a_law_may_lie_to_the_left_of_all_draws():
    def uniform(x):
        return np.clip(x, 0.0, 1.0)

    assert sup_distance(np.ones(50), uniform, 0.01).observed == pytest.approx(1.0)
    assert sup_distance(np.zeros(50), uniform, 0.01).observed == pytest.approx(1.0)
    for draws in (np.ones(50), np.zeros(50)):
        found = OneSample.real(draws, uniform, unit="draws").enclosed(
            0.01, Question(relation="==", bound=(0.0, 0.0))
        )
        assert found.witness["observed"] == pytest.approx(1.0)

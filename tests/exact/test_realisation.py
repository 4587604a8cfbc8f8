"""How well features realise Q_h: zero where they do, the planted misfit where they do not."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.exact.realisation import chebyshev_fit, realisation_errors
from explore_theory.problems.autoregressive import markov_problem, random_markov_problem


@pytest.mark.parametrize("misfit", [0.0, 0.3, 5.0])
def test_a_planted_misfit_is_found(misfit):
    problem = random_markov_problem(horizon=5, vocabulary=4, dimension=4, beta=0.2, misfit=misfit)
    errors = realisation_errors(problem)
    # One state of the first layer has three differences, which four features fit.
    assert errors[0] == pytest.approx(0.0, abs=1e-8)
    assert errors[1:] == pytest.approx(0.2 * misfit, rel=1e-6, abs=1e-8)
    assert (problem.theta is None) == (misfit > 0)


def test_without_a_misfit_nothing_changes():
    plain = random_markov_problem(horizon=4, vocabulary=3, dimension=2, beta=0.3)
    assert plain.theta is not None
    assert plain.parameter_radius == pytest.approx(np.sqrt((plain.theta**2).sum(axis=-1)).max())


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(2, 7))
def test_no_point_of_a_grid_fits_better(seed, d, count):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(count, d)), rng.normal(size=count)
    theta, error = chebyshev_fit(x, y)
    assert np.abs(y - x @ theta).max() == pytest.approx(error)
    for step in itertools.product((-0.1, 0.0, 0.1), repeat=d):
        assert np.abs(y - x @ (theta + np.array(step))).max() >= error - 1e-7


def test_pairs_outside_the_support_do_not_count():
    base = [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5]]
    reward = np.zeros((1, 3, 3))
    reward[0, 0] = [1.0, 0.0, 100.0]
    problem = markov_problem(base=base, reward=reward, features=np.zeros((3, 3, 1)), beta=1.0)
    assert realisation_errors(problem) == pytest.approx([1.0])
    assert soft_dynamics.optimum(problem).q[0][0, 2] == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"misfit": -1.0}, "misfit must be at least 0 and finite, got misfit=-1.0"),
        ({"misfit": float("nan")}, "misfit must be at least 0 and finite, got misfit=nan"),
        ({"misfit": 1.0, "dimension": 9}, "dimension must be small enough"),
    ],
)
def test_misfits_that_cannot_be_are_refused(numbers, message):
    with pytest.raises(InvalidProblem, match=message):
        random_markov_problem(**{"horizon": 2, "vocabulary": 3, "dimension": 1, "beta": 1.0, **numbers})

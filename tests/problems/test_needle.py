"""The hidden needle: its secrets, its atoms, its closed forms; nothing enumerates its responses."""

import math

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.errors import InvalidProblem
from explore_theory.policies import Base, PointMass, Softmax
from explore_theory.problems import HiddenNeedle

HUGE = 10**18


def needle(**changes):
    values = {"responses": 10, "coverage": 4.0, "dimension": 2, "beta": 0.5}
    return HiddenNeedle.draw(**(values | changes))


def explicit(**changes):
    values = {"responses": 10, "coverage": 4.0, "dimension": 2, "beta": 0.5}
    secrets = {"needles": [3], "directions": [[0.6, 0.8]]}
    return HiddenNeedle(**(values | secrets | changes))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: needle(responses=1), "responses must lie in"),
        (lambda: needle(responses=2.0), "responses must be a whole number, got responses=2.0"),
        (lambda: needle(coverage=1), "coverage must be finite and above 1, got coverage=1"),
        (lambda: needle(coverage=math.inf), "coverage must be finite and above 1"),
        (lambda: needle(dimension=0), "dimension must be at least 1, got dimension=0"),
        (lambda: needle(beta=-1), "beta must be positive and finite, got beta=-1"),
        (lambda: needle(worlds=0), "worlds must be at least 1, got worlds=0"),
        (lambda: explicit(needles=[10]), "needles[0] must lie in [0, 9], got needles[0]=10"),
        (lambda: explicit(needles=[-1]), "needles[0] must lie in [0, 9], got needles[0]=-1"),
        (lambda: explicit(needles=[1, 2]), "needles must be one per row of directions (1)"),
        (lambda: explicit(needles=[1.0]), "needles must be whole numbers"),
        (lambda: explicit(directions=[[0.6, 0.7]]), "directions must be unit vectors, got |directions[0]|="),
        (lambda: explicit(directions=[[1.0]]), "directions must have shape (any, 2)"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)


def test_a_world_does_not_depend_on_how_many_there_are():
    everyone = needle(responses=HUGE, worlds=64, dimension=5)
    for worlds in (1, 7):
        some = needle(responses=HUGE, worlds=worlds, dimension=5)
        np.testing.assert_array_equal(some.needles, everyone.needles[:worlds])
        np.testing.assert_array_equal(some.directions, everyone.directions[:worlds])
    assert len(set(everyone.needles.tolist())) == 64
    assert needle(responses=HUGE, seed=1).needles[0] != everyone.needles[0]


def test_the_secrets_are_not_printed():
    assert "needles" not in repr(explicit())
    assert "directions" not in repr(explicit())


def test_needles_are_drawn_from_all_responses():
    needles = needle(responses=4, worlds=2000).needles
    counts = np.bincount(needles, minlength=4)
    # Six standard errors.
    assert np.all(np.abs(counts - 500) < 6 * math.sqrt(2000 * 3 / 16))


def test_one_dimension_draws_signs():
    assert set(needle(dimension=1, worlds=40).directions.ravel().tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize("coverage", [1.000001, 2, 1e3, 1e12])
@pytest.mark.parametrize("beta", [1e-3, 0.05, 1.0])
@pytest.mark.parametrize("responses", [2, 10, HUGE])
def test_closed_forms_match_the_definitions(responses, coverage, beta):
    import mpmath as mp

    problem = needle(responses=responses, coverage=coverage, beta=beta, worlds=3)
    with mp.workdps(60):
        tilt = mp.exp(1 / mp.mpf(beta))
        q = tilt / (tilt + mp.mpf(coverage) - 1)
        value = mp.mpf(beta) * mp.log(1 + (tilt - 1) / mp.mpf(coverage))
    assert problem.optimal_mass == pytest.approx(float(q), rel=1e-13, abs=0)
    assert problem.optimal_coverage == pytest.approx(float(coverage * q), rel=1e-13, abs=0)
    np.testing.assert_allclose(exact.coverage(problem), [float(coverage * q)] * 3, rtol=1e-12)
    np.testing.assert_allclose(exact.soft_value(problem), [float(value)] * 3, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        exact.gap(problem, Base()), [float(value - 1 / mp.mpf(coverage))] * 3, atol=1e-14
    )
    # theta* = u is the optimal policy.
    np.testing.assert_allclose(exact.gap(problem, Softmax(problem.directions)), np.zeros(3), atol=1e-14)


def test_named_responses_stand_alone():
    problem = explicit()
    atoms = problem.atoms(np.zeros((1, 1), dtype=np.int64), np.array([[[5, 3, 5, -1, 9]]]))
    assert atoms.id[0, 0].tolist() == [3, -1, 5, -1, -1, -1, 9]
    assert atoms.size[0, 0].tolist() == [1, 7, 1, 0, 0, 0, 1]
    np.testing.assert_allclose(
        np.exp(atoms.log_mass[0, 0]), np.array([0.25, 7 / 12, 1 / 12, 0, 0, 0, 1 / 12])
    )
    np.testing.assert_array_equal(atoms.reward[0, 0], [1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(atoms.features[0, 0, 0], [0.6, 0.8])
    assert not atoms.features[0, 0, 1:].any()


def test_the_rest_holds_neither_the_needle_nor_who_is_named():
    from explore_theory.foundation.streams import Streams

    problem = explicit()
    named = np.array([[5, 0, 2]])
    drawn = problem.member(
        np.zeros(1, dtype=np.int64),
        np.ones((1, 3000), dtype=np.int64),
        Streams(("m",), range(1)),
        named=named,
    )
    counts = np.bincount(drawn[0], minlength=10)
    assert np.flatnonzero(counts).tolist() == [1, 4, 6, 7, 8, 9]
    assert np.all(np.abs(counts[counts > 0] - 500) < 6 * math.sqrt(3000 * 5 / 36))


def test_point_masses_are_evaluated_among_any_number_of_responses():
    problem = needle(responses=HUGE, coverage=1e6, beta=0.1, worlds=2)
    best = 0.1 * math.log1p((math.exp(10) - 1) / 1e6)
    at_needle = exact.gap(problem, PointMass(problem.needles))
    np.testing.assert_allclose(at_needle, best - (1 - 0.1 * math.log(1e6)), rtol=1e-12)
    elsewhere = exact.gap(problem, PointMass((problem.needles + 1) % HUGE))
    np.testing.assert_allclose(elsewhere, best + 0.1 * math.log((HUGE - 1) / (1 - 1e-6)), rtol=1e-12)


def test_draws_are_members_of_the_right_atoms():
    problem = needle(responses=3, coverage=2.0, worlds=4)
    sample = (oracle := oracles.open(problem, replicates=4)).draw(oracle.prompt(), 400)
    hit = sample.response == problem.needles[:, None]
    np.testing.assert_array_equal(sample.features, np.where(hit[..., None], problem.directions[:, None], 0.0))
    assert set(np.unique(sample.response)) == {0, 1, 2}
    assert 0.4 < hit.mean() < 0.6


def test_draws_from_ten_to_the_eighteen_responses_cost_nothing():
    problem = needle(responses=HUGE, coverage=1.25, worlds=4)
    oracle = oracles.open(problem, replicates=4)
    response = oracle.draw(oracle.prompt(), 1000).response
    hit = response == problem.needles[:, None]
    assert 0.7 < hit.mean() < 0.9
    misses = response[~hit]
    assert len(np.unique(misses)) == misses.size
    assert misses.min() >= 0
    assert misses.max() < HUGE
    assert 0.4 < (misses < HUGE // 2).mean() < 0.6

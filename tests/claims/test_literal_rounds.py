"""Rounds as they are defined, against linear algebra and by hand."""

from dataclasses import replace

import numpy as np
import pytest

from proofs_checks.exact_law import explorations, literal_rounds, small_matrices, spanner_phases


@pytest.mark.parametrize("d", [1, 2])
def test_small_matrices_agree_with_lapack(d):
    chance = np.random.Generator(np.random.Philox(key=4))
    root, vectors = chance.normal(size=(50, d, d)), chance.normal(size=(50, d))
    matrices = root @ np.swapaxes(root, 1, 2) + np.eye(d)
    inverses = small_matrices.inverse(matrices)
    np.testing.assert_allclose(inverses, np.linalg.inv(matrices), rtol=1e-10)
    np.testing.assert_allclose(small_matrices.determinant(matrices), np.linalg.det(matrices), rtol=1e-10)
    norms = np.einsum("ni,nij,nj->n", vectors, inverses, vectors)
    np.testing.assert_allclose(small_matrices.squared_norms(inverses, vectors), norms, rtol=1e-10)


def test_larger_matrices_are_refused():
    with pytest.raises(ValueError, match="d must be 1 or 2, got d=3"):
        small_matrices.inverse(np.eye(3)[None])


def some_runs(purse, count=3):
    generator = np.random.Generator(np.random.Philox(key=5))
    start = np.tile(np.eye(2), (count, 1, 1)), np.zeros((count, 2))
    return literal_rounds.Runs(explorations.world(2, "coins"), generator, *start, np.array(purse))


def test_a_call_is_paid_for_to_the_last_coin_and_no_further():
    runs = some_runs([[4.0, np.inf, np.inf], [3.0, np.inf, np.inf], [9.0, np.inf, np.inf]])
    assert runs.pay(literal_rounds.WEAK, 4, np.array([0, 1])).tolist() == [0]
    assert runs.live.tolist() == [True, False, True]
    assert runs.spent[:, 0].tolist() == [4, 0, 0]


def test_pairs_are_short_by_the_square_of_the_radius_and_by_each_run_s_inverse():
    given = explorations.world(2, "coins")
    plan = explorations.plan(explorations.Rounds(2, "coins", 1.3, False, "literal", False, 3, 1, ("t",), 0))
    phi = given.features[:, None, :] - given.features[:, :, None]
    norms = np.einsum("xyzi,ij,xyzj->xyz", phi, plan.inverse, phi)
    short = literal_rounds.short_pairs(given, plan)
    np.testing.assert_array_equal(short, norms <= plan.radius**2)
    assert short.any()
    assert not short.all()
    twice = literal_rounds.Plan(**vars(plan) | {"inverse": np.stack([plan.inverse, 4 * plan.inverse])})
    both = literal_rounds.short_pairs(given, twice)
    np.testing.assert_array_equal(both[0], short)
    np.testing.assert_array_equal(both[1], 4 * norms <= plan.radius**2)


def test_a_spanner_round_ends_with_its_pair():
    """No more pairs than rounds, a reward each, and two calls a pair looked at."""
    asked = spanner_phases.Phase(9, "coins", False, "literal", False, 500, ("t",), 0)
    calls, prompts, rewards, active, accepted, rounds = spanner_phases.by_definition(asked, 500)[:, :6].T
    plan = spanner_phases.PLAN
    assert (active == 1).all()
    np.testing.assert_array_equal(rewards, accepted)
    np.testing.assert_array_equal(prompts, rounds)
    assert accepted.max() <= plan.rounds
    assert (calls <= 2 * (plan.per_round * (rounds - accepted) + plan.per_round * accepted)).all()
    assert (calls >= 2 * (plan.per_round * (rounds - accepted) + accepted)).all()
    # A pair at the first look ends its round: some run has less than all looks.
    assert (calls < 2 * plan.per_round * rounds).any()


def test_a_run_without_an_accepted_candidate_pays_for_one_more_draw():
    asked = explorations.Rounds(2, "coins", None, False, "literal", False, 12, 400, ("t",), 0)
    found = explorations.by_definition(asked, 400)
    names = explorations.EXPLORED
    calls, missed = found[:, names.index("calls")], found[:, names.index("missed")]
    least = 12 * (1 + 3) + 12 - missed + missed * (4 + 1)
    assert (calls >= least).all()
    assert (calls <= 12 * (1 + 3) + 4 * (12 - missed) + missed * (4 + 1)).all()
    assert missed.max() > 0


def test_a_pair_joins_the_regression_of_its_run():
    """Of all runs, and of some; rewards are what they are in expectation where there is no noise."""
    given = replace(explorations.world(9, "gaussian"), scale=0.0)
    generator = np.random.Generator(np.random.Philox(key=5))
    start = np.tile(np.eye(2), (4, 1, 1)), np.zeros((4, 2))
    runs = literal_rounds.Runs(given, generator, *start, np.full((4, 3), np.inf))
    covariance, moment = start[0].copy(), start[1].copy()
    for rows in ([0, 1, 2, 3], [1, 3]):
        x, first, second = (
            np.array(part)[: len(rows)] for part in ([0, 8, 3, 3], [1, 2, 0, 3], [2, 2, 3, 1])
        )
        runs.learn(x, first, second, np.array(rows))
        phi = given.features[x, first] - given.features[x, second]
        covariance[rows] += np.einsum("ni,nj->nij", phi, phi)
        moment[rows] += phi * (given.reward[x, first] - given.reward[x, second])[:, None]
    np.testing.assert_allclose(runs.covariance, covariance, rtol=1e-13)
    np.testing.assert_allclose(runs.moment, moment, rtol=1e-13, atol=1e-15)
    expected = np.linalg.solve(covariance[[2, 3]], moment[[2, 3], :, None])[..., 0]
    np.testing.assert_allclose(runs.theta(np.array([2, 3])), expected, rtol=1e-12, atol=1e-14)

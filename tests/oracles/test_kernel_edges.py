"""Edges of the exact law's phases: atoms without mass, certain hits."""

import warnings

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import OracleFault
from explore_theory.oracles import Norm, Status
from explore_theory.oracles.plans import Exploration, Ridge
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import TabularProblem


def problem(base, beta):
    features = np.array([[[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]]])
    return TabularProblem(
        prompt_mass=np.ones(1), base=np.array([base]), features=features, reward=np.zeros((1, 3)), beta=beta
    )


@pytest.mark.parametrize("growth", [None, 1.2])
def test_a_response_outside_the_support_has_no_weight_however_high_its_score(growth):
    """At beta = 1e-4 its ``f/beta`` lies ten thousand above all others; it is never drawn."""
    rows = 64
    oracle = oracles.open(problem([0.0, 0.5, 0.5], 1e-4), law="exact-law", replicates=rows)
    ridge = Ridge(
        covariance=np.tile(np.eye(2), (rows, 1, 1)),
        moment=np.tile([1.0, 0.0], (rows, 1)),
    )
    keep = None if growth else np.zeros((rows, 1), dtype=np.int64)
    plan = Exploration(
        rounds=4, sampler=SoftmaxSampler(ratio=2.0, normaliser=3, tries=5), growth=growth, keep=keep
    )
    explored = oracle.explore(ridge, plan)
    assert np.all(explored.rounds == 4)
    # A normaliser that is not a number would accept everything at once and clip nothing.
    assert explored.clipped.sum() > 0
    assert explored.missed.sum() > 0
    assert np.all(np.isfinite(explored.thetas))


def test_rounds_that_hit_for_certain_need_no_logarithm_of_zero():
    oracle = oracles.open(problem([0.25, 0.25, 0.5], 1.0), law="exact-law", replicates=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rounds = oracle.search_rounds(Norm() > -1, 3, 2)
    assert np.all(rounds.found.status == Status.OK)
    assert np.all(rounds.found.used == 1)


@pytest.mark.parametrize("budgets", [None, {"weak": 10**6}])
def test_more_policies_than_there_is_room_for_are_an_error_and_no_damage(budgets, monkeypatch):
    """Compiled code does not look where it writes: with room for two policies, the third is refused."""
    from explore_theory.oracles.phases import bulk

    monkeypatch.setattr(bulk, "_most_policies", lambda ridge, plan: 2)
    oracle = oracles.open(problem([0.25, 0.25, 0.5], 1.0), law="exact-law", replicates=4, budgets=budgets)
    ridge = Ridge.start(4, 2, 0.5)
    plan = Exploration(
        rounds=400, sampler=SoftmaxSampler(ratio=2.0, normaliser=3, tries=5), growth=1.05, keep=None
    )
    with pytest.raises(OracleFault) as caught:
        oracle.explore(ridge, plan)
    cause = str(caught.value) + str(caught.value.__cause__)
    assert "policies must be at most 2, got more in replicate" in cause


def test_arrays_that_do_not_fit_a_plan_are_refused_before_a_kernel_runs():
    from explore_theory.oracles.phases import bulk
    from explore_theory.oracles.phases.tables import tables_of

    plan = Exploration(
        rounds=4, sampler=SoftmaxSampler(ratio=2.0, normaliser=3, tries=5), growth=2.0, keep=None
    )
    oracle = oracles.open(problem([0.25, 0.25, 0.5], 1.0), law="exact-law", replicates=1)
    ridge, tables = Ridge.start(1, 2, 1.0), tables_of(problem([0.25, 0.25, 0.5], 1.0))
    account = bulk.Books(oracle._meter, ridge, np.ones(1, dtype=bool)).account
    left, nothing = bulk.Left(ridge, plan), (np.empty((1, 0), dtype=np.int64), np.empty((0, 0, 0)))
    left.require_room(tables, account, nothing, (0, 4))
    short = tables._replace(tail=tables.tail[:, :, :2])
    with pytest.raises(OracleFault, match=r"room must be \(1, 1, 3\) for this plan, got shape=\(1, 1, 2\)"):
        left.require_room(short, account, nothing, (0, 4))
    with pytest.raises(OracleFault, match="room must be"):
        bulk.Left(Ridge.start(1, 3, 1.0), plan).require_room(tables, account, nothing, (0, 4))
    known = np.full((1, 2, 3), np.nan)
    left.require_room(tables, account, (np.array([[0, 1, 1, 0]]), known), (0, 4))
    for place in ([[0, 1, 0]], [[0, 1, 2, 0]], [[0, -1, 1, 0]]):
        with pytest.raises(OracleFault):
            left.require_room(tables, account, (np.array(place), known), (0, 4))
    three = tables._replace(mass=np.repeat(tables.mass, 3, axis=0))
    with pytest.raises(OracleFault):
        left.require_room(three, account, nothing, (0, 4))


@pytest.mark.parametrize("law", ["literal", "exact-law"])
def test_an_estimate_whose_first_round_is_not_paid_for_is_no_policy(law):
    """The second response costs more than is left: nothing was played by the estimate, so there is none."""
    oracle = oracles.open(problem([0.25, 0.25, 0.5], 1.0), law=law, replicates=3, budgets={"weak": 2})
    ridge = Ridge(covariance=np.tile(np.eye(2), (3, 1, 1)), moment=np.tile([1.0, 0.5], (3, 1)))
    plan = Exploration(rounds=4, sampler=SoftmaxSampler(ratio=2.0, normaliser=3, tries=5), growth=2.0)
    explored = oracle.explore(ridge, plan)
    assert not explored.rounds.any()
    assert not explored.weights.any()
    assert not explored.thetas.any()
    assert not explored.covariances.any()


def test_tables_are_of_one_type_whatever_a_problem_locks():
    """Kernels are compiled for types, and an array that may be written is of another."""
    from explore_theory.oracles.kernels.exploration import Table

    free = {name: np.zeros((2, 2)) for name in Table._fields}
    shut = {name: np.zeros((2, 2)).T for name in Table._fields}
    for array in shut.values():
        array.flags.writeable = False
    for table in (Table.locked(**free), Table.locked(**shut)):
        assert not any(field.flags.writeable for field in table)
        assert all(field.flags.c_contiguous for field in table)
    assert all(array.flags.writeable for array in free.values()), "a view is locked, not what it shows"

"""Base masses that no double holds come as logarithms, and stay what they are."""

from dataclasses import replace

import numpy as np
import pytest

from explore_theory import TabularProblem, exact, oracles
from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.policies import Softmax
from explore_theory.problems import Layer, markov_problem, sequence_view

LOGS = laws.log_normalise(np.array([np.log1p(-np.exp(-2.0)), -2.0, -1000.0, -1001.0]))
REWARD, BETA = np.array([0.0, 0.2, 0.9, 1.0]), 5e-4
REST = {"prompt_mass": [1.0], "reward": [REWARD], "features": [REWARD[:, None]], "beta": BETA}


def problem(**changes):
    return TabularProblem(**{**REST, "log_base": [LOGS], **changes})


def test_masses_below_every_double_count_in_coverage_and_optimum():
    best = laws.optimal(LOGS, REWARD, BETA)
    assert laws.coverage(best, LOGS) == 1001.0
    assert exact.log_coverage(problem())[0] == 1001.0
    assert exact.optimal_objective(problem())[0] == pytest.approx(0.4995, rel=1e-12)
    assert exact.optimal_objective(problem())[0] == laws.objective(best, LOGS, REWARD, BETA)
    assert exact.gap(problem(), Softmax([1.0]))[0] == pytest.approx(0.0, abs=1e-12)
    assert np.array_equal(exact.optimal_policy(problem()).log_probs, [best])


def test_given_as_masses_they_are_outside_the_support_which_zeros_say():
    lost = TabularProblem(**REST, base=[np.exp(LOGS)])
    assert exact.log_coverage(lost)[0] == pytest.approx(2.0)
    assert exact.gap(lost, Softmax([1.0]))[0] >= 0


def test_the_strong_oracle_draws_what_the_base_policy_never_would():
    world = problem(theta_star=[1.0], parameter_radius=1.0)
    oracle = oracles.open(world, replicates=32)
    ctx = oracle.prompt()
    assert (oracle.draw(ctx, theta=[1.0]).response == 3).all()
    assert (oracle.draw(ctx, 100).response <= 1).all()


def test_logarithms_are_kept_bit_for_bit_through_copies_and_files(tmp_path):
    first = problem()
    assert np.array_equal(first.log_base, [LOGS])
    assert np.array_equal(first.base, [np.exp(LOGS)])
    first.save(tmp_path / "logs.npz")
    second = TabularProblem.load(tmp_path / "logs.npz")
    for copy in (second, replace(first, beta=BETA)):
        assert np.array_equal(copy.log_base, first.log_base)
        assert exact.log_coverage(copy)[0] == 1001.0
    members = dict(np.load(tmp_path / "logs.npz"))
    assert members["version"] == 2
    assert "base" not in members


def test_rows_that_sum_to_one_up_to_rounding_are_not_touched():
    rng = np.random.default_rng(3)
    for _ in range(50):
        given = np.log(rng.dirichlet(np.ones(4), size=1))
        assert np.array_equal(problem(log_base=given).log_base, given)
    settled = problem(log_base=np.log([[0.1, 0.2, 0.3, 0.4]]) + 1e-11)
    assert abs(laws.log_sum_exp(settled.log_base)) < 1e-15


def test_files_of_masses_are_as_they_were(tmp_path):
    TabularProblem(**REST, base=[[0.4, 0.3, 0.2, 0.1]]).save(tmp_path / "masses.npz")
    members = dict(np.load(tmp_path / "masses.npz"))
    assert members["version"] == 1
    assert "log_base" not in members
    assert TabularProblem.load(tmp_path / "masses.npz").log_base is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 1}, "version must be 2, got version=1"),
        ({"base": [np.exp(LOGS)]}, "the file must hold nothing but the arrays of a problem, got 'base'"),
        ({"log_base": [LOGS + 1]}, "log_base must hold laws"),
        ({"log_base": [LOGS[:, None]]}, "log_base must have shape"),
    ],
)
def test_a_wrong_file_of_logarithms_is_refused(tmp_path, changes, message):
    problem().save(tmp_path / "logs.npz")
    np.savez(tmp_path / "wrong.npz", **dict(np.load(tmp_path / "logs.npz")) | changes)
    with pytest.raises(InvalidProblem) as caught:
        TabularProblem.load(tmp_path / "wrong.npz")
    assert message in str(caught.value)
    assert "wrong.npz" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"log_base": None}, "exactly one of base and log_base must be given, got neither"),
        ({"base": [[0.4, 0.3, 0.2, 0.1]]}, "exactly one of base and log_base must be given, got both"),
        ({"log_base": [[0.4, 0.3, 0.2, 0.1]]}, "log_base must hold laws, got masses that sum to 5.1"),
        ({"log_base": [[np.nan, 0.0, 0.0, 0.0]]}, "log_base must hold laws, got masses that sum to nan"),
        ({"log_base": [[np.inf, 0.0, 0.0, 0.0]]}, "log_base must hold laws, got masses that sum to inf"),
        ({"log_base": [LOGS, LOGS]}, "log_base must have shape (1, any), got log_base.shape=(2, 4)"),
        ({"log_base": LOGS}, "log_base must have shape (1, any), got log_base.shape=(4,)"),
        ({"log_base": np.ma.masked_array([LOGS])}, "log_base must be a plain array"),
        ({"log_base": None, "base": [[1.0, 1e-310, 0.0, 0.0]]}, "or give log_base, got base[0, 1]=1e-310"),
    ],
)
def test_what_is_no_base_policy_is_refused(changes, message):
    with pytest.raises(InvalidProblem) as caught:
        problem(**changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_layer_with_a_mass_that_lost_its_digits_is_refused():
    with pytest.raises(InvalidProblem, match=r"base must hold masses of at least 2.2e-308 or zeros, got"):
        Layer(base=[[1.0, 1e-310]], reward=np.zeros((1, 2)), features=np.zeros((1, 2, 1)), next=[[0, 0]])


def test_responses_of_many_unlikely_tokens_keep_their_masses():
    rare = 1e-200
    tokens = markov_problem(base=[[1 - rare, rare]] * 2, reward=[[[0.0, 1.0]] * 2] * 3, beta=2e-3)
    view = sequence_view(tokens)
    # Three unlikely tokens in a row: e^-1381.6.
    assert view.log_base[0, -1] == pytest.approx(3 * np.log(rare))
    assert exact.log_coverage(view)[0] == pytest.approx(-3 * np.log(rare), rel=1e-9)

"""Exact evaluation believes no policy: what is no law is refused, and a gap is a number not below zero."""

from dataclasses import replace
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

from explore_theory import exact
from explore_theory.errors import InvalidProblem, NumericalError
from explore_theory.exact import games, needle, realisation, soft_dynamics, strong_game
from explore_theory.foundation import laws
from explore_theory.policies import Softmax, order_statistics
from explore_theory.problems import TabularProblem, random_markov_problem

THETA = np.array([0.5, -0.2])
FEATURES = np.array([[[0.9, 0.1], [-0.5, 0.4], [0.0, 0.0], [0.2, -0.7]]])
PROBLEM = TabularProblem(
    prompt_mass=[0.5, 0.5],
    base=[[0.05, 0.15, 0.5, 0.3]] * 2,
    features=np.repeat(FEATURES, 2, axis=0),
    reward=np.repeat(FEATURES @ THETA, 2, axis=0),
    beta=0.4,
)
EVEN = np.log(np.full((3, 2, 4), 0.25))


class Given:
    """A policy that returns the log-masses it was given, whatever they are."""

    named = np.empty((1, 0), dtype=np.int64)

    def __init__(self, log_law):
        self.given = log_law

    def log_law(self, atoms, beta):
        return self.given


def changed(replicate, prompt, response, value):
    law = EVEN.copy()
    law[replicate, prompt, response] = value
    return law


EVALUATIONS = {
    "gap": exact.gap,
    "objective": exact.objective,
    "coverage": exact.coverage,
    "kl to": lambda problem, policy: exact.kl(problem, policy, Softmax(THETA)),
    "kl from": lambda problem, policy: exact.kl(problem, Softmax(THETA), policy),
}


@pytest.mark.parametrize("evaluate", EVALUATIONS.values(), ids=EVALUATIONS.keys())
@pytest.mark.parametrize(
    ("law", "message"),
    [
        (changed(2, 1, 0, 3.5), "got masses that sum to 33.86545195869231 in replicate 2 at prompt 1"),
        (changed(1, 0, 3, np.nan), "got masses that sum to nan in replicate 1 at prompt 0"),
        (changed(1, 0, 3, np.inf), "got masses that sum to inf in replicate 1 at prompt 0"),
        (changed(0, 1, 2, -np.inf), "got masses that sum to 0.75 in replicate 0 at prompt 1"),
        (EVEN + 2e-9, "got masses that sum to 1.000000002 in replicate 0 at prompt 0"),
        (np.exp(EVEN), "got masses that sum to 5.136101666750966 in replicate 0 at prompt 0"),
        (EVEN[:, :1], "must give log-masses of shape (any, 2, 4), got (3, 1, 4)"),
        (EVEN[..., :1] * 0, "must give log-masses of shape (any, 2, 4), got (3, 2, 1)"),
        (EVEN[0], "must give log-masses of shape (any, 2, 4), got (2, 4)"),
        (EVEN + 0j, "policy Given at the atoms must hold real numbers"),
        (np.ma.masked_array(EVEN), "policy Given at the atoms must be a plain array"),
    ],
)
def test_what_is_not_a_law_on_the_atoms_is_refused_by_row_and_sum(evaluate, law, message):
    with pytest.raises(InvalidProblem) as caught:
        evaluate(PROBLEM, Given(law))
    assert message in str(caught.value)
    assert str(caught.value).startswith("policy Given")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beta": 0.0}, "beta must be positive"),
        ({"prompt_mass": np.array([0.5, np.nan])}, "prompt_mass must be a law"),
        ({"prompt_mass": np.array([1.5, -0.5])}, "prompt_mass must be a law"),
        ({"reward": np.array([0.0, 1.0, np.nan, 0.0])}, "reward must be finite"),
        ({"log_mass": np.log([0.1, 0.2, 0.3, 0.3])}, "the base policy must give a law at every prompt"),
    ],
)
def test_a_problem_of_ones_own_is_asked_for_the_same(change, message):
    class Own:
        """A problem that no constructor has checked."""

        worlds = 1
        prompt_mass = change.get("prompt_mass", PROBLEM.prompt_mass)
        facts = replace(PROBLEM.facts, beta=change.get("beta", 0.4))

        def atoms(self, prompts, named=None):
            parts = {name: values for name, values in change.items() if name in ("reward", "log_mass")}
            given = PROBLEM.atoms(prompts, named)
            return replace(
                given, **{n: np.broadcast_to(v, getattr(given, n).shape) for n, v in parts.items()}
            )

    for evaluate in (exact.gap, exact.objective):
        with pytest.raises(InvalidProblem, match=message):
            evaluate(Own(), Softmax(THETA))


def test_no_gap_is_negative_or_minus_zero_and_none_is_not_a_number():
    rng = np.random.default_rng(5)
    for beta in (1e-3, 0.4, 50.0):
        problem = replace(PROBLEM, beta=beta)
        # Policies next to the best one, where the difference of objectives is rounding.
        gaps = exact.gap(problem, Softmax(THETA + 1e-9 * rng.normal(size=(512, 2))))
        assert not np.signbit(gaps).any()
        assert gaps.max() < 1e-12 * (1 + beta)
        assert (gaps == 0).any()


def test_a_gap_that_lies_below_zero_by_more_than_rounding_is_our_fault_and_said():
    best = np.array([1.0, 1.0]), np.array([1e-15, 1e-15])
    fine = np.array([1.0, 1.0 + 2e-15]), np.array([1e-15, 1e-15])
    assert laws.shortfall(best, fine).tolist() == [0.0, 0.0]
    for wrong in (1.0 + 1e-13, np.nan, np.inf):
        with pytest.raises(NumericalError, match=r"gap must be at least zero up to its .* in row 1$"):
            laws.shortfall(best, (np.array([1.0, wrong]), np.array([1e-15, 1e-15])))


def test_a_policy_off_the_support_has_an_infinite_gap():
    log_base = np.array([*np.log([0.5, 0.5]), -np.inf])
    assert laws.gap([-np.inf, -np.inf, 0.0], log_base, [0.0, 0.0, 1.0], 1.0) == np.inf


@pytest.mark.parametrize("size", [2, 50, 3000])
@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("missed", [0.0, 9e-10])
def test_the_stated_error_of_an_objective_covers_the_true_one_and_is_small(size, offset, missed):
    rng = np.random.default_rng(size)
    for beta, spread in ((1e-3, 1.0), (0.3, 30.0), (20.0, 300.0)):
        log_base = laws.log_normalise(rng.normal(size=size) * spread)
        log_policy = laws.log_normalise(rng.normal(size=size) * spread) + missed
        reward = offset + rng.uniform(size=size)
        value, error = laws.evaluated(
            laws.masses("p", log_policy), laws.masses("b", log_base), reward, np.asarray(beta)
        )
        with mp.workdps(60):
            policy = [mp.exp(mp.mpf(float(v))) for v in log_policy]
            total = mp.fsum(policy)
            base = [mp.mpf(float(v)) for v in log_base]
            true = mp.fsum(
                p / total * (mp.mpf(float(r)) - mp.mpf(beta) * (mp.log(p / total) - b))
                for p, r, b in zip(policy, reward, base, strict=True)
                if p
            )
            # The divergence counts the mass that the base law misses one by; gaps do not, as both terms do.
            true -= mp.mpf(beta) * (mp.fsum(mp.exp(b) for b in base) - 1)
            divergence = (offset + 1 - float(true)) / beta
            missing = abs(float(value - true))
        assert missing <= error
        assert error <= (2e-14 + 4 * missed) * (abs(offset) + 1 + beta * (divergence + 3))


LAW = np.log([0.5, 0.5])
NO_LAW = np.log([0.5, 0.6])


@pytest.mark.parametrize(
    "call",
    [
        lambda: laws.kl(NO_LAW, LAW),
        lambda: laws.kl(LAW, NO_LAW),
        lambda: laws.kl([np.nan, 0.0], LAW),
        lambda: laws.kl(LAW, [0.0, np.nan]),
        lambda: laws.coverage(NO_LAW, LAW),
        lambda: laws.coverage(LAW, NO_LAW),
        lambda: laws.objective(NO_LAW, LAW, [0, 1], 1.0),
        lambda: laws.objective(LAW, NO_LAW, [0, 1], 1.0),
        lambda: laws.objective(LAW, LAW, [0, np.nan], 1.0),
        lambda: laws.objective(LAW, LAW, [0, 1], 0.0),
        lambda: laws.gap(NO_LAW, LAW, [0, 1], 1.0),
        lambda: laws.gap(LAW, NO_LAW, [0, 1], 1.0),
        lambda: laws.gap(LAW, LAW, [0, np.inf], 1.0),
        lambda: laws.gap(LAW, LAW, [0, 1], -1.0),
        lambda: laws.gap(LAW, LAW, [0, 1], np.nan),
        lambda: laws.expectation([np.nan, 0.0], [1.0, 1.0]),
        lambda: laws.expectation(NO_LAW, [1.0, 1.0]),
        lambda: laws.expectation(0.0, 1.0),
        lambda: laws.tilted(LAW, [np.nan, 0.0], 1.0),
        lambda: laws.tilted(LAW, [0.0, 1.0], [0.0]),
        lambda: laws.soft_value(LAW, [0.0, 1.0], np.inf),
        lambda: laws.soft_value(LAW, [0.0, np.inf], 1.0),
        lambda: laws.optimal(LAW, [0.0, np.nan], 1.0),
        lambda: laws.bernoulli_kl(1.5, 0.5),
        lambda: laws.bernoulli_kl(0.5, np.nan),
        lambda: order_statistics.best_of(LAW, [0.0, np.nan], 2),
        lambda: order_statistics.best_of(NO_LAW, [0.0, 1.0], 2),
        lambda: order_statistics.best_of(LAW, [0.0, 1.0], 0),
        lambda: order_statistics.best_of(LAW, [0.0, 1.0], 2.5),
        lambda: needle.hit_given_inner(0.5, 1.0, 0.1),
        lambda: needle.hit_given_inner(0.5, 2.0, 0.0),
        lambda: needle.hit_given_inner(0.5j, 2.0, 0.1),
        lambda: needle.hit_probability(3, 2.0, 0.1, -0.5),
        lambda: needle.hit_probability(3, 2.0, 0.1, np.nan),
        lambda: realisation.chebyshev_fit(np.array([[1.0], [np.nan]]), np.array([1.0, 2.0])),
        lambda: realisation.chebyshev_fit(np.array([[1.0], [2.0]]), np.array([1.0, np.inf])),
        lambda: realisation.chebyshev_fit(np.array([[1.0], [2.0]]), np.array([1.0])),
        lambda: games.brute_force_game(3, 2)(-1, 1),
        lambda: strong_game.half_grid(2, -1),
        lambda: strong_game.half_grid(2, 0.5),
    ],
)
def test_exact_functions_refuse_what_has_no_meaning(call):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert "\n" not in str(caught.value)


GAME = strong_game.StrongGame(
    responses=3, dimension=1, coverage=Fraction(2), half_tilt=Fraction(2), parameters=((0,), (2,))
)


@pytest.mark.parametrize(
    "call",
    [
        lambda: replace(GAME, parameters=((0.5,),)),
        lambda: replace(GAME, parameters=()),
        lambda: strong_game.played(GAME, [(2,)], -1),
        lambda: strong_game.played(GAME, [(2, 0)], 1),
        lambda: strong_game.closed_form(GAME, [(2,)], -1),
        lambda: strong_game.closed_form(GAME, [(0.5,)], 1),
        lambda: strong_game.missed_by_names(1, 1, 1),
        lambda: strong_game.best_fixed(GAME, -1),
    ],
)
def test_a_game_is_played_with_whole_moves(call):
    with pytest.raises(InvalidProblem):
        call()


def test_token_policies_are_asked_for_laws_wherever_they_go():
    problem = random_markov_problem(horizon=3, vocabulary=3, dimension=2, beta=0.3)
    tables = list(soft_dynamics.base_policy(problem))
    for value in (np.nan, 2.0):
        spoiled = tables[1].copy()
        spoiled[2, 1] = value
        wrong = [tables[0], spoiled, tables[2]]
        for call in (
            soft_dynamics.objective,
            soft_dynamics.gap,
            soft_dynamics.occupancies,
            soft_dynamics.token_divergences,
            soft_dynamics.log_coverage,
            soft_dynamics.log_conditional_coverage,
            soft_dynamics.uncovered_prefix,
            soft_dynamics.sequence_laws,
        ):
            with pytest.raises(InvalidProblem, match=r"^policy\[1\] must hold laws, got .* in row 2$"):
                call(problem, wrong)


def test_token_gaps_are_not_negative_next_to_the_best_policy():
    rng = np.random.default_rng(7)
    for horizon in (1, 5, 40):
        problem = random_markov_problem(horizon=horizon, vocabulary=3, dimension=2, beta=0.3)
        best = soft_dynamics.optimum(problem).log_policy
        near = [laws.log_normalise(t + 1e-9 * rng.normal(size=(200, *t.shape))) for t in best]
        gaps = soft_dynamics.gap(problem, near)
        assert not np.signbit(gaps).any()
        assert (gaps == 0).any()
        assert gaps.max() < 1e-12 * horizon


def test_one_policy_is_asked_for_where_prefixes_are_searched():
    problem = random_markov_problem(horizon=2, vocabulary=3, dimension=2, beta=0.3)
    many = [np.stack([t, t]) for t in soft_dynamics.base_policy(problem)]
    with pytest.raises(InvalidProblem, match="policy must be one policy"):
        soft_dynamics.uncovered_prefix(problem, many)

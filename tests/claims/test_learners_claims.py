"""The claims about searches and learners: their own arithmetic, by a second route, and what bends it."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory import exact
from explore_theory.exact.needle import hit_probability
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.policies import BestOf
from proofs_checks.coverage_lower_bound import c6_data_without_coverage as c6
from proofs_checks.coverage_lower_bound import ctr_budget_slope as ctr
from proofs_checks.coverage_lower_bound import hunts, thresholds
from proofs_checks.exact_law import x1_search as x1
from proofs_checks.spanner_sampling import contrasts, limit_laws
from proofs_checks.spanner_sampling import stc_comparison as stc
from proofs_checks.spanner_sampling import str_rates as str_
from proofs_checks.spanner_sampling.practical import run, schedule_of

#: Values compared here come from a few hundred float64 operations on numbers of order one.
CLOSE = {"rel": 1e-9}


def trial(rows=8, **params):
    case = Case(slug="test", params=params, rows=rows)
    return Trial(case=case, streams=Streams(("test",), range(rows)))


def test_the_stated_law_of_a_search_sums_to_one():
    for search in x1.searches(trial(responses=3, **{"most tries": 3, "pairs": 0})):
        assert sum(x1.at_once(search).values()) == 1
        assert sum(x1.draw_by_draw(search).values()) == 1


def test_a_search_by_hand():
    law = {0: Fraction(1, 2), 1: Fraction(1, 3), 2: Fraction(1, 6)}
    search = x1.Search(law, frozenset([1, 2]), budget=3, purse=2)
    by_hand = {
        (x1.Status.OK, 1, 1): Fraction(1, 3),
        (x1.Status.OK, 2, 1): Fraction(1, 6),
        (x1.Status.OK, 1, 2): Fraction(1, 6),
        (x1.Status.OK, 2, 2): Fraction(1, 12),
        (x1.Status.EXHAUSTED, None, 2): Fraction(1, 4),
    }
    assert x1.draw_by_draw(search) == by_hand
    assert x1.at_once(search) == by_hand


@pytest.mark.parametrize("names", [0, 3])
@pytest.mark.parametrize("responses", [400, 10**18])
def test_the_threshold_is_the_last_that_the_premise_allows(names, responses):
    def premise(calls):
        worth = hit_probability(1000, 100.0, 0.1)
        return calls * worth + sum(1 / (responses - calls - j) for j in range(names + 1))

    calls = hunts.threshold(responses, 100.0, 1000, 0.1, names)
    assert premise(calls) <= 0.25 < premise(calls + 1)
    assert hunts.threshold(2, 100.0, 1000, 0.1, 0) == 0


def test_the_figures_of_the_theory():
    """beta = .1, d = 1000, C = 1000: threshold 1/E h = 951.4; forms 9.3 (rounded down) and 118.9."""
    assert 1 / hit_probability(1000, 1000.0, 0.1) == pytest.approx(951.4, abs=0.05)
    assert thresholds.stated_form(1000.0, 1000, 0.1) == 9
    assert thresholds.sharper_form(1000.0, 1000, 0.1) == 118


def test_the_bound_on_the_probability_of_success_by_hand():
    """At beta = 1/8 and C = e^4 the mass needed is about .577, and Markov's bound .4335."""
    mass = 1 - (1 / 8 + math.log(2) / 8) / (1 - 0.5)
    found = thresholds.conclusion(trial(form="markov"))
    assert found.hi[0] == pytest.approx(0.25 / mass / 0.44, rel=1e-5)
    gap = thresholds.conclusion(trial(form="expected-gap"))
    assert gap.hi[0] == pytest.approx((0.25 + math.log(2) / 8) / 0.375, rel=1e-5)


@pytest.mark.parametrize("name", ["weak", "random", "coordinates", "reweighted"])
def test_every_learner_is_charged_what_the_threshold_allows(name):
    world = hunts.hunt(
        trial(rows=32, learner=name, coverage=100.0, dimension=1000, beta=0.1, responses=10**18)
    )
    from explore_theory import oracles

    oracle = oracles.open(world.problem, law="exact-law", streams=world.streams)
    world.learner.run(oracle)
    assert world.calls + 1 == hunts.threshold(10**18, 100.0, 1000, 0.1, 0)
    assert oracle.ledger.compute.max() == world.calls


def test_cheats_cheat():
    setting = trial(rows=32, learner="random", coverage=1e4, dimension=1000, beta=0.05, responses=10**18)
    honest = hunts.hunt(setting).gaps()
    assert (honest > 0.1).mean() > 0.5
    for cheat in (
        hunts.peeking_at_direction,
        hunts.peeking_at_needle,
        hunts.among(hunts.covered),
        hunts.among(hunts.loose),
    ):
        assert (cheat(setting).gaps() < 0.125).mean() > 0.6


def test_the_budget_of_the_design_does_not_ask_for_the_base_policy():
    assert c6.budget() == pytest.approx(10 + 0.02 * 6 * math.log(2 * 14 / 0.05) / (0.05 * 0.02), abs=1)
    assert c6.budget(eps=c6.EPS / 2) > 1.9 * (c6.budget() - 10)
    coverages = [float(np.max(c6.exact.coverage(c6.problem(c)))) for c in (10.0, 1e6)]
    np.testing.assert_allclose(coverages, [10, 1e6], rtol=0.01)


def test_the_rounds_of_an_exponent_bracket_the_half():
    found = c6.successes(trial(rows=300), c6.designs, (10.0, 1e3, 1e5), (30, 60, 120))
    bands = found.quantity.bands(1e-6)
    assert np.all((bands.lo > 0) & (bands.lo < bands.hi) & (bands.hi < np.inf))
    np.testing.assert_allclose(found.x, (10, 1e3, 1e5), rtol=0.01)


def test_exact_numbers_of_calls_are_those_of_the_geometric_law():
    found = ctr.exact_numbers(trial(calls="weak"))
    assert found.quantity.values[0] == pytest.approx(math.log(2) * 99.5, rel=1e-4)
    assert not found.spends


def test_the_calls_of_a_row_do_not_depend_on_the_rows_beside_it():
    params = {"learner": "weak", "dimension": 4, "first": 2, "last": 4, "step": 1}
    alone, together = (ctr.medians(ctr.ladder(trial(rows=rows, **params))) for rows in (3, 8))
    np.testing.assert_array_equal(alone.quantity.values, together.quantity.values[:, :3])


def test_the_mean_of_a_limit_law_is_a_trace():
    """``E <e, S e> = trace S (sigma^2 c V^{-1} + m m^T)``; 200,000 draws err by a third of a percent."""
    information, spread = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([[1.0, -0.3], [-0.3, 0.5]])
    shift, scale = np.array([0.4, -0.1]), np.array([1.0, 3.0])
    law = limit_laws.LimitLaw(
        information=information, spread=spread, sigma=0.7, beta=0.2, shift=shift, scale=scale
    )
    second = 0.7**2 * 2.0 * np.linalg.inv(information) + np.outer(shift, shift)
    found = law.draws()
    assert found.mean() == pytest.approx(np.trace(spread @ second) / (2 * 0.2), rel=0.02)
    cdf = law.cdf()(np.array([-1.0, float(np.median(found)), np.inf]))
    np.testing.assert_allclose(cdf, [0, 0.5, 1], atol=1e-5)


def covariance_of_averages(weight, data):
    """``sum_st w_s w_t / max(n_s, n_t)`` as it reads."""
    return (weight[:, None] * weight / np.maximum(data[:, None], data)).sum()


def test_mixtures_over_rounds_err_by_the_sum_over_pairs_of_rounds():
    uniform = Streams(("limit law", "rounds"), (0,)).uniform(64 * 4000)[0].reshape(4000, 64)
    by_pairs = [500 * covariance_of_averages(np.full(64, 1 / 64), 500 * row + 1) for row in uniform[:5]]
    np.testing.assert_allclose(limit_laws.at_once(500, 64)[:5], by_pairs, rtol=1e-9)
    made = 10.0**6 * 2.0 ** (-np.arange(1, 40) / 3)
    weight = -np.diff(np.concatenate([[10.0**6], made])) / 10**6
    phase_one = 10.0**6 * covariance_of_averages(weight, made)
    assert limit_laws.rarely(3, 2.0).mean() == pytest.approx(phase_one, rel=0.02)


def test_no_factor_of_the_contrasting_families_is_one():
    for problem in (contrasts.uneven(), contrasts.hidden(100.0)):
        facts = problem.facts
        scales = [facts.beta, facts.reward_range, facts.parameter_radius, facts.sigma]
        factors = [1.0, *scales, *problem.prompt_mass]
        assert len({round(f, 6) for f in factors}) == len(factors)
        assert exact.coverage(problem)[0] == pytest.approx(facts.coverage, rel=1e-6)
    np.testing.assert_allclose(contrasts.hidden_mass(contrasts.hidden(50.0)), [0.02, 0.06])


def test_the_gaps_of_a_rate_are_those_of_single_runs_and_their_median():
    ladder = str_.by_rounds(trial(rows=6, count=3, first=300, last=3e4, **str_.SETTING))
    found = str_.gaps(ladder)
    assert found.quantity.level == 0.5
    for k, rounds in enumerate(found.x):
        problem = ladder.problems[k]
        alone = run(problem, schedule_of(problem, round(rounds)), ladder.streams(k))[0]
        np.testing.assert_array_equal(found.quantity.values[k], alone)


def test_grids_do_not_know_what_is_looked_for():
    one, other = (str_.powers_of_two(least, 0.25, 10) for least in (1000.0, 1600.0))
    assert len(set(one) & set(other)) >= 6
    assert one[0] >= 1000 > one[0] / 2**0.25


def test_a_run_counts_at_one_rung_only():
    ladder = str_.by_accuracy(trial(rows=2, count=3, first=5e5, last=5e7, **str_.SETTING))
    found = str_.rounds_needed(ladder)
    assert found.runs == 3 * (2 * str_.SIDE + 1) * 2
    assert len(set(found.quantity.budgets.ravel())) == 3 * (2 * str_.SIDE + 1)


@pytest.mark.parametrize("name", ["passive", "xpo"])
def test_the_chance_of_a_round_is_that_of_a_hit_among_its_draws(name):
    """Over all draws of a round: a pair must show the response once, XPO's draws at least once."""
    problem = contrasts.hidden(40.0)
    draws = 2 if name == "passive" else 2 + stc.DRAWS
    chance = 0.0
    for rho, p in zip(problem.prompt_mass, contrasts.hidden_mass(problem), strict=True):
        for hits in itertools.product([0, 1], repeat=draws):
            tells = sum(hits) == 1 if name == "passive" else sum(hits) >= 1
            chance += rho * tells * math.prod(p if hit else 1 - p for hit in hits)
    assert stc.chance_of_a_round(name, problem) == pytest.approx(chance, rel=1e-12)


def test_the_gap_of_the_best_of_several_is_that_of_its_law():
    problem = contrasts.hidden(40.0)
    policy = BestOf(problem.theta_star, stc.CANDIDATES)
    assert exact.gap(problem, policy)[0] == pytest.approx(stc.gap_of_best(problem, stc.CANDIDATES), rel=1e-9)


def test_a_purse_pays_for_the_runs_that_it_is_the_purse_of():
    ladder = str_.by_coverage(trial(rows=3, count=3, first=1e6, last=1e8, **str_.RARE))
    found = str_.purses(ladder)
    good, grid = found.quantity.successes, found.quantity.budgets
    # The largest purse is enough, the least is not, and neither grid knows the coverage.
    assert (good[:, -1] == 3).all()
    assert (good[:, 0] == 0).all()
    ratio = grid[1:] / grid[:-1]
    np.testing.assert_allclose(np.diff(np.log2(grid), axis=1), 0.25, atol=0.05)
    assert ((ratio > 5) & (ratio < 20)).all()

"""Numbers that claims measure, by another route: noise of coins, gaps in chunks, scales of calls, prices."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from explore_theory import exact
from explore_theory.formulas import planted_formula
from explore_theory.foundation.streams import Streams
from explore_theory.policies import Softmax
from explore_theory.problems import DNF, HiddenNeedle
from proofs_checks.coverage_lower_bound import ctr_budget_slope, hunts
from proofs_checks.proper_policy_hardness import spanner_runs
from proofs_checks.spanner_sampling import prompt_cost, regression, uncovered_runs
from proofs_checks.spanner_sampling.regression import Setting
from proofs_checks.token_level_improvement import horizon, learners, mtss_coverage, ttm_misfit
from proofs_checks.token_level_improvement.learners import Rows


def test_the_coins_of_a_pair_are_two():
    setting = Setting(d=2, rounds=1, noise="coins", parameter_radius=0.5, sigma=math.sqrt(0.5))
    grid = (np.arange(100) + 0.5) / 100
    raw = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    phi = np.tile([0.8, 0.0], (len(raw), 1))
    noise = regression.observed(setting, raw, phi)
    # Means .7 and .3: independent coins have variances .21 each.
    assert noise.mean() == pytest.approx(0.0, abs=1e-12)
    assert (noise**2).mean() == pytest.approx(0.42, abs=1e-12)


def test_gaps_over_all_terms_are_the_sum_of_their_chunks(monkeypatch):
    formula, secret = planted_formula("hadamard", m=64, k=3, n=6, streams=Streams(("chunks",), [0]))
    problem = DNF(formula=formula, eta=2.0**-10, assignment=secret)
    corners = np.array([secret, [-s for s in secret], [0] * 6, [1, -1, 1, 1, -1, -1]], dtype=float)
    policy = Softmax(corners / math.sqrt(3))
    wanted = exact.gap(problem, policy)
    for chunk in (1 << 16, 12):
        monkeypatch.setattr(spanner_runs, "_CHUNK", chunk)
        np.testing.assert_allclose(spanner_runs.gaps(problem, policy), wanted, rtol=1e-9, atol=1e-12)


class Done:
    def __init__(self, rows):
        self.calls, self.rounds, self.relative_gap = np.ones(rows), np.ones(rows), np.full(rows, 0.5)


def test_calls_are_told_over_the_coverage_of_tokens_and_a_logarithm(monkeypatch):
    monkeypatch.setattr(learners, "run", lambda problem, learner, streams: Done(2))
    world = horizon.token_runs("product", (4, 8), 0.3, Rows(("scales",), (0, 1), 0))
    # Two tokens, one of weight 2 beta: C_cond = 2 sigmoid(2), C_cov its power.
    tokens = 2 / (1 + math.exp(-2))
    np.testing.assert_allclose(world.scale, [tokens * math.log(16), tokens * math.log(32)], rtol=1e-7)
    np.testing.assert_allclose(world.log_coverage, [4 * math.log(tokens), 8 * math.log(tokens)], rtol=1e-9)


def test_a_row_on_a_grid_of_coverages_fails_by_its_slope_or_by_a_gap():
    x = np.array([1.0, 2.0, 4.0])
    gap = np.full((3, 3), 0.5)
    gap[1, 2] = 1.1
    world = mtss_coverage.Grid(x=x, calls=np.stack([x, x**1.2, x], axis=1), gap=gap, drawn={})
    found = mtss_coverage.steeper(1.05)(world)
    assert (found.successes, found.trials) == (2, 3)


def test_the_price_of_a_misfit_is_that_of_the_worst_layer():
    misfit, steps = 0.3, 4
    beta = learners.HEAT / steps
    # The hidden feature is made so that the worst layer is off by `misfit` times beta.
    assert ttm_misfit.price_of(ttm_misfit.problem_of(steps, misfit)) == pytest.approx(
        steps * misfit**2 * beta, rel=1e-6
    )


def test_what_is_uncovered_is_at_most_everything():
    prompts = prompt_cost.Prompts(
        log_base=np.log([[1 / 3, 1 / 3, 1 / 3]]),
        reward=np.array([[1.0, 0.0, 0.0]]),
        error=np.zeros((1, 3)),
        close=np.eye(3, dtype=bool)[None],
        beta=np.array([1e-2]),
        fails=np.zeros(1),
        free=np.zeros((1, 2)),
        effort=1,
    )
    # Of nine pairs six are far, and C_cov is three: C_cov p = 2.
    np.testing.assert_allclose(prompt_cost.limit(prompts, square=0.0, far=1.0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(prompt_cost.limit(prompts, square=0.0, far=1.0, hidden=4.0), 0.5, rtol=1e-12)


def test_a_run_that_does_not_find_the_needle_counts_as_endless():
    # Every other call hits: a run of one call fails half of the time, whatever it paid.
    streams = Streams(("endless",), range(64))
    problem = HiddenNeedle.draw(
        responses=10**6, coverage=2.0, dimension=3, beta=0.027, streams=streams.child("world")
    )
    found = ctr_budget_slope.calls_until_success(
        problem, hunts.learner("weak", 1, 0, 1), streams.child("oracle")
    )
    hit = np.isfinite(found)
    assert 16 <= hit.sum() <= 48
    assert (found[hit] <= 2).all()


def test_a_spanner_phase_fails_by_what_it_still_accepts_or_by_what_is_uncovered():
    ratio = math.e / (math.e - 1)
    accepted = np.array([0.09, 0.11, 0.09, 0.09])
    uncovered = np.array([0.10, 0.10, 0.11 * ratio, 0.099 * ratio])
    world = SimpleNamespace(left=lambda: (accepted, uncovered), bound=0.1)
    found = uncovered_runs.failures(world)
    assert (found.successes, found.trials) == (2, 4)

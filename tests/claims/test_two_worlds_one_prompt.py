"""Theorem 4.1 by two worlds on one prompt, and "before the prompt": what is measured, by a second route."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.certify.balls import ends
from explore_theory.formulas import Formula
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.proper_policy_hardness import (
    d41_before_the_prompt,
    t41_two_worlds,
    t41o_outputs,
    two_world_constants,
    two_world_runs,
)
from proofs_checks.proper_policy_hardness.one_prompt import NO_NOISE, OnePrompt, variation
from proofs_checks.proper_policy_hardness.p3_same_data import NOISES

HALF, ONE, ZERO = Fraction(1, 2), Fraction(1), Fraction(0)
NINE = Fraction(9, 10)
#: ``x1 & !x2 | x2 | x1 & !x1``.
FORMULA = (frozenset({1, -2}), frozenset({2}), frozenset({1, -1}))


def trial(**params):
    return Trial(case=Case(slug="test", params=params), streams=Streams(("test",), range(1)))


def game(formula=FORMULA, n=2, t=NINE, signs=(1, -1), noise=NO_NOISE, **more):
    return OnePrompt(formula, n, t, signs, noise, **more)


@pytest.mark.parametrize("module", [d41_before_the_prompt, t41_two_worlds, t41o_outputs])
def test_every_claim_says_what_it_rests_on(module):
    assert "hardness conditional on rETH" in " ".join(module.CLAIM.scope.split())


# --- the game -----------------------------------------------------------------------------------------------


def test_the_game_is_a_softmax_over_features_divided_by_lengths():
    world = game()
    beta = -1 / (12 * math.log(float(world.t)))
    features = np.array([[0, 0], [0.5, -0.5], [0, 1], [0, 0]])
    base = np.array([1 - float(world.q), *[float(world.q) / 3] * 3])
    assert float(world.q) == pytest.approx(math.exp(-1 / beta))
    for theta in ((1, -1), (0, 1), (-1, 0), (0, 0)):
        weights = base * np.exp(features @ np.array(theta) / beta)
        np.testing.assert_allclose([float(p) for p in world.law(theta)], weights / weights.sum())
    assert world.rewards == [0, 1, -1, 0]


def test_signs_that_are_zero_satisfy_nothing():
    world = game()
    assert world.share((1, -1)) == Fraction(1, 3)
    assert world.share((1, 0)) == world.share((0, 0)) == 0


def test_a_query_shows_a_response_and_its_reward_in_both_worlds():
    shown = game(noise=NOISES["bell"]).queries[0, 1]
    law = game().law((0, 1))
    # Clause 2 pays -1 where theta* is planted: the reward -1 is likelier there.
    assert shown[2, Fraction(-1)] == (law[2] / 4, law[2] / 2)
    assert shown[2, Fraction(-2)] == (0, law[2] / 4)
    assert shown[0, Fraction(1)] == (law[0] / 4, law[0] / 4)
    assert sum(f for f, _ in shown.values()) == sum(g for _, g in shown.values()) == 1


def test_one_query_by_hand():
    """A clause that pays tells the worlds apart; one that pays nothing, and 0, do not."""
    world = game()
    law = world.law((1, 1))
    told = law[1] + law[2]
    assert world.most_successes(1, frozenset({(1, 1)})) == 1 + told
    strategy = {(): (1, 1)}
    assert variation(world.transcripts(strategy, 1)) == told
    assert world.blind_run(strategy, 1) == [(1, 1)]


def test_after_a_clause_a_learner_may_name_anything():
    """The clause x1 & !x1 pays nothing; whoever has seen it goes on with the best parameter."""
    world = game((frozenset({1, -1}), frozenset({1})), n=1, signs=(1,))
    low, high = world.law((-1,)), world.law((1,))
    told = low[2] + low[1] * high[2] + low[0] * low[2]
    assert world.most_successes(2, frozenset({(-1,)})) == 1 + told


def test_what_costs_is_paid_once_and_only_before_a_clause():
    world = game((frozenset({1}),), n=1, signs=(1,))
    low, high = world.law((-1,)), world.law((1,))
    free = world.most_successes(2, frozenset({(1,)}))
    assert free == 2 - high[0] ** 2
    none = frozenset({(-1,)})
    cost = Fraction(1, 100)
    options = [2 - low[0] ** 2, free - cost, 2 - low[0] * high[0] - low[0] * cost]
    assert world.most_successes(2, none, cost) == max(options)
    assert world.most_successes(2, none, Fraction(10)) == 2 - low[0] ** 2


def test_the_program_plays_as_well_as_the_best_strategy_with_noise():
    world = game((frozenset({1}),), n=1, t=HALF, signs=(1,), noise=NOISES["bell"])
    best = max(variation(world.transcripts(s, 2)) for s in world.strategies(2, detailed=True))
    assert world.most_successes(2, frozenset(world.grid)) == 1 + best


def test_strategies_are_counted():
    world = game((frozenset({1}),), n=1, signs=(1,))
    # Shown: (0, 0), (1, 0), (1, 1).
    assert len(list(world.strategies(2, detailed=True))) == 3**4
    assert len(list(world.strategies(2, detailed=False))) == 3**3


def test_redrawing_until_a_clause_never_shows_zero():
    assert game(until_clause=True).law((0, 0))[0] == 0
    assert game(base=HALF).law((0, 0))[0] == HALF


# --- T41 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sizes", "worlds", "contradictory"), [((1, 1, 2), 18, 8), ((2, 2, 2), 108, 20)])
def test_no_formula_share_or_number_of_queries_is_left_out(sizes, worlds, contradictory):
    case = trial(**dict(zip("nkm", sizes, strict=True)), T=2)
    found = two_world_runs.worlds(case)
    # One or two of 2 or 8 clauses and the contradictory one, in any order, at two sizes of e^(-1/beta).
    assert len({(world.formula, world.t) for world in found}) == len(found) == worlds
    assert sum(two_world_runs.NEVER in world.formula for world in found) == contradictory
    limits = two_world_runs.limits(case)
    for world in found:
        shares = {world.share(theta) for theta in world.grid} - {1}
        own = {
            (limit.queries, limit.tau)
            for limit in limits
            if (limit.world.formula, limit.world.t) == (world.formula, world.t)
        }
        assert own == set(itertools.product((1, 2), shares))
    assert {limit.queries for limit in two_world_runs.free(case)} == {1, 2}


def test_the_stated_survival_is_that_of_a_theta_on_its_threshold():
    """x1 & x2 | !x1 & x2 at theta = (1, 0): no clause is satisfied, both lie on the floor or below."""
    world = game((frozenset({1, 2}),), signs=(1, 1))
    limit = two_world_runs.Limit(world, 3, ZERO, 2)
    assert limit.survival() == world.law((1, 0))[0]
    assert limit.low == {theta for theta in world.grid if theta != (1, 1)}
    assert two_world_runs.survivals([limit]).lo[0] == world.law((1, 0))[0] ** 3


def test_whoever_may_name_anything_misses_by_the_best_mass():
    """x1: every clause pays, so all that is left is that none is shown at (1,)."""
    world = game((frozenset({1}),), n=1, signs=(1,))
    limit = two_world_runs.Limit(world, 3, ONE, 1)
    best = 1 / (2 - world.q) * (1 - world.q)
    assert limit.least == world.law((1,))[0] == best
    assert two_world_runs.best_survivals([limit]).lo[0] == best**3
    assert two_world_runs.least_failure([limit]).lo[0] == best**3


def test_mixtures_have_every_chance_in_fifths():
    found = two_world_runs.mixtures(trial(T=1))
    assert {mixture.chance for mixture in found} == {Fraction(j, 5) for j in range(1, 5)}
    assert len(found) == 64


def test_failure_of_a_mixture_is_half_of_what_zeros_leave():
    world = game((frozenset({1}),), n=2, signs=(1, 1))
    mixture = two_world_runs.Mixture(world, (0, 0), (1, 1), Fraction(1, 5), 2)
    low, high = world.law((0, 0))[0], world.law((1, 1))[0]
    assert mixture.failure() == high**2 / 5 + 4 * low**2 / 5


def test_the_constants_in_floats():
    found = two_world_constants.scaled_shares(3, [1, 5, 8], HALF)
    f = (1 / 32) ** 3
    for T, lo, hi in zip((1, 5, 8), found.lo, found.hi, strict=True):
        expected = T * ((1 - f**3) * (1.5 ** (1 / T) - 1) - f) / (1 - f)
        assert lo == pytest.approx(expected, rel=1e-13)
        assert hi - lo < 1e-14
    shifted = two_world_constants.scaled_shares(2, [4], ONE, halves=1)
    assert shifted.lo[0] == pytest.approx(4 * ((1 - 16**-4) * (1.5**0.25 - 1) - 1 / 16) / (1 - 1 / 16))


def test_shifted_rewards_have_the_root_of_the_floor():
    """By hand at ``T = 4``, ``k = 2``: ``(4 ((3/2)^{1/4} - 1) - 4/16)/(15/16)``, but for q."""
    found = two_world_constants.shares_named(trial(k=2, delta="1", rewards=two_world_constants.SHIFTED))
    plain = two_world_constants.shares_named(trial(k=2, delta="1"))
    assert found.lo[3] == pytest.approx((4 * (1.5**0.25 - 1) - 0.25) / (15 / 16), rel=1e-4)
    assert plain.lo[3] == pytest.approx((4 * (1.5**0.25 - 1) - 1 / 64) / (255 / 256), rel=1e-4)


@pytest.mark.parametrize(("c1", "C", "s"), [(1, 1, 40.0), (3, 2, 60.0)])
def test_the_chains_are_logarithms_of_what_they_say(c1, C, s):
    """``T/(a d^c)`` in logarithms, over `c1`, is ``needed(s) - s``."""
    from explore_theory.certify.balls import ball

    d_log, L = s, s + math.log(16)
    k = C * (4 * c1) ** 2 * s
    data = c1 * (math.log(16) + 3 * d_log + 4 * math.log(k) + 2 * math.log(L))
    printed = (data - 4 * c1 * d_log + math.log(16)) / c1
    k = C * (3 * c1) ** 2 * s
    data = c1 * (math.log(20 / 9) + 2 * d_log + 4 * math.log(k) + 2 * math.log(L))
    ours = (data - 3 * c1 * d_log - math.log(2 / 5)) / c1
    for needs, expected in (
        (two_world_constants.printed_needs, printed),
        (two_world_constants.our_needs, ours),
    ):
        assert ends(needs(ball(s), c1, C) - s)[0] == pytest.approx(expected)


def test_steps_as_printed_by_hand():
    second = two_world_constants.second_case
    assert second(1, Fraction(3, 4), 2) == Fraction(1, 64)
    assert second(2, HALF, 4, halves=1) == 0
    # What is said to be true of them.
    for k, delta in itertools.product((2, 3, 5), (HALF, Fraction(99, 100))):
        assert all(second(k, delta, T) > delta / (16 * T) for T in (1, 2**k))
    assert second(4, Fraction(999, 1000), 16, halves=1) > Fraction(999, 1000) / 256
    assert second(2, Fraction(39, 100), 4, halves=1) > Fraction(39, 100) / 64
    assert second(2, Fraction(41, 100), 4, halves=1) < Fraction(41, 100) / 64


# --- T41o ---------------------------------------------------------------------------------------------------


def coin_divergence(a, b):
    return sum(x * math.log(x / y) for x, y in ((a, b), (1 - a, 1 - b)) if x)


@pytest.mark.parametrize(("q", "b"), [(Fraction(1, 4096), HALF), (Fraction(1, 3), Fraction(3, 5))])
def test_the_chernoff_value_is_the_least_larger_divergence_of_a_coin(q, b):
    grid = np.linspace(float(q), float(b), 20001)
    least = min(max(coin_divergence(a, float(q)), coin_divergence(a, float(b))) for a in grid)
    value = ends(t41o_outputs.chernoff(q, b, t41o_outputs.best_share(q, b)))
    assert value[0] == pytest.approx(least, rel=1e-3)
    assert value[1] <= least + 1e-12
    a = float(t41o_outputs.best_coin(q, b))
    assert coin_divergence(a, float(q)) == pytest.approx(coin_divergence(a, float(b)), rel=1e-4)


def test_gaps_of_an_output_by_hand():
    """One clause that theta* satisfies: the optima are coins `q` and ``1/(2 - q)``."""
    output = t41o_outputs.Output(HALF, (0,), (Fraction(3, 4), Fraction(1, 4)), "x1")
    q = 2.0**-12
    assert output.coins == (Fraction(1, 4096), 1 / (2 - Fraction(1, 4096)))
    flat, planted = coin_divergence(0.25, q), coin_divergence(0.25, 1 / (2 - q))
    found = [t41o_outputs.larger_gaps([output], world).lo[0] for world in (0, 1)]
    assert found == pytest.approx([flat, planted])
    assert t41o_outputs.larger_gaps([output]).lo[0] == pytest.approx(max(flat, planted))


def test_the_constant_at_the_edge():
    found = t41o_outputs.at_printed_beta(trial(k=2))
    q, b = 16.0**-4, 1 / (2 - 16.0**-4)
    grid = np.linspace(q, b, 100001)
    least = min(max(coin_divergence(a, q), coin_divergence(a, b)) for a in grid)
    assert found.lo[0] == pytest.approx(least, rel=1e-3)
    assert 0.45 < float(t41o_outputs.least_over_delta(trial()).lo[0]) < found.lo[0]


# --- D41 ----------------------------------------------------------------------------------------------------


def test_whoever_looks_plays_the_literals_at_hand():
    formula = Formula([[1, -3], [-2, 3]], 4)
    assert d41_before_the_prompt.literals_of(formula, 0) == (1, 0, -1, 0)
    assert d41_before_the_prompt.literals_of(formula, 1) == (0, -1, 1, 0)


def test_whoever_looks_misses_by_the_square_of_what_one_response_misses():
    looking = d41_before_the_prompt.Looking(d41_before_the_prompt.all_terms(4, 3), 2)
    p0 = d41_before_the_prompt.ETA**10
    star = 1 / (1 + d41_before_the_prompt.ETA**2 * (1 - p0))
    assert looking.miss == (1 - star) ** 2
    assert looking.formula.m == 32
    assert looking.values == [Fraction(1, 32)] * 32


def test_what_is_found_in_a_transcript_is_above_the_threshold_of_p5():
    terms, eta = d41_before_the_prompt.all_terms(4, 3), d41_before_the_prompt.ETA
    for rounds in (3, 4, 5):
        # v = 1/32; at T = 4 it is above 1/(8T) - eta^2 by eta^2 alone.
        found = d41_before_the_prompt.found_in_transcript(d41_before_the_prompt.Looking(terms, rounds))
        assert found.lo[0] == (Fraction(1, 32) > Fraction(1, 8 * rounds) - eta**2) == (rounds > 3)


def test_a_learner_that_looks_gains_where_there_are_two_prompts_and_not_where_there_is_one():
    two, one = trial(n=2, k=2, m=2, T=1), trial(n=2, k=2, m=1, T=1)
    assert max(d41_before_the_prompt.most_star(two).lo - d41_before_the_prompt.not_looking(two).lo) > 0
    assert not any(d41_before_the_prompt.most_star(one).lo - d41_before_the_prompt.not_looking(one).lo)

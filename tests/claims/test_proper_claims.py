"""The claims about proper exploration: their arithmetic by a second route, and what bends it."""

import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.certify import two_worlds
from explore_theory.formulas import Formula, small_formulas
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.policies import Softmax
from explore_theory.problems import DNF, Gaussian
from proofs_checks.proper_policy_hardness import (
    hunts,
    p1_planted_probabilities,
    p2_likely_star,
    p3_same_data,
    p4_two_worlds,
    p5_transcript,
    p6_trade_off,
    p6r_calls_slope,
    p6s_spanner_data,
    priced,
    proper_games,
    pt_bookkeeping,
    scripted,
    spanner_runs,
    transcripts,
)
from proofs_checks.proper_policy_hardness.rational import World, inner, star_at, value, violated

MODULES = (
    p1_planted_probabilities,
    p2_likely_star,
    p3_same_data,
    p4_two_worlds,
    p5_transcript,
    p6_trade_off,
    p6r_calls_slope,
    p6s_spanner_data,
    pt_bookkeeping,
)
HALF = Fraction(1, 2)


def trial(rows=8, **params):
    case = Case(slug="test", params=params, rows=rows)
    return Trial(case=case, streams=Streams(("test",), range(rows)))


@pytest.mark.parametrize("module", MODULES)
def test_every_claim_says_what_it_rests_on(module):
    assert "hardness conditional on rETH" in " ".join(module.CLAIM.scope.split())


# --- P1, P2: probabilities ----------------------------------------------------------------------------------


def test_rational_probabilities_are_those_of_the_problem():
    formula = Formula([[1, -2, 3], [-1, 2, 4], [2, 3, -4]], 4)
    eta = Fraction(1, 7)
    problem = DNF(formula=formula, eta=float(eta))
    for theta in ((1, 1, 1, 1), (0, -1, HALF, 1), (-HALF, 0, 0, 1)):
        world = World(formula, eta)
        scaled = np.array([float(t) for t in theta]) / math.sqrt(3)
        law = Softmax(scaled).log_law(problem.atoms(np.arange(3)[None]), problem.beta)
        np.testing.assert_allclose(np.exp(law[0, :, 1]), [float(p) for p in world.star(theta)], rtol=1e-12)


def test_the_linear_program_of_p2_is_solved_by_its_vertices():
    """HiGHS maximises <theta, phi> over parameters that disagree with one literal: k - 1, as vertices say."""
    from scipy.optimize import linprog

    for formula in (*small_formulas(4, 3, 1), *small_formulas(3, 2, 2)):
        for term in formula.literals.tolist():
            gain = np.zeros(formula.n)
            gain[np.abs(term) - 1] = np.sign(term)
            for literal in term:
                v, sign = abs(literal) - 1, np.sign(literal)
                bounds = [(-1, 1)] * formula.n
                bounds[v] = (-1, 0) if sign > 0 else (0, 1)
                found = linprog(-gain, bounds=bounds)
                vertices = itertools.product((-1, 0, 1), repeat=formula.n)
                best = max(inner(term, t) for t in vertices if sign * t[v] <= 0)
                assert -found.fun == pytest.approx(formula.k - 1) == best


@pytest.mark.parametrize(("n", "k"), [(n, k) for n in range(2, 9) for k in range(2, n + 1)])
def test_in_the_ball_p2_fails_for_all_n_and_k(n, k):
    """theta' = sqrt(n/(k-1)) (0, 1, .., 1) disagrees with a literal and is still likely to answer star."""
    formula = Formula([list(range(1, k + 1))], n)
    theta = np.zeros(n)
    theta[1:k] = math.sqrt(n / (k - 1))
    assert np.linalg.norm(theta / math.sqrt(k)) <= math.sqrt(n / k) * (1 + 1e-12)
    eta = 0.2 if k < 8 else 0.25
    problem = DNF(formula=formula, eta=eta)
    star = math.exp(problem.log_star(theta.sum()))
    p0 = math.exp(problem.log_base_star)
    assert star > eta**2 / (1 - p0 + eta**2) * 1.01


# --- P3: games ----------------------------------------------------------------------------------------------


def law_of(game, strategy, rounds, planted):
    """The law of the transcripts of a deterministic strategy, by enumeration."""
    formula, k = game.world.formula, game.world.formula.k
    law = {}

    def responses(theta, j):
        p = star_at(k, game.world.eta, Fraction(inner(formula.literals[j].tolist(), theta)))
        return ((1, p), (0, 1 - p))

    def rewards(response, j):
        u = violated(formula.literals[j].tolist(), game.signs)
        mean = (1 - Fraction(2 * u, k)) if planted and response else Fraction(0)
        return [(mean + offset, mass) for offset, mass in game.noise.items()]

    def go(history, mass):
        if len(history) == rounds:
            law[history] = law.get(history, 0) + mass
            return
        pair = strategy(history)
        for j in range(formula.m):
            for (y, p), (z, q) in itertools.product(responses(pair[0], j), responses(pair[1], j)):
                for (r, a), (s, b) in itertools.product(rewards(y, j), rewards(z, j)):
                    go((*history, (j, y, z, r, s)), mass * p * q * a * b / formula.m)

    go((), Fraction(1))
    return law


@pytest.mark.parametrize("noise", ["none", "bell"])
def test_the_dynamic_program_is_attained_and_not_passed_by_strategies_one_by_one(noise):
    """Two rounds, two terms: every strategy that may depend on whether a star was seen."""
    formula = Formula([[1], [-1]], 1)
    game = proper_games.Game(World(formula, Fraction(1, 10)), (1,), p3_same_data.NOISES[noise])
    grid = list(itertools.combinations_with_replacement([(-1,), (0,), (1,)], 2))
    if noise == "bell":
        grid = grid[2:4]
    best_tv, best_star, found = Fraction(-1), Fraction(-1), []
    for first in grid:
        for no_star, star in itertools.product(grid, repeat=2):

            def strategy(history, first=first, no_star=no_star, star=star):
                if not history:
                    return first
                return star if history[0][1] + history[0][2] else no_star

            flat, planted = (law_of(game, strategy, 2, world) for world in (False, True))
            tv = sum(abs(flat.get(h, 0) - planted.get(h, 0)) for h in {*flat, *planted}) / 2
            meets = sum(mass for h, mass in flat.items() if any(y + z for _, y, z, _, _ in h))
            best_tv, best_star = max(best_tv, tv), max(best_star, meets)
            found.append((tv, meets))
            assert tv <= meets
    exact_tv = game.best(2, variation=1, star=Fraction(0), charge=lambda v: Fraction(0))
    exact_star = game.best(2, variation=0, star=Fraction(-1), charge=lambda v: Fraction(0))
    assert best_tv <= exact_tv
    if noise == "none":
        assert best_star == exact_star
        assert best_tv == exact_tv
    # The claim enumerates the same strategies, those that react to a star with the rest.
    every = itertools.product(itertools.combinations_with_replacement([(-1,), (0,), (1,)], 2), repeat=3)
    claimed = dict(zip(every, transcripts.laws(game, 2), strict=True))
    assert [claimed[strategy] for strategy in itertools.product(grid, repeat=3)] == found
    if noise == "bell":
        assert any(claimed[a, b, b] != claimed[a, b, c] for a, b, c in claimed), "reacting to a star matters"


def test_the_best_star_within_a_value_is_that_of_the_game():
    for formula in small_formulas(2, 2, 3):
        world = World(formula, Fraction(1, 100))
        game = proper_games.Game(world, (1, 1), proper_games.NO_NOISE)
        for tau, star in proper_games.best_star(world, 3).items():

            def forbidden(v, tau=tau):
                return Fraction(100) if v > tau else Fraction(0)

            assert game.best(3, variation=0, star=Fraction(-1), charge=forbidden) == star


def test_scripts_play_all_values_and_two_assignments_a_round():
    case = Case(slug="test", params={"law": "exact-law"}, rows=8)
    _, script = scripted.script_of(Trial(case=case, streams=Streams(("test",), range(8))))
    for side in (script.first, script.second):
        assert side.shape == (3, 8, scripted.N)
        assert set(np.unique(side).tolist()) == {-1.0, 0.0, 1.0}
    assert (script.first != script.second).any(axis=-1).all()


# --- P4: two worlds -----------------------------------------------------------------------------------------


def test_the_program_of_two_worlds_does_not_remember_others():
    pairs = [two_worlds.Pair(k, Fraction(1, 4), (0, 1)) for k in (2, 3, 2)]
    found = []
    for pair in pairs:
        two_worlds.enclose.cache_clear()
        found.append(two_worlds.enclose(pair))
    assert found[0] == found[2] != found[1]
    assert all(0 < hi - lo < 1e-7 for lo, hi, _ in found)


def test_the_program_of_two_worlds_is_what_a_grid_of_policies_says():
    pair = two_worlds.Pair(2, Fraction(1, 4), (0, 1))
    lo, hi, reason = two_worlds.enclose(pair)
    assert not reason
    assert lo <= hi <= lo * (1 + 1e-8)
    formula = Formula([[1, 2], [1, -2]], 2)
    worlds = [DNF(formula=formula, eta=0.25, assignment=s) for s in (None, np.array([1, 1]))]
    atoms = [w.atoms(np.arange(2)[None]) for w in worlds]
    best = [exact.objective(w, Softmax(np.zeros(2))) for w in worlds]
    assert best[0] == pytest.approx(0)
    p0 = 4.0**-6
    q = [math.exp(worlds[1].log_star(a)) for a in (2, 0)]
    beta = worlds[0].beta

    def kl(z, p):
        return z * np.log(z / p) + (1 - z) * np.log((1 - z) / (1 - p))

    z = np.linspace(1e-6, 1 - 1e-6, 2001)
    second = np.geomspace(1e-8, 0.5, 800)
    in_flat = beta / 2 * (kl(z, p0)[:, None] + kl(second, p0))
    in_planted = beta / 2 * (kl(z, q[0])[:, None] + kl(second, q[1]))
    least = np.maximum(in_flat, in_planted).min()
    assert lo <= least <= hi * 1.01
    assert atoms[1].reward[0, 0, 1] == 1


def test_the_limit_of_the_chernoff_value():
    for k in (2, 5, 8):
        value_, _ = two_worlds.stated_value(two_worlds.Pair(k, Fraction(1, 10**30), (0,)))
        assert value_ == pytest.approx((8 - 4 / k) / (16 * k), rel=0.01)


# --- P5, P6: learners ---------------------------------------------------------------------------------------


def test_the_best_assignment_is_read_off_a_transcript():
    formula = Formula([[1, 2], [1, -2], [-1, 2], [1, 2]], 2)
    zero, some = np.zeros((2, 2)), np.array([[0.1, 0.2], [-0.3, 0.2]])
    transcript = [
        (zero, zero, np.array([True, True])),
        (some, zero, np.array([True, True])),
        (-some, zero, np.array([True, False])),
    ]
    assert hunts.best_values(formula, transcript).tolist() == [0.5, 0.25]
    assert value(formula, (1, 0)) == 0


def test_gaps_of_shared_parameters_are_gaps():
    problem = hunts.problem_of("hadamard", 6, 3, 2.0**-8)
    theta = np.array([[1.0, 0, 0, -1, 1, 1], [0.0] * 6, [1.0, 0, 0, -1, 1, 1]]) / math.sqrt(3)
    found = hunts.gaps(problem, Softmax(theta))
    # Terms of a kind are counted, and not added up one by one.
    np.testing.assert_allclose(found, exact.gap(problem, Softmax(theta)), rtol=1e-14, atol=0)
    assert found[0] == found[2]


@pytest.mark.parametrize("how", ["peek", "redraw", "even"])
def test_learners_that_break_the_rules_succeed_in_both_worlds(how):
    limit = p5_transcript.least_common_gap()
    for planted in (True, False):
        problem = hunts.problem_of("hadamard", p5_transcript.N, 3, p5_transcript.ETA, planted=planted)
        streams = Streams(("cheats",), range(32))
        if how == "even":
            run = hunts.play(hunts.even(problem), hunts.BaseOnly(rounds=100), streams, "literal")
        else:
            run = hunts.improper(problem, streams, rounds=14, peek=how == "peek")
        assert (run.gap < limit).mean() >= 0.75


def test_a_learner_that_peeks_succeeds_at_fifteen_literals_too():
    """P5's variant: its random signs elsewhere satisfy hardly any terms, and it learns all the same."""
    n, k, rounds = p5_transcript.PEEKED_N, p5_transcript.PEEKED_K, p5_transcript.PEEKED_ROUNDS
    for planted in (True, False):
        problem = hunts.problem_of("hadamard", n, k, p5_transcript.ETA, planted=planted)
        problem = dataclasses.replace(problem, noise=Gaussian(hunts.SCALE / 10))
        run = hunts.improper(problem, Streams(("cheats",), range(12)), rounds=rounds, peek=True)
        assert (run.gap < p5_transcript.least_common_gap(n, k)).mean() >= 0.75


def test_a_uniform_corner_meets_a_star_as_often_on_every_formula():
    """By enumeration of corners; the law that P6 and the exact-law search rely on."""
    eta = Fraction(1, 8)
    for formula in (*small_formulas(4, 3, 2), *small_formulas(3, 2, 3)):
        world, k = World(formula, eta), formula.k
        corners = list(itertools.product((-1, 1), repeat=formula.n))
        average = sum(world.mean_star(corner) for corner in corners) / len(corners)
        stated = sum(math.comb(k, u) * star_at(k, eta, Fraction(k - 2 * u)) for u in range(k + 1)) / Fraction(
            2**k
        )
        assert average == stated


def test_calls_per_star_are_what_the_law_says():
    found = p6r_calls_slope.calls(trial(rows=2048, first=2, last=6, step=2))
    for x, calls in zip(found.x, found.quantity.values, strict=True):
        assert np.mean(calls) == pytest.approx(p6r_calls_slope.STARS * x, rel=0.06)


def test_rounds_of_two_corners_are_what_the_law_says():
    for k in (2, 4):
        oracle = oracles.open_proper(priced.problem_of("parity", k), law="exact-law", replicates=4096)
        mean = oracle.search_signs(10**6).used.mean()
        assert mean == pytest.approx(2**k / (2 - 2.0**-k), rel=0.08)


# --- P6s: the improper learner ------------------------------------------------------------------------------


@pytest.mark.parametrize("planted", [True, False])
@pytest.mark.parametrize("k", [2, 4])
def test_gaps_of_spanner_sampling_are_gaps(k, planted):
    problem = hunts.problem_of("parity", 8, k, priced.eta_of(k), planted=planted)
    # A wide radius: policies that are wrong at many terms, and some that are cut off.
    schedule = spanner_runs.schedule_of(problem, 0.01, radius=3 / k, span=20)
    policy = spanner_runs.play(problem, schedule, Streams(("gaps",), range(6))).policy
    direct = exact.gap(problem, policy)
    np.testing.assert_allclose(spanner_runs.gaps(problem, policy), direct, rtol=1e-12, atol=1e-15)
    if planted:
        assert direct.max() > 1e-3


def test_gaps_of_softmax_policies_are_gaps():
    problem = hunts.problem_of("parity", 8, 5, priced.eta_of(5))
    theta = np.random.default_rng(3).uniform(-1, 1, (5, 8)) / math.sqrt(5)
    theta[0] = np.sign(theta[0]) / math.sqrt(5)
    policy = Softmax(theta)
    np.testing.assert_allclose(
        spanner_runs.gaps(problem, policy), exact.gap(problem, policy), rtol=1e-12, atol=1e-15
    )


def test_the_practical_schedule_is_what_it_says():
    for n, k in ((20, 2), (20, 12), (40, 3)):
        problem = hunts.problem_of("parity", n, k, priced.eta_of(k)) if k < 12 else None
        if problem is None:
            problem = DNF(formula=Formula([list(range(1, k + 1))], n), eta=priced.eta_of(k))
        schedule = spanner_runs.schedule_of(problem, spanner_runs.accuracy(n, k))
        pairs = spanner_runs.pairs(n, k)
        assert schedule.radius == pytest.approx(2 / k, rel=1e-9)
        assert abs(schedule.explore_rounds - pairs) <= 1
        assert abs(schedule.span_rounds - 4 * pairs) <= 1


def test_no_run_takes_more_pairs_than_the_guarantee():
    """S2 holds whatever the radius; `guarantee` is that of the schedule that was run."""
    for k in (2, 5):
        found = p6s_spanner_data.data(trial(rows=16), 20, k)
        assert (found <= spanner_runs.guarantee(20, k)).all()
        # And not by far less than isotropic features need.
        assert (found >= 2 * spanner_runs.pairs(20, k) - k).all()


def test_both_worlds_are_searched_alike():
    """Acceptances look at features only, so the data taken is the same, run by run, in either world."""
    found = []
    for planted in (True, False):
        problem = hunts.problem_of("parity", 20, 4, priced.eta_of(4), planted=planted)
        found.append(spanner_runs.spanner(problem, Streams(("worlds",), range(8))).policy.accepted)
    np.testing.assert_array_equal(*found)


def test_growth_is_the_leading_exponent():
    import sympy as sp

    L = pt_bookkeeping.symbols()[-1]
    assert pt_bookkeeping.growth(3 * L + sp.log(L)) == 3
    assert pt_bookkeeping.growth(3 * L * L, 1) == sp.oo
    assert pt_bookkeeping.growth(3 * L * L + L, 2) == 3

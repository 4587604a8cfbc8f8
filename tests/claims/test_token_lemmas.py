"""Appendices K to M by a second route: rollouts, core sets and later layers on small cases by plain sums."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from explore_theory.certify.balls import precision
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.spanner_sampling.rejection import Sampler
from proofs_checks.spanner_sampling.s2s_sharp_count import sharp_count
from proofs_checks.technical_tools import lf2_plug_in_bias as lf2
from proofs_checks.technical_tools import sampler_distances
from proofs_checks.token_level_improvement import (
    core_set_fits,
    fit_error_printed,
    later_layers,
    missed_mass_printed,
    rollout_maxima,
)
from proofs_checks.token_level_improvement import lk1_missed_mass as lk1
from proofs_checks.token_level_improvement import lk2_every_call as lk2
from proofs_checks.token_level_improvement import ll1_fit_error as ll1
from proofs_checks.token_level_improvement import ll2_target_bias as ll2
from proofs_checks.token_level_improvement import ll3_later_divergence as ll3
from proofs_checks.token_level_improvement import lm1_short_iterate as lm1
from proofs_checks.token_level_improvement import lm3_iterates_covered as lm3
from proofs_checks.token_level_improvement.later_layers import Node
from proofs_checks.token_level_improvement.ln2_density_ratio import State

CLAIMS = tuple(module.CLAIM for module in (lk1, lk2, ll1, ll2, ll3, lm1, lm3))
HALF = Fraction(1, 2)
#: A few hundred float64 operations on numbers of order one.
CLOSE = {"rel": 1e-9}


def trial(**params):
    return Trial(case=Case(slug="test", params=params), streams=Streams(("test",), range(1)))


def ends(found):
    return np.asarray(found.lo, dtype=float), np.asarray(found.hi, dtype=float)


# --- rollouts and what they find ----------------------------------------------------------------------------

PAIR = rollout_maxima.pairs()[-1]


@pytest.mark.parametrize(("rollouts", "draws"), [(1, 1), (2, 2), (3, 1)])
def test_longest_found_is_a_product_of_distribution_functions(rollouts, draws):
    world = rollout_maxima.Rollouts((PAIR, rollout_maxima.pairs()[2]), rollouts, draws)
    found = rollout_maxima.longest_of_all(world)
    for level in range(3):
        expected = Fraction(1)
        for pair in world.stored:
            one = sum(s.chance * sum(s.policy[: level + 1]) * sum(s.base[: level + 1]) ** draws for s in pair)
            expected *= one**rollouts
        assert sum(found[: level + 1]) == expected


def test_one_state_misses_with_the_power_that_is_stated():
    state = rollout_maxima.State(Fraction(1), rollout_maxima.law("3/4", "1/4", "0"), rollout_maxima.IDLE)
    question = lk1.Question(rollout_maxima.Rollouts(((state,),), 5, 1), p=Fraction(1, 4))
    assert lk1.fails(question, 0)
    assert not lk1.fails(question, 1)
    assert lk1.chances([question]).lo[0] == lk1.at_most([question]).lo[0] == Fraction(3, 4) ** 5


def test_bad_states_are_missed_by_their_mass_and_their_draws():
    idle, half = rollout_maxima.IDLE, rollout_maxima.law("1/2", "1/2", "0")
    third = Fraction(1, 3)
    pair = (rollout_maxima.State(third, idle, half), rollout_maxima.State(1 - third, idle, idle))
    assert rollout_maxima.bad_states(pair, 0, HALF) == third
    assert rollout_maxima.bad_states(pair, 0, Fraction(2, 3)) == 0
    question = lk1.Question(rollout_maxima.Rollouts((pair,), 2, 3), q=third, b=HALF)
    missed = 1 - third * (1 - HALF**3)
    assert lk1.chances([question]).lo[0] == lk1.at_most([question]).lo[0] == missed**2


def test_every_critical_probability_of_every_world_is_asked_for():
    assert {(w.rollouts, w.base_draws) for w in rollout_maxima.worlds(1)} == {(1, 1), (1, 2), (3, 1), (3, 2)}
    for part in ("actions", "states", "either"):
        asked = {}
        for question in lk1.questions(trial(part=part, pairs=1)):
            asked.setdefault(question.world, set()).add((question.p, question.q, question.b))
        for world in rollout_maxima.worlds(1):
            (pair,) = world.stored
            ps = {sum(s.chance * sum(s.policy[i:]) for s in pair) for i in (1, 2)} - {0}
            bs = {sum(s.base[i:]) for s in pair for i in (1, 2)} - {0}
            states = set(itertools.product({s.chance for s in pair}, bs))
            expected = {
                "actions": {(p, 0, 0) for p in ps},
                "states": {(0, q, b) for q, b in states},
                "either": {(p, q, b) for p in ps for q, b in states},
            }[part]
            assert asked.get(world, set()) == expected


def test_rates_are_compared_wherever_they_are_probabilities():
    for n in (1, 3, 1000):
        # Only 1.582 log(10^6) > 10 is none, of four times three sizes with two parts each.
        assert np.asarray(lk1.rates(trial(n=n)).applicable).sum() == 22


def test_rates_of_one_call_by_hand():
    lo, _ = ends(lk1.rates(trial(n=3)))
    log, hit = math.log(2), 1 - (2 / 3) ** 3
    # delta = 1/2, N = 1000.
    assert lo[8] == pytest.approx((1 - log / 1000) ** 1000 * 2, **CLOSE)
    assert lo[9] == pytest.approx((1 - 1.582 * log / 1000 * hit) ** 1000 * 2, **CLOSE)


def test_printed_logarithms_of_lemma_k1_by_hand():
    with precision(64):
        short, long = missed_mass_printed.printed_logs((4, "1/2", "1/2", "1/4", 100, 50))
    assert float(short) == pytest.approx(4 * math.log(16 * 4 * 16))
    assert float(long) == pytest.approx(4 * math.log(32 * 4 * 100 * 16))


def test_an_adversary_gains_nothing_by_waiting():
    calls, rollouts, draws, missed = max(lk2.SIZES, key=lambda size: size[0])
    assert calls > 1
    best = lk2.game_value(calls, rollouts, draws, missed)
    singles = []
    for stored in lk2.MENU:
        question = lk2.question(stored, rollouts, draws, missed)
        law = rollout_maxima.longest_of_all(question.world)
        singles.append(sum(c for level, c in enumerate(law) if lk1.fails(question, level)))
    assert best == 1 - (1 - max(singles)) ** calls
    assert lk2.game_value(calls, rollouts, draws, missed, least=True) == 1 - (1 - min(singles)) ** calls


def test_schedule_of_the_paper_by_hand():
    prompts, inverse, rollouts, draws = lk2.schedule(lk2.SETTINGS[1])
    assert prompts == 2 * 25 * 10
    assert inverse == 1 / (Fraction(1, 100) / 40 * Fraction(1, 10) / 4)
    assert rollouts == 500 * 25 * 16 * 10 * 100
    assert draws == 500 * 625 * 16 * 2 * 10 * 100


# --- short iterates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", lm1.LINES, ids=lambda line: f"H{line.horizon}-{line.nu_squared}")
def test_iterations_on_a_line_are_a_logarithm(line):
    part = float(line.nu_squared) / 4
    # The k-th long pair has at least part lambda (1 + part)^(k - 1), at most 4.
    count = math.floor(1 + math.log(4 / (part * float(line.ridge))) / math.log1p(part))
    assert lm1.iterations(line, line.nu_squared / 4) == line.horizon * count


def test_layers_in_turn_last_as_long_as_they_do_alone():
    def run(order, horizon):
        params = {"H": horizon, "order": order, "attack": "padded", "d": 2, "nu": 0.5, "ridge": 1.0}
        return lm1.runs(lm1.layers(trial(**params))).lo[0]

    alone = run("in turn", 1)
    assert run("in turn", 3) == 3 * alone
    assert run("at once", 3) == alone


def test_least_printed_number_of_iterations_solves_its_condition():
    found = lm1.least_printed(trial()).lo
    for (d, horizon, ridge, nu), t in zip(lm1.CONDITIONS, found, strict=True):
        size = 8 * d * horizon**2 / float(Fraction(nu)) ** 4
        assert t - 1 < size * math.log1p(t / float(Fraction(ridge)))
        assert t + 1 >= size * math.log1p((t + 1) / float(Fraction(ridge))) * (1 - 1e-12)


def test_as_many_iterations_are_needed_as_all_layers_have_long_pairs_and_one():
    found = dict(zip(lm1.CONDITIONS, lm1.needed(trial()).lo, strict=True))
    for (d, horizon, ridge, nu), iterations in found.items():
        count = sharp_count(d, float(Fraction(nu)) / 2, float(Fraction(ridge)))
        assert iterations == 1 + horizon * count
        if d == 1:
            part = float(Fraction(nu)) ** 2 / 4
            assert count == math.floor(1 + math.log(4 / (part * float(Fraction(ridge)))) / math.log1p(part))


def test_lines_are_of_one_layer_and_of_several():
    assert {line.horizon for line in lm1.LINES} == {1, 2, 5}
    assert len(lm1.LINES) == lm1.on_lines(trial()).lo.size == 15


# --- later layers -------------------------------------------------------------------------------------------


def small(target="9/10", ratio="2", multiplier="4", samples=3, cap=2):
    target, ratio, multiplier = map(Fraction, (target, ratio, multiplier))
    return Sampler(target=target, ratio=ratio, multiplier=multiplier, samples=samples, cap=cap)


def literal_draw(s):
    """``P[y]`` and ``E[log rho; y]`` of one call, over all sequences of weak samples, in floats."""
    mass = (float(s.mass), 1 - float(s.mass))
    weight = (float(s.target) / mass[0], (1 - float(s.target)) / mass[1])
    found = np.zeros((2, 2))
    for drawn in itertools.product((0, 1), repeat=s.samples):
        chance = math.prod(mass[y] for y in drawn)
        estimate = sum(weight[y] for y in drawn) / s.samples
        accept = [min(1.0, w / (estimate * float(s.multiplier))) for w in weight]
        missed = (1 - mass[0] * accept[0] - mass[1] * accept[1]) ** s.cap
        for y in range(2):
            share = mass[y] * accept[y] / (mass[0] * accept[0] + mass[1] * accept[1])
            p = chance * ((1 - missed) * share + missed * mass[y])
            found[y] += p, p * math.log(weight[y] / estimate)
    return found


GAME = later_layers.games([small(), small("1/2", "3/2", "2", 2, 1)])[0]


def paths(game, start):
    """Every path of states and actions with its chance, in floats."""
    for states in itertools.product(*(range(len(layer)) for layer in game.layers)):
        for actions in itertools.product((0, 1), repeat=len(states)):
            nodes = [layer[j] for layer, j in zip(game.layers, states, strict=True)]
            chance = float(game.starts[start][states[0]])
            for k, (node, i) in enumerate(zip(nodes, actions, strict=True)):
                chance *= literal_draw(node.sampler)[i, 0]
                if k + 1 < len(states):
                    chance *= float(node.after[i][states[k + 1]])
            yield chance, nodes, actions


@pytest.mark.parametrize("start", [0, 1])
def test_targets_and_values_are_sums_over_paths(start):
    beta = float(GAME.beta)
    target = value = 0.0
    for chance, nodes, actions in paths(GAME, start):
        for node, i in zip(nodes, actions, strict=True):
            p, log_rho = literal_draw(node.sampler)[i]
            base = float(node.sampler.mass if i == 0 else 1 - node.sampler.mass)
            target += chance * (float(node.rewards[i]) - beta * log_rho / p)
            value += chance * (float(node.rewards[i]) - beta * math.log(p / base))
    assert len(GAME.layers) == 2
    assert float(GAME.target(start)) == pytest.approx(target, **CLOSE)
    assert float(GAME.value(start)) == pytest.approx(value, **CLOSE)


def test_bias_is_beta_times_that_of_the_anchor_where_the_pair_has_none():
    sampler = small()
    (game,) = ll2.alone(sampler)
    expected = float(game.beta) * float(lf2.bias(sampler))
    assert abs(expected) > 0.001
    assert float(ll2.bias(game)) == pytest.approx(expected, **CLOSE)
    assert float(ll2.by_states(game)) == pytest.approx(expected, **CLOSE)


def test_costs_of_estimates_and_of_failures_by_hand():
    s = small()
    node = Node(s, later_layers.REWARDS[0], later_layers.NOWHERE)
    half = math.log(2 / (0.1 / 0.55)) / 2
    assert float(ll2.too_small(node)) == pytest.approx(
        min(1 / 3 + 2 * half * math.exp(-0.3153 * 3 / 2), 2 * half), **CLOSE
    )
    to_target = 0.45 * math.log(0.45 / 0.9) + 0.55 * math.log(0.55 / 0.1)
    assert float(ll2.failures(node)) == pytest.approx(float(node.outcome.fails) * to_target, **CLOSE)
    assert float(ll3.failing(node)) == pytest.approx(float(ll2.failures(node)), **CLOSE)
    assert float(ll3.by_range(node)) == pytest.approx(
        float(node.outcome.fails) * min(2 * half, half**2 / 2), **CLOSE
    )


def test_estimates_that_are_too_small_cost_no_more_than_the_range():
    clipped = [node for game in ll2.never_seen(trial()) for node in game.layers[0]][1]
    with precision(128):
        span = 2 * float(sampler_distances.half_range(clipped.sampler))
        assert float(lf2.upper(clipped.sampler, far=2)) > 1.4 * span
        assert float(ll2.too_small(clipped)) == pytest.approx(span, **CLOSE)
        # A base mass of 10^-100, weighed 100 to about 10^-98 of the rest.
        assert span == pytest.approx(math.log(100) + 100 * math.log(10), rel=1e-3)


def test_wide_scores_cost_their_range_and_not_its_square():
    wide = Node(small("999/1000", "1000000", "1", 2, 2), later_layers.REWARDS[0], later_layers.NOWHERE)
    span = math.log(1e6 / (1e-3 / (1 - 0.999e-6)))
    assert span < (span / 2) ** 2 / 2
    assert float(ll3.by_range(wide)) == pytest.approx(float(wide.outcome.fails) * span, **CLOSE)


def test_mean_at_the_last_layer_is_over_paths():
    expected = 0.0
    for chance, nodes, _ in paths(GAME, 0):
        s = nodes[-1].sampler
        p, q = literal_draw(s)[:, 0], np.array([float(s.target), 1 - float(s.target)])
        expected += chance * float(np.sum(p * np.log(p / q)))
    assert float(ll3.mean_at_last(ll3.divergence)(GAME)) == pytest.approx(expected, **CLOSE)


def test_uncovered_states_pay_in_full():
    bad, good = (
        Node(small(ratio=r, multiplier="8"), later_layers.REWARDS[0], later_layers.NOWHERE)
        for r in ("3", "2")
    )
    value = ll3.by_coverage(HALF)
    ranges = [math.log(3 / (0.1 / 0.7)) / 2, math.log(2 / (0.1 / 0.55)) / 2]
    scales = [min(2 * u, u**2 / 2) for u in ranges]
    assert float(value(bad)) == pytest.approx(scales[0] * (1 + 0.0067 / 2), **CLOSE)
    assert float(value(good)) == pytest.approx(scales[1] * 0.0067 / 2, **CLOSE)


# --- the fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fit", core_set_fits.fits(constrained=False)[1::5])
def test_estimates_and_projections_are_those_of_numpy(fit):
    features = np.array([p.feature for p in fit.pairs], dtype=float)
    hat = features @ np.linalg.pinv(features)
    total = 0.0
    for chance, targets in fit.outcomes():
        z = np.array(targets, dtype=float)
        theta = np.linalg.lstsq(features, z, rcond=None)[0]
        assert np.array(fit.estimate(targets), dtype=float) == pytest.approx(theta, abs=1e-12)
        error = features @ (theta - np.array(fit.truth, dtype=float))
        assert float(fit.error(fit.estimate(targets))) == pytest.approx(error @ error, abs=1e-12)
        total += float(chance)
    assert total == pytest.approx(1)
    bias = np.array([p.bias for p in fit.pairs], dtype=float)
    assert float(fit.projected([p.bias for p in fit.pairs])) == pytest.approx(bias @ hat @ bias, abs=1e-12)
    assert [float(fit.leverage(i)) for i in range(len(fit.pairs))] == pytest.approx(list(np.diag(hat)))
    spread = [float(p.width) ** 2 * float(p.chance * (1 - p.chance)) for p in fit.pairs]
    allowed = float(np.diag(hat) @ spread) / fit.rollouts + bias @ hat @ bias
    assert float(ll1.noise_and_bias([fit]).lo[0]) == pytest.approx(allowed)


def test_an_interval_cuts_the_estimate_and_two_points_are_chosen_from():
    pair = core_set_fits.Pair(core_set_fits.vector("2"), HALF, Fraction(1), Fraction(0))
    fit = core_set_fits.Fit((pair,), core_set_fits.vector("1/3"), 1, Fraction(2, 5))
    assert fit.estimate((Fraction(7, 6),)) == (Fraction(2, 5),)
    assert fit.estimate((Fraction(-9),)) == (Fraction(-2, 5),)
    assert fit.estimate((Fraction(1, 6),)) == (Fraction(1, 12),)
    assert fit.error((Fraction(2, 5),)) == Fraction(4, 225)
    assert ll1.nearest(fit, (Fraction(2),)) == (Fraction(1, 3) + Fraction(9, 10),)
    assert ll1.nearest(fit, (Fraction(1),)) == fit.truth


def test_tails_of_one_coin_are_binomial():
    fit = next(f for f in ll1.tosses(trial(N=16)) if len(f.pairs) == 1)
    for k, lo in zip(ll1.LEVELS, ll1.tails([fit]).lo, strict=True):
        level = float(1 + 2 * k + 2 * k**2) / 64
        tail = sum(math.comb(16, j) for j in range(17) if (j / 16 - 0.5) ** 2 > level) / 2**16
        assert float(lo) == pytest.approx(tail)
    assert ends(ll1.exponentials([fit]))[0] == pytest.approx([math.exp(-(float(k) ** 2)) for k in ll1.LEVELS])


def test_soft_values_are_the_best_over_policies():
    beta, last = float(GAME.beta), ll1.scores(GAME)[-1]
    for node, (one, other, soft) in zip(GAME.layers[-1], last, strict=True):
        assert (float(one), float(other)) == pytest.approx([float(r) for r in node.rewards])
        base = np.array([float(node.sampler.mass), 1 - float(node.sampler.mass)])
        p = np.linspace(1e-6, 1 - 1e-6, 100_001)
        rewards = [float(r) for r in node.rewards]
        values = p * (rewards[0] - beta * np.log(p / base[0])) + (1 - p) * (
            rewards[1] - beta * np.log((1 - p) / base[1])
        )
        assert float(soft) == pytest.approx(values.max(), abs=1e-8)
    first = ll1.scores(GAME)[0][0][0]
    node = GAME.layers[0][0]
    ahead = sum(float(p) * float(v) for p, (_, _, v) in zip(node.after[0], last, strict=True))
    assert float(first) == pytest.approx(float(node.rewards[0]) + ahead)


def test_means_are_put_off_by_what_is_lost_on_either_side():
    lost = ll1.from_optimum(GAME)
    for start in range(2):
        best = sum(
            float(p) * float(v) for p, (_, _, v) in zip(GAME.starts[start], ll1.scores(GAME)[0], strict=True)
        )
        gap = best - float(GAME.value(start))
        assert gap > 0
        mean = float(GAME.mean(start, lambda node: lost[id(node)]))
        assert float(GAME.beta) * mean == pytest.approx(gap, rel=1e-7)


def test_printed_constants_of_lemma_l1_by_hand():
    log = math.log(16 * math.log(4e12))
    first = 6400 * math.log(6e9) + 3840 * 2
    second = 19200 * 2 * (12 + 12 * log**2 + 85) + 3072 * 2 * 0.5 * log
    lo, _ = ends(fit_error_printed.printed_right_side(trial()))
    assert lo == pytest.approx(4e-9 + first * 1e-9 + second * 1e-12)
    assert fit_error_printed.squared_misfit(trial()).lo[0] == (20 * (4 + 4 + 50)) ** 2
    assert fit_error_printed.sixteen_times(trial()).lo[0] == 96 * 808 + 2304
    # 98 of 100 digits, less what is drawn otherwise, and 5 from log rho and rewards.
    noise = float(fit_error_printed.largest_noise(trial()).lo[0])
    drawn = 1 / (1 + 1e-2) - 0.00335
    paid = 2 * (drawn * (98 + math.log10(drawn)) + (1 - drawn) * math.log10(1 - drawn)) / 100
    assert noise == pytest.approx(20 * (5 + paid) + 1, rel=1e-6)


# --- iterates -----------------------------------------------------------------------------------------------


def test_coverages_of_an_iterate_by_hand():
    one = Fraction(1)
    state = State(
        base=(Fraction(7, 10), Fraction(1, 10), Fraction(1, 5)),
        tilt=(one, Fraction(2), Fraction(1, 2)),
        inside=(True, True, False),
        error=(one, Fraction(5, 4), one),
    )
    world = lm3.Iterate(state, Fraction(5, 4))
    assert world.coverage == Fraction(2)
    assert world.far == Fraction(2, 5)
    normalisers = (
        Fraction(7, 10) + Fraction(2, 10) + Fraction(1, 5),
        Fraction(7, 10) + Fraction(5, 20) + HALF * 2 / 5,
    )
    assert list(lm3.coverages([world]).lo) == [2 / normalisers[0], Fraction(5, 2) / normalisers[1]]
    assert list(lm3.allowed([world]).lo) == [Fraction(8, 3), Fraction(8, 3) * Fraction(25, 16)]
    assert lm3.sixteen_squares([world]).lo[0] == 16 * (Fraction(5, 2) / normalisers[1]) ** 2


def test_iterates_near_equality_hold_a_quarter_far_and_steps_are_short():
    for world in lm3.nearly(trial()):
        assert Fraction(49, 200) < world.far <= lm3.QUARTER
        assert 4 * math.log(float(world.step)) < 1
    assert all(world.far <= lm3.QUARTER for world in lm3.grid(trial()))


def test_iterates_on_the_grid_err_both_ways_and_come_near_what_is_allowed():
    grid = lm3.grid(trial())
    assert max(world.far for world in grid) > Fraction(9, 50)
    for step in lm3.STEPS:
        errors = {world.state.error[1:] for world in grid if world.step == step}
        assert errors == set(itertools.product({step, 1 / step}, repeat=2))
    assert {world.state.inside for world in grid} >= {(True, True, False), (True, False, True)}


# --- printed forms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "form"),
    [(claim, form) for claim in CLAIMS for form in claim.printed],
    ids=lambda value: getattr(value, "slug", None),
)
def test_printed_forms_fail_only_where_they_say_so_with_daylight(claim, form):
    for case in form.check.cases:
        one = Trial(case=case, streams=Streams(("printed",), range(1)))
        world = form.check.instance(one) if form.check.instance else one
        found, bound = form.check.measure(world), form.check.bound(world)
        (lo, hi), (least, most) = ends(found), ends(bound)
        if (form.check.relation or claim.relation) == ">=":
            lo, hi, least, most = -hi, -lo, -most, -least
        beyond = lo > most + 0.03 * np.abs(most)
        assert bool(beyond.any()) is not form.holds
        if form.holds:
            assert np.all(hi <= least)
        else:
            assert found.witness(int(beyond.argmax()))
            assert form.mended

"""Reweighting, averages, rounds and phases: what they charge, say and refuse, alike under both laws."""

import math

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.errors import BudgetExceeded, InvalidProblem, OracleMisuse
from explore_theory.oracles import Dot, Norm, Relative, Seen, Status, Where
from explore_theory.oracles.plans import Exploration, Ridge, Span
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import Bernoulli, Gaussian, HiddenNeedle, NoNoise, TabularProblem

LAWS = ("literal", "exact-law")
ROWS = 4000
#: Standard deviations by which a mean of `ROWS` may be off; the seeds are fixed.
FAR = 5.5
THETA = np.array([0.3, 0.1])
BASE = np.array([[0.05, 0.15, 0.5, 0.3], [0.25, 0.25, 0.4, 0.1]])
FEATURES = np.array(
    [[[0.9, 0.1], [-0.5, 0.4], [0.0, 0.0], [0.2, -0.7]], [[0.1, 0.8], [0.6, 0.6], [-0.3, 0.2], [0.0, -0.9]]]
)


def problem(noise=None):
    return TabularProblem(
        prompt_mass=[0.3, 0.7],
        base=BASE,
        features=FEATURES,
        reward=0.5 + FEATURES @ THETA,
        beta=0.5,
        theta_star=THETA,
        parameter_radius=1.0,
        noise=noise or NoNoise(),
    )


def opened(law, rows=ROWS, noise=None, **more):
    return oracles.open(problem(noise), law=law, replicates=rows, **more)


def near(sample, mean, deviation):
    return abs(np.mean(sample) - mean) <= FAR * deviation / math.sqrt(len(sample))


# --- averages and reweighting ------------------------------------------------------------------------------

WEIGHT = Dot(np.array([2.0, -1.0]))


@pytest.mark.parametrize("law", LAWS)
def test_an_average_is_unbiased_costs_its_draws_and_has_the_right_spread(law):
    oracle = opened(law)
    ctx = oracle.prompt()
    mean = np.exp(oracle.log_mean_exp(ctx, WEIGHT, 7))
    assert (oracle.ledger.total("weak") == 7).all()
    for x in (0, 1):
        weight = np.exp(FEATURES[x] @ [2.0, -1.0])
        truth = BASE[x] @ weight
        variance = (BASE[x] @ weight**2 - truth**2) / 7
        here = mean[ctx.prompts == x]
        assert near(here, truth, math.sqrt(variance))
        assert near((here - truth) ** 2, variance, 3 * variance)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("cap", [-0.5, 0.4, 3.0])
def test_reweighting_accepts_with_the_stated_chance_and_says_what_was_clipped(law, cap):
    oracle = opened(law)
    ctx = oracle.prompt()
    found = oracle.tilt(ctx, WEIGHT, cap, 3)
    for x in (0, 1):
        here = ctx.prompts == x
        weight = FEATURES[x] @ [2.0, -1.0]
        hit = BASE[x] * np.exp(np.minimum(0, weight - cap))
        p = hit.sum()
        assert near(found.ok[here], 1 - (1 - p) ** 3, 0.5)
        assert near(found.used[here] == 1, p, 0.5)
        assert set(np.unique(found.status[here])) <= {Status.OK, Status.MISS}
        drawn = found.response[here & found.ok]
        for y in range(4):
            assert near(drawn == y, hit[y] / p, 0.5)
        assert (found.clipped[here & found.ok] == (weight[drawn] > cap)).all()
    assert not found.clipped[~found.ok].any()
    np.testing.assert_array_equal(oracle.ledger.total("weak"), found.used)


@pytest.mark.parametrize("law", LAWS)
def test_a_truncated_weight_asks_about_named_responses_too(law):
    oracle = opened(law)
    term = Where(Seen([0]) | (Norm() > 0.65), WEIGHT, -1.0)
    found = oracle.tilt(oracle.prompt(), term, 2.0, 50)
    assert found.ok.mean() > 0.99
    needle = HiddenNeedle.draw(responses=10**12, coverage=5.0, dimension=3, beta=0.5)
    oracle = oracles.open(needle, law=law, replicates=64)
    assert np.isfinite(oracle.log_mean_exp(oracle.prompt(), Where(Norm() > 0, Dot(np.ones(3))), 9)).all()


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda o, c: o.tilt(c, Norm() > 0, 1.0, 3), "log_weight must be a term such as Dot"),
        (lambda o, c: o.tilt(c, WEIGHT, float("nan"), 3), "log_cap must not be NaN"),
        (lambda o, c: o.tilt(c, WEIGHT, [1.0, 2.0, 3.0], 3), "log_cap must be a number, or 2 numbers"),
        (lambda o, c: o.tilt(c, WEIGHT, 1.0, math.inf), "budget must be finite where the ledger"),
        (lambda o, c: o.log_mean_exp(c, Norm() > 0, 3), "log_weight must be a term such as Dot"),
        (lambda o, c: o.search_rounds(Norm(), 3, 2), "hit must be a condition"),
        (lambda o, c: o.search_rounds(Norm() > 0, math.inf, 2), "rounds must be finite"),
        (lambda o, c: o.search_rounds(Norm() > 0, 2.5, 2), "budget must be a whole number"),
    ],
)
def test_bad_questions_are_refused_and_cost_nothing(law, call, message):
    oracle = opened(law, rows=2)
    ctx = oracle.prompt()
    with pytest.raises(OracleMisuse, match=message):
        call(oracle, ctx)
    assert not oracle.ledger.compute.any()


# --- rounds ------------------------------------------------------------------------------------------------


def rounds_table(law, **budgets):
    oracle = opened(law, rows=6000, budgets=budgets or None)
    rounds = oracle.search_rounds(Norm() > 1.1, 4, 2, pair=True)
    ledger = oracle.ledger
    keys = zip(
        rounds.found.status, rounds.ctx.prompts, rounds.rounds, ledger.total("weak"), ledger.total("prompt"),
        rounds.found.response[:, 0], oracle.active, strict=True,
    )  # fmt: skip
    table: dict = {}
    for key in keys:
        table[tuple(map(float, key))] = table.get(tuple(map(float, key)), 0) + 1
    return table


@pytest.mark.parametrize("budgets", [{}, {"weak": 9}, {"prompt": 3}, {"weak": 7, "prompt": 2}, {"weak": 0}])
def test_rounds_have_one_law_whatever_the_purse(budgets):
    first, second = (rounds_table(law, **budgets) for law in LAWS)
    for key in first.keys() | second.keys():
        a, b = first.get(key, 0), second.get(key, 0)
        assert abs(a - b) <= FAR * math.sqrt(a + b + 20), (key, a, b)


# --- phases ------------------------------------------------------------------------------------------------

SPAN = Span(radius=0.4, rounds=12, per_round=3)
SAMPLER = SoftmaxSampler(ratio=4.0, normaliser=6, tries=9)


def explored(law, rows, growth, noise=None, **more):
    oracle = opened(law, rows, noise, **more)
    with oracle.phase("span"):
        spanned = oracle.span(Ridge.start(oracle.R, 2, 1.0), SPAN)
    plan = Exploration(
        rounds=15,
        sampler=SAMPLER,
        radius=0.6,
        inverse=spanned.ridge.inverse,
        growth=growth,
        keep=np.tile([0, 7, 14], (oracle.R, 1)) if growth is None else None,
    )
    with oracle.phase("explore"):
        return oracle, spanned, oracle.explore(spanned.ridge, plan)


@pytest.mark.parametrize("growth", [None, 1.3])
@pytest.mark.parametrize("noise", [NoNoise(), Gaussian(0.4), Bernoulli()])
def test_phases_have_the_same_means_and_spreads_under_both_laws(growth, noise):
    moments = []
    for law in LAWS:
        oracle, spanned, after = explored(law, 800, growth, noise)
        policies = (after.weights > 0).sum(axis=1)
        columns = [
            spanned.accepted, after.clipped, after.missed, policies, after.ridge.log_det,
            *after.ridge.moment.T, *after.thetas[:, 0].T,
            *(oracle.ledger.total(k, phase=p) for k in ("weak", "prompt") for p in ("span", "explore")),
        ]  # fmt: skip
        values = np.array(columns, dtype=float)
        moments.append(np.concatenate([values, (values - values.mean(axis=1, keepdims=True)) ** 2]))
        assert (after.rounds == 15).all()
        assert (after.weights.sum(axis=1) == (3 if growth is None else 15)).all()
        assert (oracle.ledger.data == spanned.accepted + 15).all()
    first, second = moments
    scale = np.sqrt((first.var(axis=1) + second.var(axis=1)) / first.shape[1])
    difference = np.abs(first.mean(axis=1) - second.mean(axis=1))
    assert (difference <= FAR * scale + 1e-12).all(), np.flatnonzero(difference > FAR * scale + 1e-12)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("growth", [None, 1.3])
def test_a_row_does_not_see_how_many_others_there_are(law, growth):
    _, _, all_rows = explored(law, 64, growth, Gaussian(0.4))
    for rows in (1, 7):
        _, _, few = explored(law, rows, growth, Gaussian(0.4))
        np.testing.assert_array_equal(few.ridge.moment, all_rows.ridge.moment[:rows])
        np.testing.assert_array_equal(few.ridge.covariance, all_rows.ridge.covariance[:rows])
        width = few.thetas.shape[1]
        np.testing.assert_array_equal(few.thetas, all_rows.thetas[:rows, :width])


@pytest.mark.parametrize("growth", [None, 1.3])
@pytest.mark.parametrize("budgets", [{"weak": 180}, {"prompt": 20}, {"reward": 12}, {"weak": 40}])
def test_a_short_purse_ends_a_phase_where_it_ends_under_the_literal_law(growth, budgets):
    means = []
    for law in LAWS:
        oracle, spanned, after = explored(law, 800, growth, budgets=budgets)
        ((kind, limit),) = budgets.items()
        assert (oracle.ledger.total(kind) <= limit).all()
        assert not oracle.active[after.rounds < 15].any()
        assert (oracle.ledger.data == spanned.accepted + after.rounds).all()
        values = [
            after.rounds, spanned.accepted, oracle.active, after.weights.sum(axis=1),
            *(oracle.ledger.total(k) for k in ("weak", "prompt", "reward")),
        ]  # fmt: skip
        means.append(np.array(values, dtype=float))
    scale = np.sqrt((means[0].var(axis=1) + means[1].var(axis=1)) / 800)
    assert (np.abs(means[0].mean(axis=1) - means[1].mean(axis=1)) <= FAR * scale + 1e-12).all()


@pytest.mark.parametrize("law", LAWS)
def test_one_replicate_raises_and_keeps_its_partial_ledger(law):
    with pytest.raises(BudgetExceeded):
        explored(law, 1, None, budgets={"weak": 300, "reward": 9})
    oracle = opened(law, rows=1, budgets={"reward": 2})
    with pytest.raises(BudgetExceeded):
        oracle.span(Ridge.start(1, 2, 1.0), SPAN)
    assert oracle.ledger.data.tolist() == [2]


@pytest.mark.parametrize("law", LAWS)
def test_rows_left_out_are_neither_charged_nor_changed(law):
    oracle = opened(law, rows=3)
    rows = np.array([True, False, True])
    start = Ridge.start(3, 2, 1.0)
    spanned = oracle.span(start, SPAN, rows)
    assert (oracle.ledger.total("prompt") > 0).tolist() == rows.tolist()
    np.testing.assert_array_equal(spanned.ridge.covariance[1], start.covariance[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"growth": 1.0}, "growth must be above 1, got growth=1.0"),
        ({"growth": None}, "keep must be given without growth, and only then"),
        ({"growth": None, "keep": [[0, 2, 1]]}, "keep must hold rounds from 0 to"),
        ({"growth": None, "keep": [[-1, 0]]}, "keep must hold rounds from 0 to"),
        ({"growth": None, "keep": [[0, 10**6]]}, "keep must hold rounds from 0 to"),
        ({"radius": 0.5}, "inverse must be given with a finite radius"),
        ({"radius": float("nan")}, "radius must be positive"),
        ({"rounds": -1}, "rounds must be at least 0"),
    ],
)
def test_plans_that_make_no_sense(arguments, message):
    with pytest.raises(InvalidProblem, match=message):
        Exploration(**({"rounds": 3, "sampler": SAMPLER, "growth": 2.0} | arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ratio": 0.5}, "ratio must be at least 1, got ratio=0.5"),
        ({"normaliser": -1}, "normaliser must be at least 0"),
        ({"tries": 0}, "tries must be at least 1"),
    ],
)
def test_samplers_that_make_no_sense(arguments, message):
    with pytest.raises(InvalidProblem, match=message):
        SoftmaxSampler(**({"ratio": 2.0, "normaliser": 3, "tries": 3} | arguments))


def test_the_literal_law_cannot_know_a_normaliser():
    oracle = opened("literal", rows=1)
    sampler = SoftmaxSampler(ratio=2.0, normaliser=0, tries=3)
    with pytest.raises(InvalidProblem, match="normaliser must be at least 1 where calls are made"):
        sampler.sample(oracle, oracle.prompt(), Dot(THETA, Relative(np.zeros(2))), np.array([True]))

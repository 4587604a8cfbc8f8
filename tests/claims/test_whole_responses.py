"""C51: whole responses with features of every prefix, and what its runs and schedules are compared with."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from explore_theory import exact
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.problems import linear_sequence_view, product_problem
from explore_theory.problems.autoregressive import dynamics
from proofs_checks.token_level_improvement import c51_whole_responses as c51
from proofs_checks.token_level_improvement import four_tokens, linear_numbers, linear_runs
from proofs_checks.token_level_improvement.linear_tokens import linear_tokens, whole_responses


def trial(**params):
    return Trial(case=Case(slug="one", params=params), streams=Streams(("t",), range(1)))


def walk(problem, response):
    """``(features, reward, base)`` of each token along `response`, from the first prompt."""
    state, found = int(problem.start[0]), []
    for layer, token in zip(problem.layers, response, strict=True):
        found.append((layer.features[state, token], layer.reward[state, token], layer.base[state, token]))
        state = int(layer.next[state, token]) if layer.next is not None else state
    return found


@pytest.mark.parametrize(("horizon", "d"), [(1, 1), (2, 3), (3, 2)])
def test_sequence_features_are_those_of_all_prefixes_in_order(horizon, d):
    problem, theta = linear_tokens(horizon=horizon, d=d, ratio=4, coverage=5, sigma=0.1, reward_range=2.0)
    whole = linear_sequence_view(problem, theta, coverage=6.0)
    assert whole.features.shape == (1, (d + 1) ** horizon, d * horizon)
    assert whole.coverage == 6
    for k, response in enumerate(itertools.product(range(d + 1), repeat=horizon)):
        steps = walk(problem, response)
        row = np.concatenate([phi for phi, _, _ in steps]) / math.sqrt(horizon)
        assert whole.features[0, k] == pytest.approx(row)
        assert np.linalg.norm(row) <= 1
        assert whole.reward[0, k] == pytest.approx(sum(r for _, r, _ in steps))
        assert whole.reward[0, k] == pytest.approx(float(whole.features[0, k] @ whole.theta_star))
        assert math.exp(whole.log_base[0, k]) == pytest.approx(math.prod(p for _, _, p in steps))
    assert whole.parameter_radius == pytest.approx(np.linalg.norm(whole.theta_star))
    # |theta_h| = R/H each: at most H B.
    assert whole.parameter_radius == pytest.approx(2.0)


def test_its_optimum_is_that_of_the_tokens():
    problem, theta = linear_tokens(horizon=3, d=2, ratio=6, coverage=30, sigma=0.1)
    whole = whole_responses(problem, theta, 30)
    by_tokens = np.exp(dynamics.sequence_laws(problem, dynamics.optimum(problem).log_policy))
    weight = np.exp(whole.log_base + (whole.features @ whole.theta_star) / whole.beta)
    assert weight / weight.sum(axis=1, keepdims=True) == pytest.approx(by_tokens)


@pytest.mark.parametrize(
    ("horizon", "d", "ratio", "coverage"), [(2, 2, 8, 20), (4, 1, 14, 1e5), (3, 3, 5, 2)]
)
def test_the_problem_has_the_coverage_and_the_range_it_is_made_with(horizon, d, ratio, coverage):
    problem, theta = linear_tokens(horizon=horizon, d=d, ratio=ratio, coverage=coverage, sigma=0.2)
    whole = whole_responses(problem, theta, coverage)
    assert math.exp(exact.log_coverage(whole)[0]) == pytest.approx(coverage)
    assert whole.coverage >= coverage
    assert np.ptp(whole.reward) == pytest.approx(1)
    assert whole.beta == pytest.approx(1 / ratio)
    assert np.linalg.norm(problem.layers[0].features, axis=-1).max() <= 1
    # A difference of two rewards has noise of 0.2.
    assert whole.noise.sigma == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda p, t: linear_sequence_view(p, 2 * t),
            "theta must make every reward of a layer <theta_h, phi_h>",
        ),
        (lambda p, t: linear_sequence_view(p, t[:1]), "theta"),
        (
            lambda p, t: linear_sequence_view(product_problem(horizon=20, weight=1.0, beta=1.0), t),
            "theta|respons",
        ),
        (lambda p, t: linear_tokens(horizon=2, d=1, ratio=2, coverage=8, sigma=1), "coverage must lie in"),
        (lambda p, t: linear_tokens(horizon=2, d=1, ratio=2, coverage=1, sigma=1), "coverage must lie in"),
    ],
)
def test_what_is_not_linear_or_cannot_be_is_refused(call, message):
    problem, theta = linear_tokens(horizon=2, d=1, ratio=2, coverage=2, sigma=1)
    with pytest.raises(InvalidProblem, match=message):
        call(problem, theta)


def test_both_sides_of_the_optimum_are_probabilities_and_agree():
    measured, bound = linear_numbers.token_by_token(trial()), linear_numbers.whole_softmax()
    assert len(measured.lo) == 3**6 * 2 * 4
    assert list(measured.lo) == list(bound.lo)
    assert all(sum(measured.lo[k : k + 4]) == 1 for k in range(0, len(measured.lo), 4))
    # phi = 0 everywhere: the base policy, (1/2, 1/2) and then (1/2, 1/2) or (1/10, 9/10).
    middle = 4 * 2 * ((3**6 - 1) // 2)
    halves = [Fraction(1, 4), Fraction(1, 4), Fraction(1, 20), Fraction(9, 20)]
    assert list(measured.lo[middle : middle + 4]) == halves
    assert list(linear_numbers.autoregressive_softmax().lo) != list(bound.lo)


def test_a_response_costs_its_tokens():
    assert list(linear_numbers.token_calls(trial()).lo) == [1, 2, 5, 16, 64]


def test_schedules_are_those_of_dimension_d_h_and_radius_h():
    printed, own = linear_numbers.schedules(8)
    assert (own.d, printed.d) == (8, 8)
    assert (own.parameter_radius, printed.parameter_radius) == (8.0, 8.0)
    one = linear_numbers.by_horizon(trial(schedule="printed", what="tokens"))
    pairs = linear_numbers.by_horizon(trial(schedule="printed", what="pairs"))
    for k, horizon in enumerate((256, 512, 1024, 2048, 4096)):
        schedule = linear_numbers.schedules(horizon)[0]
        logarithm = math.log(horizon * schedule.explore_rounds / linear_runs.DELTA)
        assert float(one.quantity.values[k]) == pytest.approx(
            horizon * schedule.compute_bound() / logarithm**4
        )
        assert float(pairs.quantity.values[k]) == pytest.approx(schedule.data_bound / logarithm**2)


def test_runs_succeed_three_times_of_four():
    assert 1 - linear_runs.DELTA == 0.75
    for check in ("reaches", "printed"):
        assert list(c51.CLAIM.check(check).bound(None).lo) == [0.75]


def test_the_order_of_printed_token_calls_has_these_constants():
    for horizon, eps in ((2, 0.1), (4, 1e-5)):
        rounds = linear_numbers.schedules(horizon, eps)[0].explore_rounds
        # A spanner draw is two calls; a round two, and two samplers of 4 M log(4 T) tries each, M = 8 e^2 C.
        spanner, sampler = 2 * (1 + 1 / rounds) ** 2, 2 * (1 + 4 * 8 * math.e**2 * math.log(4 * rounds) + 1)
        found = linear_numbers.order_with_logarithm(trial(horizon=horizon, eps=eps))
        assert float(found.lo[0]) == pytest.approx(spanner + sampler / rounds)


def test_what_is_stated_is_for_the_dimension_of_whole_responses():
    case = c51.CELLS[0]
    made = Trial(case=case, streams=Streams(("t",), range(2)))
    told, short = linear_runs.world(made), linear_runs.world(made, per_token=True)
    assert told.horizon == 2
    assert told.tokens == 2 * float(linear_runs.stated(told.problem, told.learner, 4).compute())
    assert told.data == float(linear_runs.stated(told.problem, told.learner, 4).data)
    assert (short.data, short.tokens) < (told.data, told.tokens)
    assert linear_runs.without_spanner(made).learner.schedule.span_factor == 0


@pytest.mark.parametrize(
    ("data", "tokens", "fine"), [(30, 60, 1), (29, 60, 0), (30, 59, 0), (30, 21, 0)]
)  # twenty calls of three tokens
def test_a_run_must_keep_to_the_pairs_and_to_the_tokens(data, tokens, fine, monkeypatch):
    world = SimpleNamespace(
        problem=None,
        learner=SimpleNamespace(run=lambda _: None, eps=0.1),
        oracle=SimpleNamespace(ledger=SimpleNamespace(data=np.array([30]), compute=np.array([20]))),
        horizon=3,
        data=data,
        tokens=tokens,
    )
    monkeypatch.setattr(linear_runs.exact, "gap", lambda *_: np.array([0.1]))
    assert linear_runs.successes(world).successes == fine
    monkeypatch.setattr(linear_runs.exact, "gap", lambda *_: np.array([0.11]))
    assert linear_runs.successes(world).successes == 0


@pytest.mark.parametrize(
    ("changes", "tokens", "fine"),
    [
        ({}, 60, 1),
        ({}, 59, 0),
        ({}, 21, 0),
        ({"data": 31}, 60, 0),
        ({"prompts": 4}, 60, 0),
        ({"average": 0.11}, 60, 0),
    ],
)  # twenty calls of three tokens
def test_a_run_of_the_printed_schedule_must_keep_to_its_tokens(changes, tokens, fine, monkeypatch):
    run = {"average": 0.1, "data": 30, "calls": 20, "prompts": 5} | changes
    ran = SimpleNamespace(**{name: np.array([value]) for name, value in run.items()})
    sequences = SimpleNamespace(
        learner=SimpleNamespace(eps=0.1), allowed=SimpleNamespace(data=30, prompts=5, calls=20)
    )
    monkeypatch.setattr(linear_runs.printed_runs, "ran", lambda _: ran)
    world = linear_runs.Printed(sequences=sequences, horizon=3, tokens=tokens)
    assert linear_runs.printed_successes(world).successes == fine


def powers(x, power, factor=1.0):
    return factor * np.outer(np.array(x) ** power, np.ones(3))


def test_exponents_of_runs_are_slopes_in_the_order_that_is_told():
    x, c = (2, 3, 4), (16.0, 64.0, 256.0)
    spent = linear_runs.Spent
    grown = linear_runs.Grown(
        horizons=x,
        ours=spent(gap=powers(x, 0, 0.5), pairs=powers(x, 1.8, 7), tokens=powers(x, 2.7, 9)),
        printed=spent(gap=powers(x, 0, 0.25), pairs=powers(x, 2), tokens=powers(x, 6, 3)),
        coverages=c,
        covered=spent(gap=powers(c, 0), pairs=powers(c, 0), tokens=powers(c, 0.75)),
    )
    measured = linear_runs.spent(grown)
    expected = [0.5, 0.25, 0.9, 0.9, 5 / 6, 2 / 3.3, 0.75]
    assert [float(v) for v in measured.lo] == pytest.approx(expected)
    assert len(linear_runs.SPENT) == len(expected)
    assert measured.notes["printed schedule, pairs"] == pytest.approx([4, 9, 16])
    assert float(linear_runs.spent(grown, coverage=0.5).lo[-1]) == pytest.approx(1.5)
    assert float(linear_runs.spent(grown, tokens=2.0).lo[3]) == pytest.approx(1.35)
    assert float(linear_runs.spent(replace(grown), pairs=1.0).lo[2]) == pytest.approx(1.8)


def test_four_tokens_have_two_and_two_to_the_horizon():
    """Naively: every response, every prefix."""
    for horizon in (1, 2, 3):
        weight = {y: 3 ** y.count(0) for y in itertools.product(range(4), repeat=horizon)}
        total = sum(weight.values())
        assert max(Fraction(w * 4**horizon, total) for w in weight.values()) == 2**horizon
        worst = Fraction(0)
        for y in weight:
            for h in range(horizon):
                over = sum(w for z, w in weight.items() if z[:h] == y[:h])
                under = sum(w for z, w in weight.items() if z[: h + 1] == y[: h + 1])
                worst = max(worst, Fraction(4 * under, over))
        assert worst == 2
    found = four_tokens.trees(trial(horizon=3))
    assert list(four_tokens.coverages(found).lo) == [2, 2, 4, 2, 8, 2]
    assert list(four_tokens.powers(found).lo) == [2, 2, 4, 2, 8, 2]

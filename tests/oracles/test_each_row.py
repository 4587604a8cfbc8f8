"""Many rows at once: each is what it is alone; noise drawn for rounds together has the law of noisy ones."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.oracles.tokens import exact_law, sampler
from explore_theory.oracles.tokens.moments import moments, noisy_moments
from explore_theory.oracles.tokens.opening import open_tokens
from explore_theory.oracles.tokens.protocol import Prefixes, Returns
from explore_theory.oracles.tokens.sampler import TokenPolicies, TokenPolicy, step_law, token_law
from explore_theory.problems import Bernoulli, Gaussian
from explore_theory.problems.autoregressive import ladder_problem, random_markov_problem

PROBLEM = random_markov_problem(horizon=4, vocabulary=3, dimension=2, beta=0.3, tilt=2.0, noise=Gaussian(0.2))
COINS = replace(ladder_problem(horizon=4, beta=0.15), noise=Bernoulli())
ROWS = 3


def policies(problem=PROBLEM, seed=0, radius=0.8):
    rng = np.random.default_rng(seed)
    d = problem.layers[0].d
    root = rng.normal(size=(ROWS, problem.horizon, d, d))
    return TokenPolicies(
        theta=problem.theta + 0.3 * rng.normal(size=(ROWS, problem.horizon, d)),
        precision=root @ root.swapaxes(-1, -2) + np.eye(d),
        radius=radius,
        draws=3,
        cap=5,
    )


def pairs(oracle, counts):
    """So many pairs of prefixes of two tokens in each row."""
    start = oracle.prompts(np.repeat(range(ROWS), counts))
    once = oracle.extend(start, np.arange(start.count) % 2)
    return tuple(oracle.extend(once, np.full(start.count, token)) for token in (0, 1))


def one_by_one(oracle, counts, chosen, rounds):
    """Walks, returns and searches of every row by itself."""
    first, second = pairs(oracle, counts)
    parts = []
    for row in np.unique(first.rows):
        mine = first.rows == row
        walked = oracle.walks(first.pick(mine), chosen.of(row))
        told = oracle.returns(first.pick(mine), second.pick(mine), chosen.of(row), int(rounds[row]))
        found = oracle.far_pairs(first.pick(mine), chosen.precision[row, 2], 0.3, 4)
        parts.append((walked, told, [(np.flatnonzero(mine)[p.place], p.tokens) for p in found]))
    return parts


def together(oracle, counts, chosen, rounds):
    first, second = pairs(oracle, counts)
    walked = oracle.walks_each(first, chosen)
    told = oracle.returns_each(first, second, chosen, rounds)
    found = oracle.far_pairs_each(first, chosen.precision[:, 2], 0.3, 4)
    layer = oracle._problem.layers[2]
    assert np.array_equal(found.features, layer.features[first._state[found.place][:, None], found.tokens])
    return walked, told, list(zip(found.place.tolist(), found.tokens.tolist(), strict=True))


@pytest.mark.parametrize("law", ["exact-law", "literal"])
@pytest.mark.parametrize("problem", [PROBLEM, COINS])
@pytest.mark.parametrize("counts", [(4, 2, 5), (3, 0, 2)])
def test_rows_together_are_each_as_alone(law, problem, counts):
    """Also where one row's policy changes from call to call: a radius, a `theta`, a precision."""
    one, many = (open_tokens(problem, law=law, seed=5, replicates=ROWS) for _ in range(2))
    rounds, chosen = np.array([6, 3, 9]), policies(problem)
    bent = chosen.theta.copy()
    bent[2] *= -1
    turned = chosen.precision.copy()
    turned[0] *= 3
    for change in ({}, {"radius": 1.5}, {"theta": bent}, {"precision": turned}, {"cap": 2}):
        chosen = replace(chosen, **change)
        parts = one_by_one(one, counts, chosen, rounds)
        walked, told, found = together(many, counts, chosen, rounds)
        for h, layer in enumerate(walked):
            alone = Prefixes.joined([part[0][h] for part in parts])
            for name in ("rows", "length", "_state", "_gain", "_prompt"):
                assert np.array_equal(getattr(alone, name), getattr(layer, name)), name
        for name in ("reward", "log_ratio", "variance"):
            assert np.array_equal(np.concatenate([getattr(p[1], name) for p in parts]), getattr(told, name))
        assert [(place, list(tokens)) for part in parts for place, tokens in part[2]] == found
        assert np.array_equal(one.ledger.counts, many.ledger.counts)


def test_rows_search_in_precisions_of_their_own():
    oracle = open_tokens(PROBLEM, seed=5, replicates=ROWS)
    here, _ = pairs(oracle, (4, 4, 4))
    # Features are at most one long: no pair is far where the precision is this small.
    precision = np.array([1e-9, 100.0, 1e-9])[:, None, None] * np.eye(PROBLEM.layers[2].d)
    found = oracle.far_pairs_each(here, precision, 0.3, 50)
    assert set(here.rows[found.place].tolist()) == {1}


def test_what_is_held_in_memory_together_changes_nothing(monkeypatch):
    rounds, chosen, seen = np.array([6, 3, 9]), policies(), []
    for most in (1, 30, 10**6):
        monkeypatch.setattr(exact_law, "TOGETHER", most)
        monkeypatch.setattr(sampler, "_TOGETHER", most)
        oracle = open_tokens(PROBLEM, seed=5, replicates=ROWS)
        told = oracle.returns_each(*pairs(oracle, (4, 2, 5)), chosen, rounds)
        seen.append(np.concatenate([told.reward, told.log_ratio, told.variance]))
    assert np.array_equal(seen[0], seen[1])
    assert np.array_equal(seen[0], seen[2])


def test_laws_of_many_policies_are_those_of_each():
    chosen = policies()
    many = step_law(PROBLEM.layers[1], chosen, 1, PROBLEM.beta)
    tokens = token_law(PROBLEM.layers[1], chosen, 1, PROBLEM.beta)
    for g in range(ROWS):
        alone = step_law(PROBLEM.layers[1], chosen.of(g), 1, PROBLEM.beta)
        for name in ("miss", "log_accept", "cdf", "log_reject"):
            assert np.array_equal(getattr(many, name)[g], getattr(alone, name)), name
        assert np.array_equal(tokens[g], token_law(PROBLEM.layers[1], chosen.of(g), 1, PROBLEM.beta))
    again = TokenPolicies.joined([chosen.of(g) for g in range(ROWS)])
    assert np.array_equal(again.theta, chosen.theta)
    with pytest.raises(InvalidProblem, match="policies must have one radius, draws and cap"):
        TokenPolicies.joined([chosen.of(0), replace(chosen.of(1), radius=0.9)])


def test_what_is_no_call_for_many_rows_is_refused():
    oracle, chosen = open_tokens(PROBLEM, replicates=ROWS), policies()
    start = oracle.prompts([1, 0, 1])
    with pytest.raises(OracleMisuse, match="prefixes must stand row by row"):
        oracle.walks_each(start, chosen)
    assert oracle.walks_each(start.by_rows(), chosen)[0].rows.tolist() == [0, 1, 1]
    with pytest.raises(OracleMisuse, match="policy must be TokenPolicies, got a TokenPolicy"):
        oracle.walks_each(start.by_rows(), chosen.of(0))
    few = replace(chosen, theta=chosen.theta[:2], precision=chosen.precision[:2])
    with pytest.raises(OracleMisuse, match=r"theta must have shape \(3, 4, 2\)"):
        oracle.walks_each(start.by_rows(), few)
    first, second = pairs(oracle, (1, 1, 1))
    with pytest.raises(OracleMisuse, match=r"rounds must have shape \(3,\)"):
        oracle.returns_each(first, second, chosen, np.array([2, 2]))


def test_moments_are_those_of_each_stretch():
    rng, rounds = np.random.default_rng(2), np.array([3, 1, 7])
    reward, ratio = rng.normal(size=(2, 11))
    found = moments(reward, ratio, 0.4, rounds)
    for k, part in enumerate((slice(0, 3), slice(3, 4), slice(4, 11))):
        assert found.reward[k] == pytest.approx(reward[part].mean())
        assert found.log_ratio[k] == pytest.approx(ratio[part].mean())
        spread = (reward - 0.4 * ratio)[part].var(ddof=1) if k != 1 else 0.0
        assert found.variance[k] == pytest.approx(spread)


@pytest.mark.parametrize("rounds", [1, 2, 3, 6])
@pytest.mark.parametrize("spread", [0.0, 0.7])
def test_noise_of_a_mean_and_a_variance_is_that_of_noisy_rounds(rounds, spread):
    """Against noise in every round, by two-sample tests of both numbers and of their products."""
    rng, count, sigma = np.random.default_rng(100 * rounds + int(10 * spread)), 20000, 0.5
    x = spread * np.arange(rounds) + 1.0
    each = np.full(count, rounds)
    given = moments(np.tile(x, count), np.zeros(count * rounds), 1.0, each)
    told = noisy_moments(given, sigma, each, rng.random((count, 3)))
    noisy = x + sigma * rng.normal(size=(count, rounds))
    variance = noisy.var(axis=-1, ddof=1) if rounds > 1 else np.zeros(count)
    for one, two in (
        (told.reward, noisy.mean(axis=-1)),
        (told.variance, variance),
        (told.reward * told.variance, noisy.mean(axis=-1) * variance),
    ):
        assert stats.ks_2samp(one, two).pvalue > 1e-4
    assert np.array_equal(told.log_ratio, np.zeros(count))


def test_variances_of_many_rounds_grow_by_that_of_the_noise():
    count, n, sigma = 4000, 50, 0.5
    given = Returns(np.zeros(count), np.zeros(count), np.full(count, 0.3))
    levels = np.random.default_rng(8).random((count, 3))
    told = noisy_moments(given, sigma, np.full(count, n), levels)
    # (n - 1) V / sigma^2 is non-central chi-squared, of n - 1 degrees of freedom.
    law = stats.ncx2(n - 1, (n - 1) * 0.3 / sigma**2, scale=sigma**2 / (n - 1))
    assert stats.kstest(told.variance, law.cdf).pvalue > 1e-4
    assert stats.kstest(told.reward, stats.norm(scale=sigma / np.sqrt(n)).cdf).pvalue > 1e-4


def test_a_policy_of_a_row_is_a_policy():
    chosen = policies()
    assert type(chosen.of(1)) is TokenPolicy
    with pytest.raises(InvalidProblem, match="precision must have shape"):
        replace(chosen, precision=chosen.precision[0])

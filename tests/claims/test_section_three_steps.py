"""What LG7, LG9, LG11 and LL4 measure and allow, written out a second time in loops."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.spanner_sampling import lg7_regret_decomposition as lg7
from proofs_checks.spanner_sampling import lg9_uncovered_prompts as lg9
from proofs_checks.spanner_sampling import lg11_sampler_cost as lg11
from proofs_checks.spanner_sampling.all_pairs import AllPairs, decode, width
from proofs_checks.spanner_sampling.sampler_cost import Sampled
from proofs_checks.token_level_improvement import ll4_fresh_rewards as ll4


def trial(rows=4, **params):
    return Trial(case=Case(slug="one", params=params, rows=rows), streams=Streams(("t",), range(rows)))


@pytest.fixture(scope="module")
def worlds():
    x = np.random.default_rng(3).normal(size=(60, width(4, 2)))
    return decode(x, 4, 2, effort=60)


def by_hand(w: AllPairs, k: int):
    """Far masses of pi_theta and pi*, regret and squares of instance `k`, from one pair at a time."""
    base = [math.exp(v) for v in w.log_base[k]]
    n = len(base)
    reward = [float(w.z[k, y] @ w.best[k]) for y in range(n)]
    total = sum(b * math.exp(r) for b, r in zip(base, reward, strict=True))
    best = [b * math.exp(r) / total for b, r in zip(base, reward, strict=True)]
    far_theta = far_best = value = squares = 0.0
    for other in range(n):
        steps = [w.z[k, y] - w.z[k, other] for y in range(n)]
        far = [math.hypot(*step) > w.nu[k] for step in steps]
        score = [0.0 if f else float(s @ (w.best[k] + w.error[k])) for f, s in zip(far, steps, strict=True)]
        weight = [b * math.exp(s) for b, s in zip(base, score, strict=True)]
        law = [v / sum(weight) for v in weight]
        for y in range(n):
            far_theta += base[other] * law[y] * far[y]
            far_best += base[other] * best[y] * far[y]
            value += base[other] * law[y] * (reward[y] - math.log(law[y] / base[y]))
            squares += base[other] * law[y] * (0.0 if far[y] else float(steps[y] @ w.error[k]) ** 2)
    return far_theta, far_best, math.log(total) - value, squares


def test_masses_regret_and_squares_are_what_is_defined(worlds):
    theta, best = lg7.far_masses(worlds)
    regret, allowed = lg7.sides(worlds)
    mixed = 0
    for k in range(60):
        far_theta, far_best, cost, squares = by_hand(worlds, k)
        assert theta[k] == pytest.approx(far_theta, rel=1e-9, abs=1e-14)
        assert best[k] == pytest.approx(far_best, rel=1e-9, abs=1e-14)
        assert regret[k] == pytest.approx(cost, rel=1e-9, abs=1e-11)
        span = np.ptp(worlds.z[k] @ worlds.best[k])
        right = (math.e - 2) * squares + span * min(2.0, (2 + math.e) * far_best)
        assert allowed[k] == pytest.approx(right, rel=1e-9, abs=1e-11)
        mixed += 0 < far_best < 1
        # |theta - theta*| nu <= beta = 1.
        assert np.linalg.norm(worlds.error[k]) * worlds.nu[k] <= 1
    assert mixed > 20


def test_the_marginal_policy_has_no_more_regret_than_the_pairs(worlds):
    """The first inequality of (b), by convexity."""
    law = np.exp(worlds.log_policy)
    base = np.exp(worlds.log_base)
    marginal = np.einsum("kyo,ko->ky", law, base)
    best = np.exp(worlds.log_best)
    gap = (marginal * (np.log(marginal) - np.log(best))).sum(axis=-1)
    assert (gap <= worlds.regret(worlds.log_policy) + 1e-9).all()


@pytest.mark.parametrize(("rho", "tau"), [(0.3, 0.4), (2.0, 0.1), (6.0, 1e-3)])
def test_rows_of_three_are_what_the_certified_check_encloses(rho, tau):
    t = tau * math.exp(-rho)
    base = np.array([[t, 1 - 2 * t, t]])
    world = AllPairs(
        log_base=np.log(base),
        z=np.array([[[1.0], [0.0], [-1.0]]]),
        best=np.array([[rho]]),
        error=np.array([[1.0]]),
        nu=np.array([1.0]),
        effort=1,
    )
    assert world.far[0].tolist() == [[False, False, True], [False] * 3, [True, False, False]]
    far, optimal = lg7.far_masses(world)
    low = math.exp(-rho)
    middle = 1 - 2 * t
    first = math.e / (middle + 2 * math.e * tau)
    second = low * low / math.e / (middle + 2 / math.e * t * low)
    ratio = (first + second) * (middle + tau + t * low) / (1 + low * low)
    assert far[0] / optimal[0] == pytest.approx(ratio, rel=1e-12)
    assert ratio < math.e
    if rho == 6.0:
        assert ratio > 0.98 * math.e


# --- the sampler --------------------------------------------------------------------------------------------


def sampler_law(p, t, threshold, draws):
    """Mass on the top and chance of failing, over every sequence of draws and every fate of candidates."""
    top = failing = 0.0
    for drawn in product((True, False), repeat=draws):
        chance = math.prod(p if hit else 1 - p for hit in drawn)
        z = sum(t if hit else 1.0 for hit in drawn) / draws
        accept = {True: min(1.0, t / (z * threshold)), False: min(1.0, 1.0 / (z * threshold))}
        clipped = max(t, 1.0) > z * threshold
        left = 1.0
        for _ in range(draws):
            top += chance * left * p * accept[True]
            left *= 1 - p * accept[True] - (1 - p) * accept[False]
        top += chance * left * p
        failing += chance * (1.0 if clipped else left)
    return top, failing


@pytest.mark.parametrize(
    ("p", "t", "threshold", "draws"),
    [(0.3, 5.0, 2.0, 3), (0.05, 40.0, 12.0, 5), (0.6, 0.1, 1.5, 4), (0.2, 3.0, 1.01, 2), (0.5, 9.0, 1.0, 1)],
)
def test_the_sampler_s_law_is_that_of_every_sequence_of_draws(p, t, threshold, draws):
    world = Sampled(
        p=np.array([p]),
        t=np.array([t]),
        threshold=np.array([threshold]),
        gain=np.array([1.0]),
        draws=draws,
        effort=1,
    )
    top, failing = sampler_law(p, t, threshold, draws)
    assert world.law[0] == pytest.approx(top, rel=1e-12)
    assert world.failing[0] == pytest.approx(failing, rel=1e-12)
    assert world.target[0] == pytest.approx(p * t / (p * t + 1 - p), rel=1e-14)
    kl = top * math.log(top / p) + (1 - top) * math.log((1 - top) / (1 - p))
    assert world.divergence(world.law)[0] == pytest.approx(kl, rel=1e-10, abs=1e-15)
    target = world.target[0]
    value = target - (target * math.log(target / p) + (1 - target) * math.log((1 - target) / (1 - p)))
    assert lg11.cost(world)[0] == pytest.approx(value - (top - kl), rel=1e-9, abs=1e-14)


def test_bad_comparisons_are_those_of_which_the_optimum_is_mostly_far(worlds):
    found = lg11.bad_comparisons(worlds)
    for k in range(60):
        base, best = np.exp(worlds.log_base[k]), np.exp(worlds.log_best[k])
        mass = sum(
            base[other]
            for other in range(4)
            if sum(
                best[y]
                for y in range(4)
                if np.linalg.norm(worlds.z[k, y] - worlds.z[k, other]) > worlds.nu[k]
            )
            > 0.5
        )
        assert found[k] == pytest.approx(mass, rel=1e-9, abs=1e-14)
    assert (found > 0).sum() > 5


# --- prompts left uncovered ---------------------------------------------------------------------------------


def test_the_game_is_won_by_who_joins_least():
    """Against all adaptive ways to choose among the three chances, by enumeration of whole strategies."""
    chance, rounds, most = Fraction(1, 3), 3, 2
    choices = (chance, min(Fraction(1), 2 * chance), (1 + chance) / 2)
    best = Fraction(0)
    histories = [h for length in range(rounds) for h in product((0, 1), repeat=length)]
    for picked in product(choices, repeat=len(histories)):
        plan = dict(zip(histories, picked, strict=True))
        total = Fraction(0)
        for outcome in product((0, 1), repeat=rounds):
            if sum(outcome) >= most:
                continue
            weight = Fraction(1)
            for k, joined in enumerate(outcome):
                q = plan[outcome[:k]]
                weight *= q if joined else 1 - q
            total += weight
        best = max(best, total)
    assert best == lg9.game_value(rounds, chance, most) == lg9.below(rounds, chance, most - 1)


def test_binomial_masses_are_those_of_scipy():
    from scipy.stats import binom

    for rounds, chance, most in ((9, Fraction(1, 3), 2), (14, Fraction(9, 10), 3)):
        assert float(lg9.below(rounds, chance, most)) == pytest.approx(binom.cdf(most, rounds, float(chance)))


def test_the_constants_of_the_rate_belong_to_one_exponent():
    u = 1.593624
    assert u / (1 - math.exp(-u)) == pytest.approx(float(lg9.KEPT), abs=1e-5)
    assert 1 / (1 - math.exp(-u)) == pytest.approx(float(lg9.RARE), abs=2e-3)
    assert 1 / (1 - math.exp(-u)) < lg9.RARE


def test_the_phase_is_drawn_prompt_by_prompt():
    params = {"T": 60, "K": 3, "m": 4, "p": 0.1, "eps": 0.25}
    found = lg9.drawn(trial(rows=4000, **params))
    s = 1 - 0.75**4
    expected = sum(math.comb(60, k) * (0.1 * s) ** k * (1 - 0.1 * s) ** (60 - k) for k in range(3))
    assert lg9.law_of_phase(trial(**params)).lo[0] == pytest.approx(expected, rel=1e-9)
    assert found.successes / found.trials == pytest.approx(expected, abs=0.04)


# --- rewards of a layer -------------------------------------------------------------------------------------


def test_rewards_have_the_means_that_are_stated():
    for mean in ll4.MEANS:
        for law in (ll4.coin(mean), ll4.with_half(mean)):
            assert sum(p for _, p in law) == 1
            assert sum(r * p for r, p in law) == mean
            assert all(p >= 0 and 0 <= r <= 1 for r, p in law)


def test_a_coin_drawn_once_keeps_its_variance():
    a, b = Fraction(1, 4), Fraction(1, 2)
    variance = a * (1 - a) + b * (1 - b)
    for rollouts in (1, 2, 3):
        assert ll4.squared_error(ll4.coin(a), ll4.coin(b), rollouts) == variance / rollouts
        assert ll4.squared_error(ll4.coin(a), ll4.coin(b), rollouts, once=True) == variance


def test_the_printed_right_side_has_every_constant_of_page_98():
    eps, c, cond, delta, beta, t = 1e-9, 2, 2, 0.5, 0.5, 2
    m_rej, delta_rej, n_reg = cond**2 * t**2 * c / eps, eps / (t * c), t * c / eps
    inner = math.log(4 * m_rej * math.log(4 / delta_rej))
    c_1 = 6400 * math.log(3 * n_reg / (delta / (4 * t))) + 3840 * t
    c_2 = 19200 * t * (12 + 48 * beta**2 * inner**2 + 85) + 3072 * t * beta * inner
    expected = 4 * eps / c + c_1 / n_reg + c_2 * delta_rej
    found = ll4.printed_right_side(trial())
    assert found.lo[0] == pytest.approx(expected, rel=1e-9)
    assert ll4.kept_error(trial()).lo[0] == Fraction(2_000_000_001, 8_000_000_000)

"""The mathematics behind S7, S8 and S9, by a second route, and what happens when it is bent."""

import itertools
import math
from fractions import Fraction
from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.certify.balls import ends, precision
from explore_theory.certify.intervals import interval
from explore_theory.certify.jets import Jet
from explore_theory.foundation import laws
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.spanner_sampling import (
    acceptance_game,
    binomial,
    far_pairs,
    given_estimate,
    martingale_game,
    one_prompt,
    prompt_cost,
    rejection,
    scalar_steps,
    schedule_terms,
    spanner_phase,
)
from proofs_checks.spanner_sampling import s7_uncovered as s7
from proofs_checks.spanner_sampling import s8_softmax_sampler as s8
from proofs_checks.spanner_sampling.rejection import Sampler
from proofs_checks.spanner_sampling.spanner_phase import Phase

HALF = Fraction(1, 2)
#: Values compared here come from a few hundred float64 operations on numbers of order one.
CLOSE = {"rel": 1e-9}


def trial(rows=8, **params):
    case = Case(slug="test", params=params, rows=rows)
    return Trial(case=case, streams=Streams(("test",), range(rows)))


# --- S7 -----------------------------------------------------------------------------------------------------


def literal_uncovered(family, phase, rng):
    """One run of the phase, round by round and pair by pair."""
    d = family.relative.shape[-1]
    sigma = phase.ridge * np.eye(d)

    def far(x):
        inverse = np.linalg.inv(sigma)
        return np.einsum("pi,ij,pj->p", family.relative[x], inverse, family.relative[x]) > phase.nu**2

    for _ in range(phase.rounds):
        x = rng.choice(len(family.prompt_mass), p=family.prompt_mass)
        pairs = rng.choice(family.pair_mass.shape[1], size=phase.pairs, p=family.pair_mass[x])
        hits = pairs[far(x)[pairs]]
        if hits.size:
            v = family.relative[x, hits[0]]
            sigma = sigma + np.outer(v, v)
    return [family.pair_mass[x][far(x)].sum() for x in range(len(family.prompt_mass))]


def small_family():
    base = np.array([[0.9, 0.08, 0.02], [0.7, 0.0, 0.3]])
    features = np.array([[[0.0, 0], [1, 0], [0.6, 0.8]], [[0, 0.1], [0.5, 0.5], [0, 1]]])
    return spanner_phase.Family.of(np.array([2.0, 1.0]), base, features)


def test_skipping_rounds_has_the_law_of_playing_them():
    family, phase = small_family(), Phase(rounds=12, pairs=2, nu=0.7, ridge=1.0)
    rng = np.random.default_rng(0)
    literal = np.array([literal_uncovered(family, phase, rng) for _ in range(1500)])
    skipped = spanner_phase.uncovered(family, phase, Streams(("test skipping",), range(1500)))
    values = np.unique(np.round(np.concatenate([literal, skipped]), 9), axis=0)
    assert len(values) > 3
    for value in values:
        shares = [np.isclose(found, value).all(axis=1).mean() for found in (literal, skipped)]
        # Two frequencies of 1500 runs each: five standard deviations are at most .092.
        assert abs(shares[0] - shares[1]) < 5 * math.sqrt(2 * 0.25 / 1500)


def test_a_run_of_the_phase_does_not_depend_on_the_runs_beside_it():
    family, phase = spanner_phase.many_prompts(), Phase(rounds=2000, pairs=100, nu=0.5, ridge=1.0)
    together = spanner_phase.uncovered(family, phase, Streams(("test",), range(6)))
    alone = spanner_phase.uncovered(family, phase, Streams(("test",), range(4, 6)))
    np.testing.assert_array_equal(together[4:], alone)


@given(st.integers(1, 10**6))
def test_what_is_uncovered_only_falls_with_more_rounds(rounds):
    family = small_family()
    found = [
        spanner_phase.uncovered(
            family, Phase(rounds=n, pairs=1, nu=0.7, ridge=1.0), Streams(("test",), range(2))
        )
        for n in (rounds, rounds + 7)
    ]
    assert np.all(found[1] <= found[0])


@pytest.mark.parametrize(("d", "nu", "ridge"), [(1, 1.0, 1.0), (2, 0.5, 1.0), (8, 0.25, 0.5), (1, 1.0, 50.0)])
def test_the_most_acceptances_are_found_by_counting(d, nu, ridge):
    allowed = [n for n in range(5000) if n * math.log1p(nu**2) <= d * math.log1p(n * 4 / (d * ridge)) + 1e-12]
    assert spanner_phase.most_accepted(d, nu, ridge) == max(allowed)


def naive_game(rounds, grid, most, level):
    @cache
    def value(left, accepted, last):
        if left == 0:
            return Fraction(int(accepted < most and last >= level))
        best = Fraction(0)
        for j in range(last + 1 if accepted < most else 1):
            p = Fraction(j, grid)
            hit = value(left - 1, accepted + 1, j) if j else Fraction(0)
            best = max(best, p * hit + (1 - p) * value(left - 1, accepted, j))
        return best

    return value(rounds, 0, grid)


@pytest.mark.parametrize(("rounds", "grid", "most", "level"), [(5, 4, 2, 1), (6, 3, 3, 2), (4, 5, 1, 3)])
def test_the_acceptance_game_by_plain_recursion(rounds, grid, most, level):
    expected = naive_game(rounds, grid, most, level)
    assert acceptance_game.worst(rounds, grid, most, level) == expected
    assert acceptance_game.tail(rounds, Fraction(level, grid), most) == expected


def test_the_sharper_kappa_is_where_the_tail_is_a_third_of_delta():
    for most, rounds in ((1, 100), (40, 1000), (6658, 10**7)):
        chance = s7.sharper_kappa(most, 0.1, rounds)
        with precision(binomial.BITS):
            tail = ends(binomial.below(rounds, Fraction(chance), most))[0]
        assert tail == pytest.approx(0.1 / 3, rel=1e-4)
        assert chance < s7.kappa(most, 0.1, rounds)


@given(st.floats(0, 40))
def test_the_decaying_mean_and_its_slope(x):
    found = scalar_steps.decay(Jet(interval(x), (interval(1),)))
    with mpmath.workdps(80):
        z = mpmath.mpf(x)
        value = -mpmath.expm1(-z) / z if x else mpmath.mpf(1)
        slope = (mpmath.exp(-z) * (1 + z) - 1) / z**2 if x else mpmath.mpf(-1) / 2
    assert found.value.floats()[0] == pytest.approx(float(value), **CLOSE)
    # Below 1e-9 cancellation leaves fewer digits of the slope; its enclosure stays wide and right.
    lo, hi = found.slopes[0].floats()
    assert lo - 1e-12 <= float(slope) <= hi + 1e-12


# --- S8 -----------------------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=50), st.data())
def test_binomial_balls_contain_the_rational_sums(m, q, data):
    k = data.draw(st.integers(0, m))
    exact = [math.comb(m, i) * q**i * (1 - q) ** (m - i) for i in range(m + 1)]
    with precision(binomial.BITS):
        pairs = [
            (binomial.chance(m, q, k), exact[k]),
            (binomial.below(m, q, k), sum(exact[:k])),
            (binomial.from_on(m, q, k), sum(exact[k:])),
            *zip(binomial.chances(m, q), exact, strict=True),
        ]
        for found, expected in pairs:
            lo, hi = ends(found)
            assert lo <= expected <= hi
            assert hi - lo <= 1e-15


samplers = st.builds(
    lambda target, excess, share, m, cap: Sampler(
        target=target, ratio=1 + excess, multiplier=share * (1 + excess), samples=m, cap=cap
    ),
    st.fractions(Fraction(1, 10), Fraction(9, 10), max_denominator=10),
    st.fractions(Fraction(1, 10), Fraction(20), max_denominator=10),
    st.sampled_from([HALF, Fraction(1), Fraction(2), Fraction(5)]),
    st.integers(1, 5),
    st.integers(1, 4),
)


@given(samplers)
def test_a_call_by_enumeration_of_every_count(s):
    """Also where it clips: weights come from the definition, with the normaliser put back."""
    weight = [Fraction(1) * 7 * s.ratio, 7 * (1 - s.target) / (1 - s.mass)]
    assert s.mass * weight[0] + (1 - s.mass) * weight[1] == 7
    low, exhausted, output = Fraction(0), Fraction(0), Fraction(0)
    for k in range(s.samples + 1):
        chance = math.comb(s.samples, k) * s.mass**k * (1 - s.mass) ** (s.samples - k)
        estimate = (k * weight[0] + (s.samples - k) * weight[1]) / s.samples
        accept = [min(Fraction(1), w / (estimate * s.multiplier)) for w in weight]
        first, none = fresh(s, accept)
        output += chance * first
        low += chance * (estimate < Fraction(7, 2))
        exhausted += chance * none * (estimate >= Fraction(7, 2))
    with precision(binomial.BITS):
        found = rejection.call(s)
        pairs = ((found.low, low), (found.exhausted, exhausted), (found.distance, abs(output - s.target)))
        for ball, expected in pairs:
            lo, hi = ends(ball)
            assert lo <= expected <= hi
            assert hi - lo < 1e-12


def fresh(s, accept):
    """Output law and chance of exhaustion, by enumeration of all candidate sequences."""
    first, none = Fraction(0), Fraction(0)
    mass = (s.mass, 1 - s.mass)
    for draws in itertools.product((0, 1), repeat=s.cap):
        weight, alive = math.prod(mass[y] for y in draws), Fraction(1)
        for y in draws:
            first += weight * alive * accept[y] * (y == 0)
            alive *= 1 - accept[y]
        none += weight * alive
    return first + none * s.mass, none


@given(samplers)
def test_reused_draws_by_the_order_they_came_in(s):
    expected = sum(
        math.comb(s.samples, k)
        * s.mass**k
        * (1 - s.mass) ** (s.samples - k)
        * given_estimate.reused_law(s, k)[0]
        for k in range(s.samples + 1)
    )
    with precision(binomial.BITS):
        lo, hi = ends(rejection.reused_distance(s))
    assert lo <= abs(expected - s.target) <= hi
    assert hi - lo < 1e-12


def test_reusing_draws_biases_the_law_given_the_estimate_and_not_the_output():
    s = rejection.stated(HALF, Fraction(2), Fraction(1, 100))
    with precision(binomial.BITS):
        assert ends(rejection.reused_distance(s))[1] < 1e-12
    few = Sampler(target=HALF, ratio=Fraction(2), multiplier=Fraction(4), samples=3, cap=3)
    output, none = given_estimate.reused_law(few, 2)
    assert output != (1 - none) * few.target + none * few.mass


def test_thresholds_of_the_estimate_are_the_first_counts_that_reach_them():
    for s in given_estimate.small(trial(**{"most draws": 5})).samplers:
        estimates = [s.estimate(k) for k in range(s.samples + 1)]
        assert estimates == sorted(estimates)
        for level in (HALF, Fraction(2)):
            assert sum(e < level for e in estimates) == min(max(s.first_at_least(level), 0), s.samples + 1)
            assert sum(e <= level for e in estimates) == min(max(s.first_above(level), 0), s.samples + 1)


def test_budgets_are_the_stated_ones():
    assert rejection.budget(Fraction(4), Fraction(1, 100)) == math.ceil(16 * math.log(400))
    s = rejection.stated(HALF, Fraction(3), HALF)
    assert (s.multiplier, s.samples, s.cap) == (6, 50, 50)


def test_the_failure_sum_at_delta_one():
    by_hand = (0.25**1.2272 + 0.25**3.09 + 0.25**2) / 0.26
    assert s8.failure_sum(trial()).hi[0] == pytest.approx(by_hand, rel=1e-6)


# --- S9 -----------------------------------------------------------------------------------------------------


def test_the_total_at_beta_equal_to_r():
    terms = 0.5 + (6 + 2 * math.log(2) + 2 * math.e) * math.e / (math.e - 1) / 45 + 0.04
    found = schedule_terms.total(trial(constants="stated", total=".991"))
    assert found.hi[0] == pytest.approx(terms / 0.991, rel=1e-9)
    shares = [value for name, value in found.notes.items() if name.startswith("share")]
    assert sum(shares) == pytest.approx(terms, rel=1e-12)


@given(st.integers(0, 2**32), st.sampled_from(["any", "all-close", "exact-estimate", "failing"]))
def test_decoded_prompts_satisfy_what_the_proof_assumes(seed, flavour):
    n = 4
    z = 2 * np.random.default_rng(seed).normal(size=(5, one_prompt.width(n)))
    p = one_prompt.decode(z, n, effort=0, flavour=flavour)
    assert np.all(p.close == p.close.transpose(0, 2, 1))
    assert np.all(p.close[:, np.arange(n), np.arange(n)])
    assert np.all(p.squared_error() <= 1)
    assert np.ptp(p.reward, axis=-1).max() <= 1
    np.testing.assert_allclose(np.exp(p.log_base).sum(axis=-1), 1)
    assert np.all((p.fails > 0) <= (flavour == "failing"))


def test_a_rare_comparison_response_makes_far_pairs_cost_e_over_two():
    found = prompt_cost.far_cost(prompt_cost.rare_comparison())[0]
    assert found == pytest.approx(math.e / 2, rel=0.02)


@given(st.integers(0, 2**32))
def test_good_pairs_are_never_clipped(seed):
    """S6 in the form the assembly uses: M/2 bounds the density ratio where pi*(far) <= 1/2."""
    n = 4
    z = 2 * np.random.default_rng(seed).normal(size=(20, one_prompt.width(n)))
    p = one_prompt.decode(z, n, effort=0)
    far = np.sum(np.where(p.close, 0.0, np.exp(p.log_best)[:, None, :]), axis=-1)
    tilt = p.log_tilt()
    ratio = tilt.max(axis=-1) - laws.log_sum_exp(p.log_base[:, None, :] + tilt)
    half_multiplier = math.log(2) + 2 + p.log_coverage()[:, None]
    assert np.all(ratio[far <= 0.5] <= np.broadcast_to(half_multiplier, far.shape)[far <= 0.5] + 1e-9)


@given(st.integers(0, 2**32))
def test_the_cost_of_a_prompt_by_plain_loops(seed):
    n = 3
    z = np.random.default_rng(seed).normal(size=(1, one_prompt.width(n)))
    p = one_prompt.decode(z, n, effort=0, flavour="exact-estimate")
    # Weights reach e^1000, so in many digits.
    with mpmath.workdps(40):
        base, r, beta = (
            [mpmath.mpf(float(x)) for x in a] for a in (np.exp(p.log_base[0]), p.reward[0], p.beta)
        )
        tilted = [b * mpmath.exp(x / beta[0]) for b, x in zip(base, r, strict=True)]
        best = [w / sum(tilted) for w in tilted]
        coverage = max(a / b for a, b in zip(best, base, strict=True))
        total, far_pair = mpmath.mpf(0), mpmath.mpf(0)
        for y0 in range(n):
            close = [bool(c) for c in p.close[0, y0]]
            tilt = [mpmath.exp((r[y] - r[y0]) / beta[0]) if close[y] else mpmath.mpf(1) for y in range(n)]
            normaliser = sum(b * w for b, w in zip(base, tilt, strict=True))
            estimate = normaliser * mpmath.mpf(2) ** float(np.clip(p.free[0, 0], -1, 1))
            cap = 4 * mpmath.e**2 * coverage * estimate
            clipped = [b * min(w, cap) for b, w in zip(base, tilt, strict=True)]
            q = [w / sum(clipped) for w in clipped]
            divergence = sum(a * mpmath.log(a / b) for a, b in zip(q, best, strict=True))
            total += base[y0] * beta[0] * divergence
            far_pair += base[y0] * sum(b for b, c in zip(base, close, strict=True) if not c)
    # In float64 a divergence is a sum of terms of size log(1/pi*), at most 2e3 here.
    assert prompt_cost.cost(p)[0] == pytest.approx(float(total), abs=1e-11, rel=1e-9)
    assert p.far_pairs()[0] == pytest.approx(float(far_pair), abs=1e-300, **CLOSE)


def test_bad_responses_by_hand():
    law = (Fraction(1, 4), HALF, Fraction(1, 4))
    best = (Fraction(3, 5), Fraction(1, 5), Fraction(1, 5))
    r = far_pairs.Relation(base=law, best=best, far=frozenset({(0, 1), (1, 0)}))
    assert far_pairs.bad_mass([r]).lo[0] == HALF  # only the second is far from three fifths
    assert (r.coverage, r.far_pair) == (Fraction(12, 5), Fraction(1, 4))
    assert far_pairs.markov([r]).lo[0] == Fraction(6, 5)


def naive_martingale(rounds, grid, means, factor, threshold):
    @cache
    def value(left, total):
        if left == 0:
            return Fraction(int(total > threshold))
        best = value(left - 1, total)
        for mean in means:
            p = Fraction(mean, grid)
            fallen = value(left - 1, total + mean - factor * grid)
            best = max(best, p * fallen + (1 - p) * value(left - 1, total + mean))
        return best

    return value(rounds, 0)


@pytest.mark.parametrize(
    ("rounds", "grid", "means", "factor", "threshold"),
    [(6, 4, (1, 2, 3, 4), 2, 5), (8, 3, (1, 3), 1, 4), (10, 4, (1,), 2, 6), (3, 2, (2,), 2, 0)],
)
def test_the_martingale_game_by_plain_recursion(rounds, grid, means, factor, threshold):
    expected = naive_martingale(rounds, grid, means, factor, threshold)
    assert martingale_game.worst(rounds, grid, means, factor, threshold) == expected


def test_the_sharper_martingale_constant_is_the_ruin_exponent():
    """Rising steadily and falling by 2 at rate 1 reaches `a` with chance exp(-t a), 1 - e^{-2t} = t."""
    root = mpmath.findroot(lambda t: 1 - mpmath.exp(-2 * t) - t, 0.8)
    assert 1 / float(root) == pytest.approx(1.2551, abs=1e-4)
    assert 1 / float(root) < 1.2551

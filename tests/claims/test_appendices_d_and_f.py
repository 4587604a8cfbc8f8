"""The mathematics behind appendices D and F by a second route: small cases by hand and by plain sums."""

import itertools
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.spanner_sampling.rejection import Sampler
from proofs_checks.technical_tools import (
    adaptive_game,
    clipped_tilts,
    printed_ratio,
    sampler_distances,
    sampler_failures,
    sampler_law,
)
from proofs_checks.technical_tools import ld1_azuma as ld1
from proofs_checks.technical_tools import ld2_freedman as ld2
from proofs_checks.technical_tools import ld3_multiplicative as ld3
from proofs_checks.technical_tools import ld4_elliptic_norms as ld4
from proofs_checks.technical_tools import ld5_sequential_union as ld5
from proofs_checks.technical_tools import ld6_logarithmic as ld6
from proofs_checks.technical_tools import lf1_sampler_distances as lf1
from proofs_checks.technical_tools import lf2_plug_in_bias as lf2
from proofs_checks.technical_tools import lf3_change_of_measure as lf3
from proofs_checks.technical_tools import lf4_rejection as lf4
from proofs_checks.technical_tools import tf1_softmax_sampler_density as tf1
from proofs_checks.technical_tools.sampler_law import World

CLAIMS = tuple(module.CLAIM for module in (ld1, ld2, ld3, ld4, ld5, ld6, lf1, lf2, lf3, lf4, tf1))
HALF = Fraction(1, 2)
#: A few hundred float64 operations on numbers of order one.
CLOSE = {"rel": 1e-9}
SAMPLERS = (
    Sampler(target=HALF, ratio=Fraction(2), multiplier=Fraction(8), samples=7, cap=5),
    Sampler(target=Fraction(9, 10), ratio=Fraction(3), multiplier=Fraction(1), samples=4, cap=3),
    Sampler(target=Fraction(9, 10), ratio=Fraction(20), multiplier=Fraction(10), samples=9, cap=30),
)


def trial(rows=1, **params):
    case = Case(slug="test", params=params, rows=rows)
    return Trial(case=case, streams=Streams(("test",), range(rows)))


def ends(found):
    return np.asarray(found.lo, dtype=float), np.asarray(found.hi, dtype=float)


def literal_call(s):
    """The output law, the failures and ``E log w``, over all sequences of weak samples, in floats."""
    mass = (float(s.mass), 1 - float(s.mass))
    weight = (float(s.target) / mass[0], (1 - float(s.target)) / mass[1])
    first = fails = log_estimate = 0.0
    for drawn in itertools.product((0, 1), repeat=s.samples):
        chance = math.prod(mass[y] for y in drawn)
        estimate = sum(weight[y] for y in drawn) / s.samples
        accept = [min(1.0, g / (estimate * float(s.multiplier))) for g in weight]
        alive, out = 1.0, 0.0
        for _ in range(s.cap):
            out += alive * mass[0] * accept[0]
            alive *= mass[0] * (1 - accept[0]) + mass[1] * (1 - accept[1])
        first += chance * (out + alive * mass[0])
        fails += chance * (1.0 if max(weight) > estimate * float(s.multiplier) else alive)
        log_estimate += chance * math.log(estimate)
    return first, fails, log_estimate


# --- the sampler --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("s", SAMPLERS)
def test_output_law_and_failures_are_those_of_every_sequence(s):
    first, fails, _ = literal_call(s)
    found = sampler_law.outcome(s)
    assert float(found.first) == pytest.approx(first, **CLOSE)
    assert float(found.fails) == pytest.approx(fails, **CLOSE)
    exact_first, exact_fails = sampler_law.exact_outcome(s)
    assert float(exact_first) == pytest.approx(first, **CLOSE)
    assert float(exact_fails) == pytest.approx(fails, **CLOSE)


@pytest.mark.parametrize("s", SAMPLERS)
def test_bias_is_minus_the_mean_log_estimate_less_the_divergence(s):
    first, _, log_estimate = literal_call(s)
    p, target = (np.array([x, 1 - x]) for x in (first, float(s.target)))
    assert float(lf2.bias(s)) == pytest.approx(-log_estimate - np.sum(p * np.log(p / target)), rel=1e-7)


def test_both_roundings_of_the_budget():
    up, down = (
        sampler_law.rounded(HALF, Fraction(2), Fraction(8), Fraction(1, 10), down=down)
        for down in (False, True)
    )
    size = 32 * math.log(40)
    assert (up.samples, down.samples) == (math.ceil(size), math.floor(size))


def test_far_estimates_count_as_failures():
    s = SAMPLERS[0]
    far = float(sampler_law.outcome(s, lambda w: abs(w - 1) > HALF).clipped)
    chances = [math.comb(7, k) * float(s.mass) ** k * (1 - float(s.mass)) ** (7 - k) for k in range(8)]
    weights = [(2 * k + (7 - k) * (2 / 3)) / 7 for k in range(8)]
    assert far == pytest.approx(sum(c for c, w in zip(chances, weights, strict=True) if abs(w - 1) > 0.5))


def test_bounds_are_sums_of_exponentials_of_the_budget():
    s = sampler_law.rounded(HALF, Fraction(2), Fraction(8), Fraction(1, 10))
    lo, hi = ends(sampler_failures.decays(World(samplers=[s]), tf1.REJECTED, tf1.CLIPPED))
    a = s.samples / 8
    assert lo[0] <= math.exp(-0.9083 * a) + math.exp(-1.6137 * a) <= hi[0] * (1 + 1e-12)


def test_exponent_of_no_acceptance_is_that_of_the_worst_estimate():
    # Laplace: the least of 1/w + 4 (w log w - w + 1).
    w = np.linspace(1.0, 1.5, 200_001)
    least = np.min(1 / w + 4 * (w * np.log(w) - w + 1))
    assert 0.9083 < least < 0.9084
    assert float(tf1.REJECTED) <= least


def test_constants_of_the_sampler_by_hand():
    ratios = ends(tf1.constants(trial()))[0]
    hand = [
        0.9083 / (2 / 1.19 - 4 * math.expm1(1 / (4 * 1.19**2))),
        1.6137 / (3 - math.log(4)),
        2.0558 / (8 * (1 - math.exp(-math.sqrt(0.5))) ** 2),
        (1 + 4 ** (4 * 0.9083 - 4 * 1.6137)) / 1.021,
        1.021 * 4 ** (-4 * 0.9083) / 0.0067,
        -2 * math.log(1 - 1 / math.sqrt(32)) / 0.3891,
    ]
    assert ratios == pytest.approx(hand, **CLOSE)


def test_printed_number_of_calls_at_its_counter_example():
    case = trial(M=4, delta="1/2")
    assert ends(tf1.calls(case))[0][0] == 2 * math.ceil(16 * math.log(8)) + 1 == 69
    assert ends(tf1.printed_calls(case))[1][0] == pytest.approx(32 * math.log(8) + 1)


# --- distances ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("s", SAMPLERS)
def test_distances_are_those_of_their_definitions(s):
    o = sampler_law.outcome(s)
    p, target, base = (np.array([float(x), 1 - float(x)]) for x in (o.first, s.target, s.mass))
    assert float(sampler_distances.to_base(s, o)) == pytest.approx(np.sum(p * np.log(p / base)))
    assert float(sampler_distances.to_target(s, o)) == pytest.approx(np.sum(p * np.log(p / target)))
    assert float(sampler_distances.hellinger(s, o)) == pytest.approx(
        np.sum((np.sqrt(p) - np.sqrt(target)) ** 2)
    )
    assert float(sampler_distances.largest_ratio(s, o)) == pytest.approx(np.max(p / target))


def test_ratio_fails_for_two_equally_likely_responses():
    # pi_ref = (1/2, 1/2), e^{R/beta} = 1e6, M = 8, N = 45: all by plain sums.
    n, gain = 45, mpmath.mpf(10**6)
    assert n == math.ceil(32 * math.log(400 / 99))
    with mpmath.workdps(60):
        normaliser = (gain + 1 / gain) / 2
        g = (gain / normaliser, 1 / gain / normaliser)
        output = mpmath.mpf(0)
        for k in range(n + 1):
            estimate = (k * g[0] + (n - k) * g[1]) / n
            accept = [min(1, x / (8 * estimate)) for x in g]
            hit = sum(accept) / 2
            none = (1 - hit) ** n
            output += (
                mpmath.binomial(n, k) / mpmath.mpf(2) ** n * ((1 - none) * accept[1] / 2 / hit + none / 2)
            )
        ratio = output / (g[1] / 2)
        assert ratio > 35 * gain * n
    case = trial(p="1/2", M="8", delta="99/100", **{"e^(R/beta)": 10**6})
    found = lf1.PRINTED[-1].check.measure(lf1.two_responses(case))
    assert float(found.lo[0]) == pytest.approx(float(ratio), **CLOSE)
    assert found.witness(0)["p"] == "1/2"


def test_log_ratio_reaches_nearly_twice_r_over_beta():
    case = trial(p="1/10", **{"e^(R/beta)": 2})
    # Z = .9 (2) + .1/2 = 1.85, and 1.85 over 1/2 is 3.7 > 2.
    assert lf1.base_over_target(case).lo[0] == Fraction(37, 10)


@pytest.mark.parametrize(("part", "end"), list(itertools.product(printed_ratio.PARTS, printed_ratio.ENDS)))
def test_reach_of_the_printed_ratio_on_a_grid(part, end):
    (low, high), power = printed_ratio.PARTS[part]
    values = []
    for m in np.linspace(low, high, 50):
        c, n = (m / 4 if end == "quarter" else 1.0), 23 if part == "least" else 4 * m * math.log(4)
        none = ((1 - 1 / m) * math.exp(-1 / (m - 1)) * (1 + math.expm1(c / (m - 1)) / c)) ** n
        clip = (
            4 ** (n / m) * (m / (m - 1)) ** (n * (1 - 1 / m)) * (1 - 4 / m) ** power
            if power
            else math.exp(-1.6136 * n / m)
        )
        values.append((none / c + clip) * math.exp(9.47) / (n - math.exp(-9.47)))
    found = printed_ratio.reach(trial(part=part, C=end))
    assert max(values) <= float(found.hi[0]) * (1 + 1e-12) <= 1 + 1e-9
    assert float(found.hi[0]) <= max(values) * 1.01


def test_bound_on_no_acceptance_holds_for_the_exact_law():
    s = sampler_law.rounded(Fraction(9, 10), Fraction(5, 4), Fraction(5), Fraction(99, 100))
    bound = math.exp(float(printed_ratio.rejected(_point(1.25), _point(5.0)).value.hi) * s.samples)
    assert float(sampler_law.outcome(s).exhausted) <= bound <= 2 * float(sampler_law.outcome(s).exhausted)


def _point(x):
    from explore_theory.certify.intervals import interval
    from explore_theory.certify.jets import Jet

    return Jet(interval(x))


def test_clipped_tilts_end_at_the_base_policy_and_the_target():
    world = clipped_tilts.decoded(Streams(("clip",), range(20)).normal(10), 20)
    least, most = (np.full(20, side(world.score)) for side in (np.min, np.max))
    np.testing.assert_allclose(world.at(least), world.log_base, atol=1e-12)
    np.testing.assert_allclose(world.at(most), world.target, atol=1e-12)
    left, right = clipped_tilts.sides(world)
    assert np.all(left <= right * (1 + 1e-9) + 1e-12)


# --- tail bounds --------------------------------------------------------------------------------------------


def literal_game(rounds, moves, high, low, state=0):
    """The value by plain recursion."""
    if state > high or (low is not None and state < low):
        return Fraction(1)
    if rounds == 0:
        return Fraction(0)
    return max(
        sum(
            Fraction(weight, sum(w for w, _ in move))
            * literal_game(rounds - 1, moves, high, low, state + change)
            for weight, change in move
        )
        for move in moves
    )


@pytest.mark.parametrize(("high", "low"), [(1, None), (2, -2), (3, -1)])
def test_game_by_plain_recursion(high, low):
    moves = [[(1, 1), (1, -1)], [(2, 0)], [(1, 2), (1, -2)]]
    assert adaptive_game.worst(5, moves, high, low) == literal_game(5, moves, high, low)


def test_azuma_game_of_a_fair_walk_by_reflection():
    # Only the mean zero: the chance that a fair walk reaches 4 in 10 steps, twice by symmetry, less both.
    one = adaptive_game.worst(10, [[(1, 1), (1, -1)]], 3)
    hand = sum(math.comb(10, k) for k in range(11) if 2 * k - 10 >= 4) + sum(
        math.comb(10, k) for k in range(11) if 2 * k - 10 > 4
    )
    assert one == Fraction(hand, 2**10)


def test_constants_of_the_multiplicative_bounds():
    first, second = ends(ld3.constants(trial()))[0]
    assert first == pytest.approx(math.expm1(1 / 1.312) * 1.312 / 1.5)
    assert second == pytest.approx(-math.log(1 - 1 / 1.256) * 1.256 / 2)
    # The roots themselves.
    assert 1 / float(mpmath.findroot(lambda s: mpmath.expm1(s) - 1.5 * s, 0.8)) == pytest.approx(
        1.3112, abs=1e-4
    )
    assert 1 / -float(
        mpmath.expm1(-mpmath.findroot(lambda s: s + 2 * mpmath.expm1(-s), 1.6))
    ) == pytest.approx(1.2551, abs=1e-4)


def test_freedman_factor_is_the_limit_of_a_rare_jump():
    assert ends(ld2.rare_jump(trial()))[0][0] == pytest.approx(1, abs=1e-5)
    assert math.e - 2 < float(ld2.ROUNDED["1"])
    assert 4 * (math.sqrt(math.e) - 1.5) < float(ld2.ROUNDED["1/2"])


def test_sequential_union_by_hand():
    assert ld5.failing(trial(calls=2, grid=2, **{"delta in 1/grid": 1})).lo[0] == Fraction(3, 4)
    case = trial(calls=2, delta="1/2")
    assert ld5.all_fine(case).lo[0] == Fraction(5, 8)
    assert ld5.product_of_means(case).lo[0] == Fraction(9, 16)


# --- the rest -----------------------------------------------------------------------------------------------


def test_norms_add_up_to_the_dimension_at_equality():
    pairs = ld4.Pairs(vectors=ld4.LONGEST * np.eye(3)[None], ridge=np.array([ld4.LONGEST**2]), effort=1)
    assert ld4.sums(pairs)[0] == pytest.approx(3)
    assert ld4.root(pairs)[0] == pytest.approx(3)


@pytest.mark.parametrize("c", ld6.PRODUCTS)
def test_roots_of_the_logarithmic_inequality(c):
    low, high = ld6.root(c)
    y = float(mpmath.findroot(lambda y: y - float(c) * mpmath.log1p(y), float(high)))
    assert float(low) <= y * (1 + 1e-12)
    assert y <= float(high) * (1 + 1e-12)


def test_largest_factor_of_the_logarithmic_inequality_on_a_grid():
    y = np.exp(np.linspace(0, 60, 400_001))
    factors = np.log1p(y) / np.log1p(y / np.log1p(y))
    assert 1.5089 < factors.max() < 1.509
    assert 8 < y[factors.argmax()] / np.log1p(y[factors.argmax()]) < 9


def test_rejection_draw_by_draw():
    half = lf4.Rejection(
        proposal=(HALF, HALF), target=(Fraction(3, 4), Fraction(1, 4)), multiplier=Fraction(2), draws=2
    )
    found, none = half.run()
    assert found == (Fraction(9, 16), Fraction(3, 16))
    assert none == Fraction(1, 4)


def test_change_of_measure_is_a_mean_of_distances():
    world = lf3.prompts(trial(delta="1/2"))
    lo, hi = ends(lf3.difference(world))
    (one, two), share = world.pairs[7], float(world.shares[7])
    distances = [abs(float(sampler_law.exact_outcome(s)[0] - s.target)) for s in (one, two)]
    assert lo[7] == pytest.approx(share * distances[0] + (1 - share) * distances[1])
    assert hi[7] == pytest.approx(lo[7])


@pytest.mark.parametrize(
    ("claim", "form"),
    [(claim, form) for claim in CLAIMS for form in claim.printed],
    ids=lambda value: getattr(value, "slug", None),
)
def test_printed_forms_fail_only_where_they_say_so(claim, form):
    for case in form.check.cases[:1]:
        rows = min(case.row_count("quick"), 4)
        world = form.check.instance(Trial(case=case, streams=Streams(("printed",), range(rows))))
        found, bound = form.check.measure(world), form.check.bound(world)
        lo, hi = (
            np.broadcast_to(np.asarray(end, dtype=float), found.lo.shape) for end in (bound.lo, bound.hi)
        )
        beyond = np.asarray(found.lo, dtype=float) > hi
        assert bool(beyond.any()) is not form.holds
        if form.holds:
            assert np.all(np.asarray(found.hi, dtype=float) <= lo * (1 + 1e-10))
        else:
            assert found.witness is not None
            assert form.mended

"""S4, S5, S5s and S6 by a second route: naive arithmetic, features built by hand, assumptions broken."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.certify.intervals import interval
from explore_theory.certify.jets import Jet, coordinates
from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Trial
from explore_theory.harness.verdicts.summary import UNRESOLVED, merge, summarise
from explore_theory.harness.verdicts.verdict import Status, combine, decide, moved
from proofs_checks.spanner_sampling import s4_tilt_divergence as s4
from proofs_checks.spanner_sampling import s5_truncated_divergence as s5
from proofs_checks.spanner_sampling import s5s_sharpest_divergence as s5s
from proofs_checks.spanner_sampling import s6_density_ratio as s6
from proofs_checks.spanner_sampling.exponential_step import quadratic
from proofs_checks.spanner_sampling.truncated import (
    BETA,
    Family,
    Truncated,
    divergence,
    error_at_most,
    log_mass,
)

CLAIMS = {module.CLAIM.id: module.CLAIM for module in (s4, s5, s5s, s6)}

#: Values of order one to 1e3, by a few hundred float64 operations.
CLOSE = {"rel": 1e-9, "abs": 1e-11}


def fails(check, world):
    return {a.name: ~np.atleast_1d(np.asarray(a.holds(world))) for a in check.assumptions}


def summaries(check, claim, *, block=None, names=None, rows=None, reseed=0):
    """The summary of each quick case of `check`, in order."""
    for case in check.cases_at("quick"):
        if names and case.slug not in names:
            continue
        count = min(case.row_count("quick"), rows or 10**6)
        size = block or case.block
        parts = []
        for first in range(0, count, size):
            path, last = (claim.id, check.slug, case.slug), min(count, first + size)
            world = check.instance(Trial(case=case, streams=Streams(path, range(first, last), reseed)))
            parts.append(
                summarise(
                    check.measure(world),
                    check.bound(world),
                    check.reading,
                    first=first,
                    fails=fails(check, world),
                )
            )
        yield case, merge(parts, check.reading)


@pytest.mark.parametrize("name", CLAIMS)
def test_the_claim_holds_and_its_tight_cases_break_within_five_percent(name):
    claim = CLAIMS[name]
    for check in claim.checks:
        for case, summary in summaries(check, claim):
            assert decide(summary, claim.relation, check.resolution).status is Status.HOLDS
            assert set(summary.left_out) <= {UNRESOLVED}, "the searches stay inside the assumptions"
            if case.tight:
                tighter = moved(summary, claim.relation, check.resolution, 1.05)
                assert tighter.status is Status.REFUTED, case.slug


@pytest.mark.parametrize(
    ("name", "variant"),
    [(claim.id, variant.slug) for claim in CLAIMS.values() for variant in claim.false_variants],
)
def test_every_false_variant_is_refuted(name, variant):
    claim = CLAIMS[name]
    (chosen,) = (v for v in claim.false_variants if v.slug == variant)
    check, relation = claim.variant_check(chosen)
    found = combine(decide(s, relation, check.resolution, beyond=True) for _, s in summaries(check, claim))
    assert found.status is Status.REFUTED


@pytest.mark.parametrize(
    ("name", "check", "case"),
    [
        ("S4", "search", "any-n8"),
        ("S5", "search", "linear-n6"),
        ("S5s", "search", "n4-c1"),
        ("S6", "search", "on-free-n4"),
    ],
)
def test_a_measurement_does_not_depend_on_the_rows_beside_it(name, check, case):
    claim = CLAIMS[name]
    found = [
        [
            (s.rows, s.count)
            for _, s in summaries(claim.check(check), claim, block=block, names={case}, rows=10)
        ]
        for block in (1, 3, 64)
    ]
    assert found[0] == found[1] == found[2]


def test_another_seed_reaches_the_same_verdicts():
    for name in ("S5", "S6"):
        check = CLAIMS[name].check("search")
        for _, summary in summaries(check, CLAIMS[name], reseed=1, rows=32):
            assert decide(summary, "<=", check.resolution).status is Status.HOLDS


# --- instances ----------------------------------------------------------------------------------------------


def worlds(family, rows=64, name="test", proper=False):
    streams = Streams((name,), range(rows))
    return family.decode(2 * streams.normal(family.width), family.masks(range(rows), proper=proper), effort=0)


@pytest.mark.parametrize("n", [2, 3, 6])
def test_consecutive_rows_go_through_every_set_that_contains_the_comparison(n):
    masks = Family(n=n).masks(range(7, 7 + 2 ** (n - 1)))
    assert len({tuple(mask) for mask in masks.tolist()}) == 2 ** (n - 1)
    assert masks[:, 0].all()
    proper = Family(n=n).masks(range(2 ** (n - 1) - 1), proper=True)
    assert len({tuple(mask) for mask in proper.tolist()}) == 2 ** (n - 1) - 1
    assert not proper.all(axis=1).any()


@pytest.mark.parametrize("dimension", [0, 3])
def test_instances_are_what_the_claims_say(dimension):
    world = worlds(Family(n=5, dimension=dimension, log_odds=-1e-9))
    assert np.all(np.ptp(world.reward, axis=1) <= 1 + 1e-12)
    assert np.all((world.beta >= BETA[0] * (1 - 1e-12)) & (world.beta <= BETA[1] * (1 + 1e-12)))
    assert error_at_most(1.0).holds(world).all()
    missed = np.where(world.inside, 0.0, np.exp(world.log_best)).sum(axis=1)
    assert np.all(missed <= 0.5)
    np.testing.assert_allclose(np.exp(world.log_base).sum(axis=1), 1.0, rtol=1e-12)
    assert np.all(np.where(world.inside, 0.0, world.score) == 0)


def test_every_free_instance_is_linear_in_features_inside_the_confidence_ellipsoid():
    """In `N` dimensions: one coordinate carries every error, the others carry the rewards at no cost.

    With ``phi(y) = (a D(y), h e_y)`` and ``Sigma_span = diag(s0, s_y)``, let the norm of ``(a D, 0)`` be
    just under ``nu |D|`` and that of ``h e_y`` nothing on `I` and more than `nu` off it.
    """
    n, nu, shrink, a, h = 4, 0.05, 0.999, 0.4, 0.4
    world = worlds(Family(n=n), name="features")
    for k in range(len(world.beta)):
        beta = world.beta[k]
        gamma = beta / nu
        reward, inside = world.reward[k], world.inside[k]
        error = shrink * np.where(inside, world.error[k], 0.0)
        features = np.zeros((n, n))
        features[:, 0] = a * error
        for y in range(1, n):
            features[y, y] = h
        assert np.all(np.linalg.norm(features, axis=1) <= 1)
        # |(a, 0)| = nu in the inverse; |h e_y| is 1e-3 nu on I, and 2 nu off it.
        sigma = np.diag([(a / nu) ** 2, *((h / (nu * np.where(inside[1:], 1e-3, 2.0))) ** 2)])
        norm = np.sqrt(np.einsum("yi,ij,yj->y", features, np.linalg.inv(sigma), features))
        assert np.array_equal(norm <= nu, inside)
        optimum = np.concatenate([[0.0], reward[1:] / h])
        estimate = optimum - np.array([beta / a, *np.zeros(n - 1)])
        assert np.sqrt((estimate - optimum) @ sigma @ (estimate - optimum)) <= gamma * (1 + 1e-12)
        np.testing.assert_allclose(features @ optimum, reward, atol=1e-12)
        truncated = np.where(inside, features @ estimate, 0.0)
        shrunk = np.where(inside, reward - beta * error, 0.0)
        np.testing.assert_allclose(truncated, shrunk, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"inside": [[False, True]]},
            "inside must contain response 0, got inside[0, 0]=False",
        ),
        ({"reward": [[0.5, 0.0]]}, "reward must be 0 at response 0, got reward[0, 0]=0.5"),
        ({"estimate": [[0.25, 0.0]]}, "estimate must be 0 at response 0, got estimate[0, 0]=0.25"),
    ],
)
def test_a_world_whose_comparison_response_is_not_the_origin_is_refused(change, message):
    with pytest.raises(InvalidProblem) as refusal:
        two_responses(**{name: np.array(value) for name, value in change.items()})
    assert str(refusal.value) == message


def two_responses(**change):
    parts = {
        "log_base": np.log([[0.5, 0.5]]),
        "reward": np.array([[0.0, 0.0]]),
        "estimate": np.array([[0.0, 0.0]]),
        "inside": np.array([[True, True]]),
        "beta": np.array([1.0]),
    }
    return Truncated(**{**parts, **change}, effort=1)


def test_an_error_of_one_sign_may_break_the_assumption_of_s5_and_keep_that_of_s5s():
    overrated = two_responses(estimate=np.array([[0.0, 3.0]]))
    underrated = two_responses(estimate=np.array([[0.0, -3.0]]))
    for world, sided in ((overrated, True), (underrated, False)):
        assert not error_at_most(1.0).holds(world).any()
        assert error_at_most(1.0, sided=True).holds(world).all() == sided


def test_where_errors_are_large_s6_fails_and_says_nothing():
    world = Truncated(
        log_base=np.log([[1e-3, 1e-3, 0.998]]),
        reward=np.zeros((1, 3)),
        estimate=np.array([[0.0, 3.0, -3.0]]),
        inside=np.ones((1, 3), dtype=bool),
        beta=np.array([1.0]),
        effort=1,
    )
    found = s6.Placed(world, "on")
    check = s6.CLAIM.check("search")
    assert check.measure(found).lo[0] > check.bound(found).hi[0]
    kept = summarise(check.measure(found), check.bound(found), check.reading, fails=fails(check, found))
    assert decide(kept, "<=", check.resolution).status is Status.NOT_APPLICABLE


def test_beyond_one_half_the_statement_of_s5_fails_and_says_nothing():
    world = two_responses(
        log_base=np.log([[1 - 1e-6, 1e-6]]),
        reward=np.array([[0.0, np.log(1e9)]]),
        inside=np.array([[True, False]]),
    )
    check = s5.CLAIM.check("search")
    assert check.measure(world).lo[0] > check.bound(world).hi[0]
    kept = summarise(check.measure(world), check.bound(world), check.reading, fails=fails(check, world))
    assert decide(kept, "<=", check.resolution).status is Status.NOT_APPLICABLE


# --- second routes ------------------------------------------------------------------------------------------


def exact_law(weights):
    total = mpmath.fsum(weights)
    return [w / total for w in weights]


@given(
    st.lists(st.tuples(st.floats(1e-6, 1), st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=6),
    st.floats(1e-2, 10),
)
def test_both_sides_of_s4_agree_with_naive_sums_of_fifty_digits(responses, beta):
    base, f, g = (np.array(part) for part in zip(*responses, strict=True))
    log_base = laws.log_normalise(np.log(base))
    tilts = s4.Tilts(log_base[None], f[None], g[None], np.array([beta]), 1)
    with mpmath.workdps(50):
        p = exact_law(
            [mpmath.mpf(b) * mpmath.exp(mpmath.mpf(s) / beta) for b, s in zip(base, f, strict=True)]
        )
        q = exact_law(
            [mpmath.mpf(b) * mpmath.exp(mpmath.mpf(s) / beta) for b, s in zip(base, g, strict=True)]
        )
        expected = float(mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True)))
    allowance = 4 * tilts.rounding()[0]
    assert s4.divergence(tilts)[0] == pytest.approx(expected, abs=allowance, rel=0)
    assert s4.cumulant(tilts)[0] == pytest.approx(expected, abs=allowance, rel=0)


@pytest.mark.parametrize("dimension", [0, 2])
def test_divergences_and_terms_agree_with_naive_sums_of_fifty_digits(dimension):
    world = worlds(Family(n=4, dimension=dimension), rows=24, name="naive")
    values, errors = divergence(world)
    for k in range(24):
        with mpmath.workdps(50):
            beta = mpmath.mpf(world.beta[k])
            base = [mpmath.exp(mpmath.mpf(x)) for x in world.log_base[k]]
            p = exact_law(
                [b * mpmath.exp(mpmath.mpf(f) / beta) for b, f in zip(base, world.score[k], strict=True)]
            )
            best = exact_law(
                [b * mpmath.exp(mpmath.mpf(g) / beta) for b, g in zip(base, world.reward[k], strict=True)]
            )
            expected = mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, best, strict=True))
            out = [y for y in range(4) if not world.inside[k, y]]
            d = [(g - f) / beta for g, f in zip(world.reward[k], world.score[k], strict=True)]
            square = mpmath.fsum(p[y] * d[y] ** 2 for y in range(4) if y not in out)
            right = square + 2 * mpmath.log(2) * mpmath.fsum(best[y] for y in out)
            right += np.ptp(world.reward[k]) / beta * mpmath.fsum(p[y] for y in out)
        assert values[k] == pytest.approx(float(expected), abs=float(errors[k]), rel=0)
        assert s5.right_hand_side(world)[k] == pytest.approx(float(right), **CLOSE)


@given(st.floats(0.05, 0.9), st.floats(0.1, 3.0), st.floats(0.1, 30.0), st.floats(0.05, 1.0))
def test_the_sharpest_bound_is_met_exactly_in_its_family(share, c, extent, beta):
    """``D = (0, c, -R/beta)`` and ``pi_t(I^c) = (e^c - 1) pi_t(y)``, built as a bandit."""
    w = np.expm1(c)
    policy = np.array([share, (1 - share) / (1 + w), (1 - share) * w / (1 + w)])
    reward = beta * np.array([[0.0, -min(extent, 1.0), -extent]])
    score = np.array([0.0, reward[0, 1] / beta - c, 0.0])
    world = Truncated(
        log_base=laws.log_normalise(np.log(policy) - score)[None],
        reward=reward,
        estimate=beta * score[None],
        inside=np.array([[True, True, False]]),
        beta=np.array([beta]),
        effort=1,
    )
    np.testing.assert_allclose(np.exp(world.log_policy[0]), policy, rtol=1e-9)
    assert divergence(world)[0][0] == pytest.approx(s5s.sharpest(world, c)[0], rel=1e-9, abs=1e-12)


@given(st.sampled_from([0.25, 1.0, 2.0, 4.0]), st.floats(-3, 1))
def test_the_step_is_the_ratio_it_says_with_the_slope_it_says(c, place):
    """Values and slopes of both charts, against 60 digits and a difference quotient."""
    u = c * place if place > 0 else place
    with mpmath.workdps(60):
        end = mpmath.mpf(c)
        kappa = (mpmath.exp(end) - 1 - end) / end**2

        def ratio(x):
            return x - mpmath.log(1 + x + kappa * x**2)

        value, slope = float(ratio(mpmath.mpf(u))), float(mpmath.diff(ratio, mpmath.mpf(u)))
        v = c - u  # rounded, so the second chart is compared at its own point
        other = float(ratio(end - mpmath.mpf(v)))
        other_slope = -float(mpmath.diff(ratio, end - mpmath.mpf(v)))
    step = quadratic(c)
    for found, expected in (
        (step.from_zero(coordinates([(u, u)])), (value, slope)),
        (step.from_the_end(coordinates([(v, v)])), (other, other_slope)),
    ):
        assert found.value.floats()[0] == pytest.approx(expected[0], rel=1e-9, abs=1e-13)
        assert found.slopes[0].floats()[0] == pytest.approx(expected[1], rel=1e-9, abs=1e-12)


def test_the_slope_of_the_step_is_right_as_an_identity():
    u, kappa = sp.symbols("u kappa", positive=True)
    ratio = u - sp.log(1 + u + kappa * u**2)
    claimed = u * (kappa * u + 1 - 2 * kappa) / (1 + u + kappa * u**2)
    assert sp.simplify(sp.diff(ratio, u) - claimed) == 0


@given(st.floats(0.01, 5.0), st.floats(-50, 1))
def test_the_exponential_stays_below_its_quadratic_up_to_c_and_not_beyond(c, place):
    with mpmath.workdps(50):
        end = mpmath.mpf(c)
        kappa = (mpmath.exp(end) - 1 - end) / end**2
        u = end * place if place > 0 else mpmath.mpf(place)
        assert mpmath.exp(u) <= 1 + u + kappa * u**2 + mpmath.mpf(10) ** -40
        beyond = end * mpmath.mpf("1.001")
        assert mpmath.exp(beyond) > 1 + beyond + kappa * beyond**2


@given(st.floats(1e-6, 0.3), st.floats(0, 20))
def test_the_limits_of_s6_are_the_families_they_say(s, gain):
    """Ratio over bound from the definitions, against the closed form that branch and bound sees."""
    whole = np.array([[True, True, True]])
    on = Truncated(
        log_base=np.log([[s, s, 1 - 2 * s]]),
        reward=np.array([[0.0, gain, 0.0]]),
        estimate=np.array([[0.0, gain + 1, -1.0]]),
        inside=whole,
        beta=np.ones(1),
        effort=1,
    )
    small = s * np.exp(-gain)
    off = Truncated(
        log_base=np.log([[small, 1 - 2 * small, small]]),
        reward=np.array([[0.0, -gain, -gain]]),
        estimate=np.array([[0.0, -gain - 1, 0.0]]),
        inside=np.array([[True, True, False]]),
        beta=np.ones(1),
        effort=1,
    )
    e = np.e
    beyond = {
        "on": ((e * e - 1) * np.exp(gain) + e - 1) / (1 / s + np.exp(gain) - 1),
        "off": (2 * e - 1) / (1 / s + 1 - 2 * np.exp(-gain)),
    }
    for place, world in (("on", on), ("off", off)):
        found = s6.Placed(world, place)
        excess = float((s6.log_ratio(found) - s6.log_bound(found))[0])
        assert excess == pytest.approx(-np.log1p(beyond[place]), **CLOSE)


def test_the_sharper_density_ratio_is_the_largest_over_all_estimates():
    """Random errors stay below it, and the extreme ones meet it."""
    world = worlds(Family(n=5), name="sharper")
    ratio = world.log_policy - world.log_base
    log_partition = world.log_base[:, 0] - world.log_best[:, 0]
    clipped = np.exp(1 + log_mass(world.log_base, ~world.inside) - log_partition)
    best = np.exp(world.log_best)
    checked = 0
    for k, y in zip(*np.nonzero(world.inside), strict=True):
        if y == 0:
            continue
        kept = best[k, world.inside[k]].sum()
        dropped = (np.e**2 - 1) * best[k, y] + (np.e - 1) * best[k, 0] + clipped[k]
        sharper = 2 + (world.log_best - world.log_base)[k, y] - np.log(kept + dropped)
        assert ratio[k, y] <= sharper + 1e-9
        signs = np.where(np.arange(5) == y, -1.0, 1.0) * (np.arange(5) > 0)
        extreme = np.where(world.inside[k], world.reward[k] - world.beta[k] * signs, 0.0)
        largest = laws.tilted(world.log_base[k], extreme, float(world.beta[k])) - world.log_base[k]
        assert largest[y] == pytest.approx(sharper, rel=1e-9, abs=1e-9)
        checked += 1
    assert checked > 100


def test_half_mass_step_is_the_ratio_it_says():
    with mpmath.workdps(40):
        for p in (0.5, 0.3, 0.1, 1e-3):
            s = -mpmath.log(1 - mpmath.mpf(p), 2)
            ratio = -mpmath.log(1 - mpmath.mpf(p)) / (2 * mpmath.log(2) * p)
            assert float(ratio) == pytest.approx(float(s / (2 * (1 - mpmath.mpf(2) ** -s))), rel=1e-12)
            assert ratio <= 1


def test_a_point_is_a_jet_without_slopes():
    """`Quadratic` also takes points, which branch and bound samples."""
    assert quadratic(1.0).from_zero([Jet(interval(0.5))]).slopes == ()

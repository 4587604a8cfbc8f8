"""The claims S1, S2, S3: their own arithmetic, by a second route, and what bends it."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from proofs_checks.spanner_sampling import acceptance, determinants, even_play, potential, regression
from proofs_checks.spanner_sampling import s1_confidence_ellipsoid as s1
from proofs_checks.spanner_sampling import s1s_actual_volume as s1s
from proofs_checks.spanner_sampling import s2_acceptances as s2
from proofs_checks.spanner_sampling import s2s_sharp_count as s2s
from proofs_checks.spanner_sampling import s3_elliptical_potential as s3
from proofs_checks.spanner_sampling import s3s_capped_potential as s3s
from proofs_checks.spanner_sampling.regression import LONGEST, Runs, Setting

#: Values compared here come from a few hundred rank-one updates of well-conditioned matrices.
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def trial(rows=4, first=0, **params):
    case = Case(slug="test", params=params, rows=rows)
    return Trial(case=case, streams=Streams(("test",), range(first, first + rows)))


def regress(rows=3, **fields):
    return Runs(setting=Setting(**fields), streams=Streams(("test",), range(rows)))


# --- S1 -----------------------------------------------------------------------------------------------------


def naive_closeness(world, pairs, noises):
    """The largest ``|theta_n - theta*|_{Sigma_n}/gamma(n)``, from least squares on observed rewards."""
    s = world.setting
    truth = np.zeros(s.d)
    truth[0] = s.parameter_radius
    largest = []
    for k in range(pairs.shape[1]):
        worst = 0.0
        for n in range(len(pairs) + 1):
            phi, noise = pairs[:n, k], noises[:n, k]
            sigma = s.ridge * np.eye(s.d) + phi.T @ phi
            error = np.linalg.solve(sigma, phi.T @ (phi @ truth + noise)) - truth
            volume = s.d * math.log(1 + n * LONGEST**2 / (s.d * s.ridge))
            bound = s.sigma * math.sqrt(2 * math.log(3 / s.delta) + volume) + s.reward_range
            worst = max(worst, math.sqrt(error @ sigma @ error) / bound)
        largest.append(worst)
    return largest


@pytest.mark.parametrize("rule", ["balance", "greedy", "ratchet", "revisit", "shrink"])
@pytest.mark.parametrize(
    ("noise", "radius", "sigma"), [("gaussian", 2.0, 3.0), ("signs", 1.0, 0.5), ("coins", 0.5, 0.7)]
)
def test_errors_are_those_of_least_squares(monkeypatch, rule, noise, radius, sigma):
    played = []
    add = regression.add

    def recorded(state, phi, eta):
        played.append((phi.copy(), eta.copy()))
        add(state, phi, eta)

    monkeypatch.setattr(regression, "add", recorded)
    world = regress(d=3, rounds=40, rule=rule, noise=noise, parameter_radius=radius, sigma=sigma)
    found = regression.largest_closeness(world, s1.gamma)
    pairs, noises = (np.array(part) for part in zip(*played, strict=True))
    assert np.sqrt((pairs * pairs).sum(axis=-1)).max() <= LONGEST * (1 + 1e-12)
    np.testing.assert_allclose(found, naive_closeness(world, pairs, noises), **CLOSE)


def test_the_log_determinant_is_that_of_the_pairs():
    world = regress(d=4, rounds=60, rule="revisit")
    state = regression.start(world)
    total = np.broadcast_to(world.setting.ridge * np.eye(4), (3, 4, 4)).copy()
    noise = np.ones(3)
    for _ in range(60):
        regression.look(state, s1s.radius)
        phi = regression.RULES["revisit"](state)
        regression.add(state, phi, noise)
        total += phi[:, :, None] * phi[:, None, :]
    np.testing.assert_allclose(state.log_det, np.linalg.slogdet(total / world.setting.ridge)[1], **CLOSE)


def test_coins_have_the_mean_and_the_parameter_that_the_radius_is_told():
    setting = Setting(d=2, rounds=1, noise="coins", parameter_radius=0.5, sigma=math.sqrt(0.5))
    raw = regression.raw_noise(setting, Streams(("coins",), range(20_000)), 1)[:, 0]
    phi = np.tile([1.2, 1.0], (20_000, 1))
    noise = regression.observed(setting, raw, phi)
    assert set(np.round(noise + 0.6, 9)) <= {-1.0, 0.0, 1.0}
    assert noise.mean() == pytest.approx(0, abs=0.02)
    assert noise.var() <= setting.sigma**2


def test_a_run_does_not_depend_on_the_runs_beside_it():
    for rule in ("greedy", "ratchet", "revisit", "shrink"):
        together = regression.largest_closeness(regress(rows=3, d=3, rounds=50, rule=rule), s1.gamma)
        for row in range(3):
            alone = Runs(setting=Setting(d=3, rounds=50, rule=rule), streams=Streams(("test",), [row]))
            assert regression.largest_closeness(alone, s1.gamma)[0] == together[row]


def lanes(rows=4, first=0, **params):
    known = {"d": 2, "ridge": 1e4, "sigma": 1e3, "delta": 0.99, "span": 4.0, "runs": 5}
    return even_play.lanes(trial(rows, first, **known | params))


def test_a_lane_does_not_depend_on_the_lanes_beside_it():
    together = even_play.departures(lanes(), s1.gamma)
    apart = [even_play.departures(lanes(1, first), s1.gamma) for first in range(4)]
    assert together.successes == sum(tally.successes for tally in apart)
    assert together.effort == sum(tally.effort for tally in apart)
    assert together.trials == 20 * 64


def test_even_play_and_single_rounds_leave_equally_often():
    """Two simulations of one law: balanced pairs round by round, and batches of them at once."""
    numbers = {"d": 1, "parameter_radius": 0.05, "sigma": 1e3, "delta": 0.99}
    slow = regression.departures(regress(rows=4000, rounds=300, rule="balance", **numbers), s1.gamma)
    setting = Setting(rounds=10, **numbers)
    span = math.log1p(300 * LONGEST**2 / setting.ridge)
    fast = even_play.Lanes(setting=setting, span=span, single=False, streams=Streams(("fast",), range(8)))
    quick = even_play.departures(fast, s1.gamma)
    # Looks at some rounds only, so a little below; the frequencies are near .18, known to .006 each.
    assert slow.successes / slow.trials == pytest.approx(quick.successes / quick.trials, abs=0.03)


def test_batches_are_whole_rounds_and_single_pairs_are_short_enough():
    information, distance = np.array([1e6, 1e6, 1e6]), np.array([2.0, 0.1, -1.0])
    whole = even_play.batches(lanes(), information, distance)
    assert list(whole) == [62_500, 156, 1]
    short = even_play.batches(lanes(single=1), information, distance)
    assert short.max() <= 1


def test_the_radius_by_hand():
    setting = Setting(d=3, rounds=1, parameter_radius=1.0, sigma=1.0, delta=0.1)
    n = 6658 + 384_985
    assert s1.gamma(n, np.zeros(1), setting) == pytest.approx(7.80, abs=0.1)
    assert s1.gamma(0, np.zeros(1), setting) == pytest.approx(math.sqrt(2 * math.log(30)) + 1)


@given(st.integers(1, 10), st.integers(1, 400), st.floats(0.01, 100), st.integers(0, 2**32))
def test_the_actual_volume_never_exceeds_that_of_the_statement(d, n, ridge, seed):
    vectors = np.random.default_rng(seed).normal(size=(1, n, d))
    vectors *= LONGEST / np.sqrt((vectors**2).sum(axis=-1, keepdims=True))
    pairs = determinants.Pairs(vectors=vectors, ridge=np.array([ridge]), effort=1)
    setting = Setting(d=d, rounds=n, parameter_radius=ridge**-0.5)
    actual = s1s.radius(n, determinants.log_growth(pairs), setting)
    assert actual[0] <= s1.gamma(n, np.zeros(1), setting) * (1 + 1e-12)


# --- S2 -----------------------------------------------------------------------------------------------------


@given(st.integers(1, 16), st.floats(0.05, 1.0), st.floats(1e-4, 100.0))
def test_the_count_is_the_last_that_satisfies_the_inequality(d, threshold, ridge):
    def holds(n):
        return n * math.log(1 + threshold**2) <= d * math.log(1 + n * LONGEST**2 / (d * ridge))

    most = s2.most_accepted(d, threshold, ridge)
    assert holds(most)
    assert not holds(most + 1)
    assert not any(holds(most + k) for k in (2, 10, 1000))


def test_the_figure_of_the_theory():
    """d = 3, lambda = 1, nu = beta/gamma = .5/7.80: n_acc is 6658 there; nu is rounded here."""
    assert s2.most_accepted(3, 0.0641, 1.0) == pytest.approx(6658, rel=0.003)


@pytest.mark.parametrize("attack", ["axes", "scattered", "padded"])
def test_every_pair_of_an_attack_passes_the_test_it_is_counted_for(monkeypatch, attack):
    seen = []

    def recorded(*arguments):
        seen.append(rule(*arguments))
        return seen[-1]

    rule = acceptance.ATTACKS[attack]
    monkeypatch.setitem(acceptance.ATTACKS, attack, recorded)
    world = acceptance.spanner(trial(1, attack=attack, d=3, nu=0.4, ridge=1.0))
    count = int(acceptance.passes(world)[0])
    sigma = np.eye(3)
    for phi in seen[:count]:
        # Scaled as the attack's pairs are, then judged from scratch.
        pair = phi[0] * (1 + acceptance.MARGIN) * 0.4 / math.sqrt(phi[0] @ np.linalg.inv(sigma) @ phi[0])
        assert math.sqrt(pair @ np.linalg.inv(sigma) @ pair) > 0.4
        assert np.linalg.norm(pair) <= LONGEST
        sigma = sigma + np.outer(pair, pair)
    assert len(seen) == count + 1
    assert count <= s2.most_accepted(3, 0.4, 1.0)


def test_an_attack_stops_only_where_nothing_passes_any_more():
    """The count of the axes is what one direction takes, by hand, times the dimension."""
    nu, ridge, each = 0.3, 1.0, 0
    eigenvalue = ridge
    while eigenvalue * nu**2 <= LONGEST**2:
        eigenvalue *= 1 + nu**2
        each += 1
    world = acceptance.spanner(trial(2, attack="axes", d=4, nu=nu, ridge=ridge))
    assert list(acceptance.passes(world)) == [4 * each, 4 * each]


def test_an_attack_does_not_depend_on_the_attacks_beside_it():
    params = {"attack": "scattered", "d": 3, "nu": 0.4, "ridge": 1.0}
    together = acceptance.passes(acceptance.spanner(trial(3, **params)))
    apart = [acceptance.passes(acceptance.spanner(trial(1, k, **params)))[0] for k in range(3)]
    assert list(together) == apart


@given(st.integers(1, 16), st.floats(0.05, 1.0), st.floats(1e-4, 100.0))
def test_the_sharp_count_is_the_last_that_satisfies_its_inequality(d, threshold, ridge):
    def holds(m):
        trace = d * ridge + m * LONGEST**2
        c = min(LONGEST**2 / threshold**2, trace / d)
        volume = math.log(c / ridge)
        if d > 1:
            volume += (d - 1) * math.log((trace - c) / ((d - 1) * ridge))
        return m * math.log(1 + threshold**2) <= volume + 1e-12

    count = s2s.sharp_count(d, threshold, ridge)
    if ridge * threshold**2 >= LONGEST**2:
        assert count == 0
        return
    assert holds(count - 1)
    assert not any(holds(count + k) for k in (0, 1, 10, 1000))
    assert count <= s2.most_accepted(d, threshold, ridge) + 1


@pytest.mark.parametrize("nu", [0.07, 0.3, 0.9])
def test_in_one_dimension_the_sharp_count_is_attained(nu):
    world = acceptance.spanner(trial(1, attack="axes", d=1, nu=nu, ridge=0.5))
    assert acceptance.passes(world)[0] == s2s.sharp_count(1, nu, 0.5)


def test_a_determinant_of_pairs_by_hand():
    vectors = np.array([[[2.0, 0.0], [1.0, 1.0]]])
    pairs = determinants.Pairs(vectors=vectors, ridge=np.array([3.0]), effort=1)
    # Sigma = [[3 + 4 + 1, 1], [1, 3 + 1]], over 9.
    assert determinants.log_growth(pairs)[0] == pytest.approx(math.log((8 * 4 - 1) / 9))


# --- S3 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["capped", "scattered", "longest"])
@pytest.mark.parametrize("v", [1.0, 0.3])
def test_sums_along_sequences_are_those_of_their_pairs(monkeypatch, rule, v):
    seen = []

    def recorded(*arguments):
        seen.append(chosen(*arguments))
        return seen[-1]

    chosen = potential.RULES[rule]
    monkeypatch.setitem(potential.RULES, rule, recorded)
    world = potential.sequence(trial(2, rule=rule, d=3, T=50, ridge=0.01, v=v))
    found = potential.total(world)
    vectors = np.stack(seen, axis=1)
    pairs = determinants.Pairs(vectors=vectors, ridge=np.full(2, world.ridge), effort=1)
    np.testing.assert_allclose(found, potential.total_of(pairs, v), **CLOSE)
    assert np.sqrt((vectors**2).sum(axis=-1)).max() <= LONGEST * (1 + 1e-12)
    assert potential.total(world, cap=False).min() >= found.min()


@pytest.mark.parametrize(("d", "v"), [(1, 1.0), (5, 0.25), (3, 4.0)])
def test_one_turn_attains_the_bound(d, v):
    world = potential.sequence(trial(1, rule="capped", d=d, T=d, ridge=1 / v, v=v))
    assert potential.total(world)[0] == pytest.approx(d * v, rel=1e-12)
    assert s3s.stated(world).lo[0] == pytest.approx(d * v, rel=1e-12)


@given(st.floats(1e-6, 100), st.floats(1e-9, 1e4))
def test_the_chord(v, x):
    assert min(v, x) * math.log1p(v) <= v * math.log1p(x) * (1 + 1e-12)


def test_the_constants():
    assert s3s.constant(1.0) == pytest.approx(1 / math.log(2))
    assert all(1 < s3s.constant(v) <= 1 + v / 2 for v in (1e-3, 0.1, 1.0, 10.0))
    world = potential.sequence(trial(1, rule="capped", d=4, T=4, ridge=1.0))
    ratio = s3.stated(world).lo[0] / s3s.stated(world).lo[0]
    assert ratio == pytest.approx(2 * math.log(2))


def test_no_constant_below_the_best_is_accepted():
    """The supremum of ``min(1, x)/log(1 + x)`` is at ``x = 1``: certified from both sides."""
    for side in ("below", "above"):
        found = s3.scalar(trial(1, side=side))
        assert found.lo[0] == pytest.approx(1 / (2 * math.log(2)), rel=1e-6)
        assert found.hi[0] == pytest.approx(1 / (2 * math.log(2)), rel=1e-5)
        assert s3.scalar(trial(1, side=side), constant=1.4426).lo[0] > 1


def test_symbols_prove_what_they_should_and_nothing_else():
    assert s3s.chord(trial(1, side="below")).hi[0] == 1
    assert s3s.chord(trial(1, side="below"), power=2).hi[0] > 1
    assert s2.lemma(trial(1, d=2)).hi[0] == 1
    assert s2.lemma(trial(1, d=2), power=2).lo[0] > 1
    squared = potential.telescope(replace(trial(1), case=Case(slug="x", params={"d": 1, "T": 2})), power=2)
    assert squared.lo[0] > 1

"""Algorithm 3 as printed: its schedule, its constrained estimate, and that the two laws play it alike."""

import math
from dataclasses import replace

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.algorithms import PrintedSchedule, PrintedSpannerSampling, SpannerSampling
from explore_theory.errors import InvalidProblem
from explore_theory.foundation.least_squares import within_ball
from explore_theory.oracles import SoftmaxSampler
from explore_theory.oracles.kernels.fitting import constrained
from explore_theory.oracles.plans import Exploration, Ridge
from explore_theory.policies import Base
from tests.algorithms.test_spanner_sampling import problem

EXAMPLE = PrintedSchedule(
    d=3, beta=0.5, reward_range=1.5, parameter_radius=2.0, coverage=4.3, eps=0.2, delta=0.1, constant=2.0
)


def test_the_schedule_has_what_page_44_and_page_58_print():
    s = EXAMPLE
    t = s.explore_rounds
    log = math.log(2.0 * t / (1.5 * 0.1))
    assert s.accuracy == pytest.approx(math.sqrt(2 * 3 * 1.5**2 * log), rel=1e-14)
    assert s.ridge == pytest.approx((1.5 / 2) ** 2)
    assert s.radius == pytest.approx(0.5 / s.accuracy)
    assert s.sampler == SoftmaxSampler.accurate(8 * math.e**2 * 4.3, 1 / t)
    assert s.sampler.tries == math.ceil(4 * 8 * math.e**2 * 4.3 * math.log(4 * t))
    assert (s.span_rounds, s.per_round) == (math.ceil(9 * t), math.ceil(4.3 * t))
    assert s.prompts == s.span_rounds + t
    each = 2 + 2 * s.sampler.tries
    assert s.compute_bound(3) == 2.0 * s.span_rounds * s.per_round + (t + 3) * each


def test_the_rounds_are_the_least_at_which_the_leading_term_is_eps():
    s = EXAMPLE

    def enough(t):
        return 2 * 9 * 1.5**2 * math.log(2.0 * t / (1.5 * 0.1)) ** 2 / (0.5 * t) <= 0.2

    assert enough(s.explore_rounds)
    assert not any(enough(t) for t in range(1, s.explore_rounds))


def test_a_schedule_of_one_round():
    s = replace(EXAMPLE, eps=1e9)
    assert (s.explore_rounds, s.sampler.tries) == (1, math.ceil(4 * 8 * math.e**2 * 4.3 * math.log(4)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"beta": 1.6}, "beta must be at most R=1.5, got beta=1.6"),
        ({"parameter_radius": 1.4}, "parameter_radius must be at least R=1.5"),
        ({"constant": 0.0}, "constant must be positive"),
        ({"delta": 1e-301}, "delta must be at least 1e-300"),
        ({"coverage": math.nan}, "coverage must be at least 1 and finite"),
    ],
)
def test_schedules_that_algorithm_3_does_not_cover(arguments, message):
    with pytest.raises(InvalidProblem, match=message):
        replace(EXAMPLE, **arguments)


def test_too_many_rounds_are_refused():
    with pytest.raises(InvalidProblem, match="got eps=1e-30 and T_exp"):
        _ = replace(EXAMPLE, eps=1e-30).explore_rounds


def test_what_the_learner_must_be_told():
    with pytest.raises(InvalidProblem, match="coverage must be declared"):
        PrintedSpannerSampling().run(oracles.open(replace(problem(), coverage=None)))
    undeclared = replace(problem(), theta_star=None, parameter_radius=None)
    with pytest.raises(InvalidProblem, match="parameter_radius must be declared"):
        PrintedSpannerSampling().run(oracles.open(undeclared))
    with pytest.raises(InvalidProblem, match="schedule must be for d=2"):
        PrintedSpannerSampling(schedule=EXAMPLE).run(oracles.open(problem()))


# --- the estimate ------------------------------------------------------------------------------------------


def regressions(seed=0, count=40, d=3):
    """Normal equations of few pairs and of many, whose least point is inside the unit ball or far outside."""
    rng = np.random.default_rng(seed)
    gram, moment = [], []
    for k in range(count):
        phi = rng.normal(size=(1 + k % 6, d)) * 10.0 ** rng.uniform(-2, 1)
        target = phi @ rng.normal(size=d) * 10.0 ** rng.uniform(-1, 2) + rng.normal(size=len(phi))
        gram.append(phi.T @ phi)
        moment.append(phi.T @ target)
    return np.array(gram), np.array(moment)


def loss(gram, moment, theta):
    return np.einsum("...i,...ij,...j->...", theta, gram, theta) - 2 * (moment * theta).sum(axis=-1)


def by_projected_gradient(gram, moment, radius):
    """The same, slowly: accelerated gradient steps, each put back into the ball."""
    theta = ahead = np.zeros_like(moment)
    step = 1 / np.linalg.norm(gram, 2)
    for n in range(20_000):
        new = ahead - step * (gram @ ahead - moment)
        new *= min(1.0, radius / max(np.linalg.norm(new), 1e-300))
        # Restarted where the momentum points uphill.
        momentum = n / (n + 3) if (ahead - new) @ (new - theta) <= 0 else 0.0
        theta, ahead = new, new + momentum * (new - theta)
    return theta


def test_no_point_of_the_ball_has_a_smaller_sum_of_squares():
    gram, moment = regressions()
    radius = 1.3
    found = within_ball(gram, moment, radius)
    assert (np.linalg.norm(found, axis=-1) <= radius * (1 + 1e-13)).all()
    # Stationarity: the gradient is minus a multiple of theta, and zero inside; that is enough for a minimum.
    residual = moment - np.einsum("rij,rj->ri", gram, found)
    size = np.linalg.norm(moment, axis=-1) + np.linalg.norm(gram, 2, axis=(-2, -1)) * radius
    inside = np.linalg.norm(found, axis=-1) < radius * (1 - 1e-6)
    multiple = (residual * found).sum(axis=-1) / radius**2
    assert 0 < inside.sum() < inside.size
    assert (np.linalg.norm(residual, axis=-1)[inside] <= 1e-9 * size[inside]).all()
    rest = residual - multiple[:, None] * found
    assert (np.linalg.norm(rest, axis=-1)[~inside] <= 1e-9 * size[~inside]).all()
    assert (multiple[~inside] >= -1e-9 * size[~inside]).all()


def test_brute_force_finds_the_same_sum_of_squares():
    gram, moment = regressions(seed=1, count=12)
    found = loss(gram, moment, within_ball(gram, moment, 0.8))
    slow = np.array([by_projected_gradient(g, m, 0.8) for g, m in zip(gram, moment, strict=True)])
    size = 1 + np.abs(found)
    assert (found <= loss(gram, moment, slow) + 1e-9 * size).all()
    assert (np.abs(found - loss(gram, moment, slow)) <= 1e-4 * size).all()


def test_the_kernel_has_the_same_estimate():
    gram, moment = regressions(seed=2)
    ridge = 0.7
    slow = within_ball(gram, moment, 0.9)
    for g, m, expected in zip(gram, moment, slow, strict=True):
        theta = np.empty(3)
        constrained(g + ridge * np.eye(3), ridge, 0.9, m, theta)
        assert np.linalg.norm(theta) <= 0.9 * (1 + 1e-13)
        assert loss(g, m, theta) == pytest.approx(loss(g, m, expected), rel=1e-8, abs=1e-8)


def test_one_dimension_by_hand():
    one = within_ball(np.array([[[4.0]], [[4.0]], [[0.0]]]), np.array([[2.0], [-12.0], [0.0]]), 2.0)
    assert one[:, 0] == pytest.approx([0.5, -2.0, 0.0], abs=1e-11)


def test_a_circle_by_hand():
    """``G = diag(1, 3)``, ``m = (8, 0)``, radius 2: ``mu = 3``, ``theta = (2, 0)``."""
    found = within_ball(np.array([np.diag([1.0, 3.0])]), np.array([[8.0, 0.0]]), 2.0)
    assert found[0] == pytest.approx([2.0, 0.0])


# --- runs --------------------------------------------------------------------------------------------------


def played(rounds, seed=4, **more):
    """Exploration alone by the exact law; the estimate of the last round is kept."""
    oracle = oracles.open(problem(noise=1.0), law="exact-law", replicates=6, seed=seed)
    plan = Exploration(
        rounds=rounds,
        sampler=SoftmaxSampler(ratio=20.0, normaliser=40, tries=60),
        keep=np.full((6, 1), rounds - 1),
        ridge=0.5,
        within=1.0,
        **more,
    )
    return oracle.explore(Ridge.start(6, 2, 0.5), plan)


def test_the_exact_law_plays_the_constrained_estimate_of_the_data_so_far():
    """A run one round shorter ends with the data that the last round of the longer one is played by."""
    for rounds in (2, 3, 9, 40):
        before, after = played(rounds - 1).ridge, played(rounds)
        assert np.array_equal(after.covariances[:, 0], before.covariance)
        gram = before.covariance - 0.5 * np.eye(2)
        expected, found = within_ball(gram, before.moment, 1.0), after.thetas[:, 0]
        least = loss(gram, before.moment, expected)
        assert loss(gram, before.moment, found) == pytest.approx(least, rel=1e-9, abs=1e-9)
    assert found == pytest.approx(expected, abs=1e-7)
    assert np.linalg.norm(played(3).thetas, axis=-1).max() == pytest.approx(1.0)


def test_a_plan_fits_least_squares_without_the_ridge():
    """What the literal rounds are played by; without a radius it is the ridge estimate."""
    gram, moment = regressions(seed=5, d=2)
    data = Ridge(covariance=gram + 0.5 * np.eye(2), moment=moment)
    plan = Exploration(rounds=1, sampler=SoftmaxSampler(ratio=2.0, normaliser=1, tries=1), growth=2.0)
    assert np.array_equal(plan.estimate(data), data.theta)
    assert replace(plan, ridge=0.5, within=0.7).estimate(data) == pytest.approx(
        within_ball(gram, moment, 0.7), abs=1e-3
    )
    for arguments, message in (
        ({"ridge": -1.0}, "ridge must be at least 0"),
        ({"within": 0.0}, "within must"),
    ):
        with pytest.raises(InvalidProblem, match=message):
            replace(plan, **arguments)


def test_both_laws_play_alike():
    """Gaps of a short schedule have the same mean by either law, to within five standard errors."""
    schedule = replace(PrintedSchedule.of(problem().facts, eps=0.5, delta=0.5), constant=2e-3, eps=0.1)
    assert schedule.explore_rounds < 60
    gaps = {}
    for law in ("literal", "exact-law"):
        world = problem(noise=0.5)
        oracle = oracles.open(world, law=law, replicates=96, seed=7)
        policy = PrintedSpannerSampling(schedule=schedule, outputs=8).run(oracle)
        assert policy.finished.all()
        assert np.linalg.norm(policy.thetas, axis=-1).max() <= 1 + 1e-12
        gaps[law] = exact.gap(world, policy)
    apart = abs(gaps["literal"].mean() - gaps["exact-law"].mean())
    assert apart <= 5 * math.hypot(*(g.std() / math.sqrt(96) for g in gaps.values()))


def test_with_the_printed_schedule_it_succeeds_within_its_bounds():
    world = problem()
    oracle = oracles.open(world, law="exact-law", replicates=8)
    policy = PrintedSpannerSampling(eps=0.02, delta=0.25).run(oracle)
    s = policy.schedule
    assert policy.finished.all()
    assert exact.gap(world, Base())[0] > 0.02
    assert (exact.gap(world, policy) <= 0.02).all()
    assert (oracle.ledger.data <= s.data_bound).all()
    assert (oracle.ledger.compute <= s.compute_bound()).all()
    assert (oracle.ledger.total("prompt") == s.prompts).all()
    assert (oracle.ledger.total("reward", phase="span") == policy.accepted).all()
    assert not policy.clipped.any()


def test_the_estimates_differ_from_those_of_ridge_regression():
    """On the same rounds and coins only the estimate is another."""
    world = problem(noise=2.0)
    plan = PrintedSchedule.of(world.facts, eps=0.5, delta=0.5, constant=0.05)
    ridge, ball = (
        kind(schedule=plan, outputs=4).run(oracles.open(world, law="exact-law", replicates=4, seed=3))
        for kind in (PrintedSpannerSampling, _Ridge)
    )
    assert np.array_equal(ridge.accepted, ball.accepted)
    assert not np.allclose(ridge.thetas, ball.thetas)


class _Ridge(PrintedSpannerSampling):
    def run(self, oracle):
        from explore_theory.algorithms.spanner.spanner_sampling import both_phases

        return both_phases(oracle, self.schedule, outputs=self.outputs)


def test_ours_is_cheaper_in_calls_at_the_same_problem():
    oracle = oracles.open(problem(), law="exact-law")
    own, printed = (
        kind(eps=0.02, delta=0.25).plan(oracle) for kind in (SpannerSampling, PrintedSpannerSampling)
    )
    assert own.compute_bound() < printed.compute_bound() / 10

"""SpannerSampling: the schedule's constants, both updates, its policy's law, budgets, refusals."""

import math
from dataclasses import replace

import numpy as np
import pytest

from explore_theory import TabularProblem, exact, oracles
from explore_theory.algorithms import Schedule, SpannerSampling
from explore_theory.algorithms.spanner.truncated import TruncatedSoftmax
from explore_theory.errors import BudgetExceeded, InvalidProblem
from explore_theory.oracles import SoftmaxSampler
from explore_theory.policies import Base
from explore_theory.problems import Gaussian
from explore_theory.problems.protocol import Atoms

LAWS = ("literal", "exact-law")
UPDATES = ("every-round", "rarely-switching")


def problem(seed=3, prompts=2, responses=6, d=2, beta=0.25, noise=0.05, coverage=None):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(prompts, responses, d))
    features /= np.maximum(1, np.linalg.norm(features, axis=-1, keepdims=True))
    theta = rng.normal(size=d)
    theta /= 2 * np.linalg.norm(theta)
    made = TabularProblem(
        prompt_mass=rng.dirichlet(np.full(prompts, 5.0)),
        base=rng.dirichlet(np.full(responses, 2.0), size=prompts),
        features=features,
        reward=features @ theta,
        beta=beta,
        theta_star=theta,
        parameter_radius=1.0,
        noise=Gaussian(noise),
    )
    return replace(made, coverage=coverage or 1.001 * float(exact.coverage(made)[0]))


EXAMPLE = Schedule(
    d=3, beta=0.5, reward_range=1.0, parameter_radius=1.0, sigma=1.0, coverage=2.0, eps=0.1, delta=0.1
)


def test_the_schedule_has_the_constants_of_the_theorem():
    s = EXAMPLE
    assert (s.most_accepted, s.explore_rounds) == (6658, 384_985)
    assert s.gamma(s.pairs) == pytest.approx(7.80, abs=0.005)
    assert s.radius == pytest.approx(0.0641, abs=5e-5)
    growth = 3 * math.log(1 + s.pairs * 4 / 3)
    gamma = math.sqrt(2 * math.log(30) + growth) + 1
    assert s.gamma(s.pairs) == pytest.approx(gamma, rel=1e-14)
    assert s.kappa == pytest.approx(0.1 / 45)
    assert s.sampler.ratio == pytest.approx(8 * math.e**2)
    assert s.sampler.tries == math.ceil(4 * s.sampler.ratio * math.log(4000))
    exact_rounds = 4 * gamma**2 / 0.05 * (2 * growth + s.radius**2 * math.log(30))
    assert s.explore_rounds == math.ceil(exact_rounds)
    assert s.span_rounds == math.ceil(math.e / (math.e - 1) * (6658 + math.log(30)) / s.kappa)


def test_the_fixed_point_is_one_and_the_number_accepted_is_the_largest():
    for sigma in (0.0, 0.1, 1.0):
        s = replace(EXAMPLE, sigma=sigma)
        assert s.pairs == s.most_accepted + s.explore_rounds
        each = math.log1p(s.radius**2)
        assert s.most_accepted * each <= s.log_growth(s.most_accepted)
        assert (s.most_accepted + 1) * each > s.log_growth(s.most_accepted + 1)


def test_rare_updates_pay_for_the_growth_of_the_determinant():
    rare = replace(EXAMPLE, update="rarely-switching", growth=3.0)
    assert 2.5 < rare.explore_rounds / EXAMPLE.explore_rounds < 4
    assert rare.sampler.normaliser > EXAMPLE.sampler.normaliser


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"beta": 1.5}, r"beta must be at most R=1 .*got beta=1.5"),
        ({"eps": 0}, "eps must be positive and finite, got eps=0"),
        ({"delta": 1.5}, r"delta must lie in \(0, 1\]"),
        ({"coverage": 0.9}, "coverage must be at least 1 and finite"),
        ({"coverage": math.inf}, "coverage must be at least 1 and finite"),
        ({"sigma": -1.0}, "sigma must be at least 0"),
        ({"span_factor": math.nan}, "span_factor must be at least 0"),
        ({"update": "sometimes"}, "update must be one of every-round, rarely-switching"),
        ({"growth": 1.0}, "growth must be finite and above 1"),
    ],
)
def test_schedules_that_the_theorem_does_not_cover(arguments, message):
    with pytest.raises(InvalidProblem, match=message):
        replace(EXAMPLE, **arguments)


def test_what_the_learner_must_be_told():
    silent = replace(problem(), coverage=None)
    with pytest.raises(InvalidProblem, match="coverage must be declared by the problem or given"):
        SpannerSampling().run(oracles.open(silent))
    undeclared = replace(problem(), theta_star=None, parameter_radius=None)
    with pytest.raises(InvalidProblem, match="parameter_radius must be declared"):
        SpannerSampling().run(oracles.open(undeclared))
    with pytest.raises(InvalidProblem, match=r"schedule must be for d=2, got schedule\.d=3"):
        SpannerSampling(schedule=EXAMPLE).run(oracles.open(problem()))


@pytest.mark.parametrize("update", UPDATES)
def test_with_the_theorems_schedule_it_succeeds_within_its_bounds(update):
    world = problem()
    oracle = oracles.open(world, law="exact-law", replicates=16)
    policy = SpannerSampling(eps=0.02, delta=0.25, update=update).run(oracle)
    assert policy.finished.all()
    assert (exact.gap(world, policy) <= 0.02).all()
    assert (oracle.ledger.data <= policy.schedule.data_bound).all()
    assert (oracle.ledger.compute <= policy.schedule.compute_bound()).all()
    assert oracle.ledger.total("reward", phase="explore").tolist() == [policy.schedule.explore_rounds] * 16
    assert not policy.clipped.any()


def small(update, **more):
    """A schedule that proves nothing and takes no time."""
    world = problem()
    schedule = Schedule.of(
        world.facts,
        eps=0.5,
        delta=0.5,
        update=update,
        span_factor=3e-3,
        explore_factor=0.08,
        radius_factor=3.0,
        ratio_factor=0.2,
    )
    return world, SpannerSampling(schedule=replace(schedule, **more), outputs=5, update=update)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("update", UPDATES)
def test_rows_do_not_see_each_other(law, update):
    world, learner = small(update)
    gaps = [
        exact.gap(world, learner.run(oracles.open(world, law=law, replicates=rows))) for rows in (1, 7, 20)
    ]
    np.testing.assert_array_equal(gaps[0], gaps[2][:1])
    np.testing.assert_array_equal(gaps[1], gaps[2][:7])


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("update", UPDATES)
def test_a_replicate_that_runs_out_keeps_what_it_has(law, update):
    world, learner = small(update)
    oracle = oracles.open(world, law=law, replicates=8, budgets={"weak": 3000})
    policy = learner.run(oracle)
    assert not policy.finished.any()
    assert (oracle.ledger.compute <= 3000).all()
    assert np.isfinite(exact.gap(world, policy)).all()
    nothing = oracles.open(world, law=law, replicates=3, budgets={"weak": 0})
    policy = learner.run(nothing)
    np.testing.assert_allclose(exact.gap(world, policy), exact.gap(world, Base())[0], rtol=1e-9)
    with pytest.raises(BudgetExceeded):
        learner.run(oracles.open(world, law=law, budgets={"weak": 3000}))


def test_a_coverage_below_the_true_one_is_counted_as_clipping():
    world = problem(beta=0.1)
    honest = Schedule.of(world.facts, eps=0.1, delta=0.25, explore_factor=0.05)
    lied = replace(honest, coverage=1.0, ratio_factor=0.05)
    for schedule, clips in ((honest, False), (lied, True)):
        policy = SpannerSampling(schedule=schedule).run(oracles.open(world, law="exact-law", replicates=8))
        assert bool(policy.clipped.any()) is clips


# --- the law of the policy ---------------------------------------------------------------------------------


def policy_of(world, sampler, radius=0.8):
    rng = np.random.default_rng(8)
    return TruncatedSoftmax(
        thetas=rng.normal(size=(1, 3, 2)) / 2,
        weights=np.array([[0.2, 0.0, 0.8]]),
        inverse=np.eye(2)[None],
        radius=radius,
        sampler=sampler,
    )


def naive_law(world, policy, x):
    """By the definition, response by response, with an ideal sampler."""
    law = np.zeros(world.base.shape[1])
    for theta, weight in zip(policy.thetas[0], policy.weights[0], strict=True):
        for anchor, anchor_mass in enumerate(world.base[x]):
            relative = world.features[x] - world.features[x, anchor]
            score = np.where(np.linalg.norm(relative, axis=-1) <= policy.radius, relative @ theta, 0.0)
            tilted = world.base[x] * np.exp(score / world.beta)
            law += weight * anchor_mass * tilted / tilted.sum()
    return law


def law_at(world, policy):
    atoms: Atoms = world.atoms(np.arange(2)[None])
    return np.exp(policy.log_law(atoms, world.beta))[0]


def test_the_law_is_the_mixture_over_estimates_and_anchors():
    world = problem()
    policy = policy_of(world, None)
    for x in (0, 1):
        np.testing.assert_allclose(law_at(world, policy)[x], naive_law(world, policy, x), rtol=1e-12)
    patient = SoftmaxSampler(ratio=200.0, normaliser=10**6, tries=10**6)
    np.testing.assert_allclose(law_at(world, policy_of(world, patient)), law_at(world, policy), rtol=1e-12)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("sampler", "off"),
    [
        (SoftmaxSampler(ratio=60.0, normaliser=800, tries=600), 0.0),
        (SoftmaxSampler(ratio=60.0, normaliser=800, tries=40), 0.0),
        (SoftmaxSampler(ratio=1.5, normaliser=400, tries=30), 3e-3),
    ],
)
def test_what_is_sampled_follows_the_law(law, sampler, off):
    world = problem()
    rows = 1500
    shared = policy_of(world, sampler)
    policy = replace(
        shared,
        thetas=np.repeat(shared.thetas, rows, axis=0),
        weights=np.repeat(shared.weights, rows, axis=0),
        inverse=np.repeat(shared.inverse, rows, axis=0),
    )
    oracle = oracles.open(world, law=law, replicates=rows)
    ctx = oracle.prompt()
    drawn = policy.sample(oracle, ctx)
    assert drawn.served.all()
    assert (oracle.ledger.compute >= 1 + sampler.normaliser).all()
    for x in (0, 1):
        here = drawn.response[ctx.prompts == x]
        frequency = np.bincount(here, minlength=6) / here.size
        expected = law_at(world, shared)[x]
        assert (np.abs(frequency - expected) <= 5 * np.sqrt(expected / here.size) + off).all()


@pytest.mark.parametrize("law", LAWS)
def test_each_estimate_answers_as_often_as_it_weighs(law):
    world, rows = problem(), 1500
    # One estimate wants what the other avoids.
    policy = TruncatedSoftmax(
        thetas=np.tile([[[3.0, 0.0], [-3.0, 0.0]]], (rows, 1, 1)),
        weights=np.tile([[1.0, 4.0]], (rows, 1)),
        inverse=None,
        radius=math.inf,
        sampler=SoftmaxSampler(ratio=60.0, normaliser=800, tries=600),
    )
    oracle = oracles.open(world, law=law, replicates=rows)
    ctx = oracle.prompt()
    drawn = policy.sample(oracle, ctx)
    for x in (0, 1):
        tilts = world.base[x] * np.exp(np.array([[3.0], [-3.0]]) * world.features[x, :, 0] / world.beta)
        expected = np.array([0.2, 0.8]) @ (tilts / tilts.sum(axis=-1, keepdims=True))
        here = drawn.response[ctx.prompts == x]
        frequency = np.bincount(here, minlength=6) / here.size
        assert (np.abs(frequency - expected) <= 5 * np.sqrt(expected / here.size)).all()


def test_policies_that_make_no_sense():
    with pytest.raises(InvalidProblem, match="weights must be non-negative with a positive sum"):
        TruncatedSoftmax(
            thetas=np.zeros((2, 1, 2)), weights=np.zeros((2, 1)), inverse=None, radius=math.inf, sampler=None
        )
    sound = {"thetas": np.zeros((2, 1, 2)), "weights": np.ones((2, 1)), "inverse": None, "radius": math.inf}
    for changes, message in (
        ({"weights": [[np.nan], [1.0]]}, "weights must be finite"),
        ({"thetas": np.full((2, 1, 2), np.nan)}, "thetas must be finite"),
        ({"radius": 1.0}, "radius must be positive, and infinite exactly if inverse is None"),
        ({"radius": np.nan}, "radius must be positive, and infinite exactly if inverse is None"),
        ({"inverse": np.full((2, 2, 2), np.nan), "radius": 1.0}, "inverse must be finite"),
        ({"inverse": np.zeros((1, 2, 2)), "radius": 1.0}, "inverse must have shape"),
    ):
        with pytest.raises(InvalidProblem, match=message):
            TruncatedSoftmax(**{**sound, **changes}, sampler=None)
    world = problem()
    oracle = oracles.open(world)
    with pytest.raises(InvalidProblem, match="sampler must be given for a policy that is run"):
        policy_of(world, None).sample(oracle, oracle.prompt())

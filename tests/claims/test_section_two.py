"""Theorem 2.1 and its lemmas on their own instance: the numbers of the claims, each found a second way."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from explore_theory import exact, oracles
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Evidence, Trial
from explore_theory.harness.verdicts.summary import summarise
from explore_theory.harness.verdicts.verdict import Status, combine, decide, moved
from explore_theory.policies import Base, Mixture, PointMass
from explore_theory.problems import BlankNeedle, TabularProblem
from proofs_checks.coverage_lower_bound import blank_game, blank_hunts, cut_calls
from proofs_checks.coverage_lower_bound import le1_blind_output as le1
from proofs_checks.coverage_lower_bound import le2_cut_call as le2
from proofs_checks.coverage_lower_bound import t21_necessity_of_coverage as t21
from proofs_checks.coverage_lower_bound.strong_calls import Point

CLAIMS = {module.CLAIM.id: module.CLAIM for module in (le1, le2, t21)}
PROVED = [(c.id, k.slug) for c in CLAIMS.values() for k in c.checks if k.evidence is not Evidence.STATISTICAL]
#: ``e^{1/beta} = 16``, so that ``e^{1/(4 beta)} = 2``.
BETA = 1 / math.log(16)


def verdicts(check, relation, cases=()):
    for case in check.cases_at("quick"):
        if not cases or case.slug in cases:
            world = check.instance(Trial(case=case, streams=Streams(("test",), range(1))))
            summary = summarise(check.measure(world), check.bound(world), check.reading)
            yield case, summary, decide(summary, relation, check.resolution)


@pytest.mark.parametrize(("name", "slug"), PROVED)
def test_each_proved_check_holds_and_its_tight_cases_break(name, slug):
    check = CLAIMS[name].check(slug)
    relation = CLAIMS[name].relation_of(check)
    for case, summary, verdict in verdicts(check, relation):
        assert verdict.status is Status.HOLDS, case.slug
        if case.tight:
            assert moved(summary, relation, check.resolution, 1.05).status is Status.REFUTED, case.slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [(c.id, v.slug) for c in CLAIMS.values() for v in c.false_variants if (c.id, v.check) in PROVED],
)
def test_what_is_false_is_refuted(name, slug):
    claim = CLAIMS[name]
    (variant,) = (v for v in claim.false_variants if v.slug == slug)
    check, relation = claim.variant_check(variant)
    found = combine(verdict for _, _, verdict in verdicts(check, relation, variant.cases))
    assert found.status is Status.REFUTED


@pytest.mark.parametrize(("name", "form"), [(c.id, f) for c in CLAIMS.values() for f in c.printed])
def test_printed_forms_get_their_verdicts(name, form):
    relation = CLAIMS[name].relation_of(form.check)
    expected = Status.HOLDS if form.holds else Status.REFUTED
    assert {verdict.status for _, _, verdict in verdicts(form.check, relation)} == {expected}


# --- LE1 ---------------------------------------------------------------------------------------------------


def worlds(responses, coverage, beta=BETA):
    """Every needle once."""
    needles = list(range(1, responses))
    return BlankNeedle(
        responses=responses,
        coverage=coverage,
        dimension=1,
        beta=beta,
        needles=needles,
        directions=[[1.0]] * len(needles),
    )


def test_the_optimal_policy_of_one_world_succeeds_there_alone():
    problem = worlds(6, 4.0)
    q = problem.optimal_mass
    named = Mixture([q, 1 - q], (PointMass([2] * 5), PointMass([0] * 5)))
    gaps = exact.gap(problem, named)
    assert gaps[1] == pytest.approx(0, abs=1e-14)
    assert np.isinf(np.delete(gaps, 1)).all()


@pytest.mark.parametrize(("odds", "succeeds"), [(16, True), (15, False)])
def test_the_blank_succeeds_from_where_the_condition_fails(odds, succeeds):
    # e0/(1 - e0) = 1/odds against (2 - 1)/16; a hair's breadth off the edge, for rounding.
    gaps = exact.gap(worlds(5, 1 + odds * (1 + 1e-9)), PointMass([0] * 4))
    assert np.all(gaps == gaps[0])
    assert (gaps[0] <= 0.25) == succeeds


@pytest.mark.parametrize("needles", [1, 3, 8])
def test_two_needles_are_one_too_many(needles):
    problem = worlds(needles + 1, 4.0)
    everyone = tuple(PointMass([y] * needles) for y in range(needles + 1))
    gaps = exact.gap(problem, Mixture(np.full(needles + 1, 1 / (needles + 1)), everyone))
    assert np.isinf(gaps).all() == (needles > 1)


# --- LE2 ---------------------------------------------------------------------------------------------------


def coordinate(dimension, count=400_000):
    """Draws of ``u_1``, both signs of each."""
    normal = np.random.default_rng(5).normal(size=count)
    rest = np.random.default_rng(6).chisquare(dimension - 1, size=count) if dimension > 1 else 0
    drawn = normal / np.sqrt(normal**2 + rest)
    return np.concatenate([drawn, -drawn])


def hit(inner, coverage, beta):
    return 1 / (1 + (coverage - 1) * np.exp(-inner / beta))


@pytest.mark.parametrize(
    ("dimension", "coverage", "beta"), [(2, 50.0, 0.2), (10, 8.0, 0.3), (100, 20.0, 0.15), (1, 3.0, 0.5)]
)
def test_calls_by_simulation(dimension, coverage, beta):
    u = coordinate(dimension)
    plain, cut = hit(u, coverage, beta).mean(), hit(np.maximum(u, 0), coverage, beta).mean()
    a, mu = coverage - 1, np.exp(u / beta).mean()
    assert plain <= cut_calls.jensen(a, mu) * (1 + 1e-9)
    assert 1 / coverage <= plain <= cut <= plain + 1 / (2 * coverage)
    lo, hi = cut_calls._cut(Point(dimension, coverage, beta))
    assert lo * 0.99 <= cut <= hi * 1.01


def test_the_constant_by_scanning():
    x = np.linspace(math.log(2), 60, 400_000)
    scanned = np.exp(x) * cut_calls.jensen(np.expm1(x), np.exp(1 / (4 * x)))
    assert 1.0815 < scanned.max() < float(cut_calls.CONSTANT)
    # In the limit of many dimensions u_1/beta is normal, with variance 1/(2 x): the constant is needed there.
    z, w = np.polynomial.hermite_e.hermegauss(100)
    called = hit(z / math.sqrt(4.5), math.exp(2.25), 1.0)
    assert math.exp(2.25) * (w @ called) / w.sum() == pytest.approx(1.0777, abs=1e-4)


# --- T21 ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FirstFeature:
    """Draw from the base policy, `draws` times at most; return the first response with a feature, else 0."""

    draws: int

    @property
    def named(self):
        return np.empty((1, 0), dtype=np.int64)

    def log_law(self, atoms, beta):
        featured = (atoms.features != 0).any(axis=-1)
        miss = np.where(featured, 0, np.exp(atoms.log_mass)).sum(axis=-1, keepdims=True)
        with np.errstate(divide="ignore"):
            found = np.log1p(-(miss**self.draws)) + atoms.log_mass - np.log1p(-miss)
            return np.where(featured, found, atoms.log_mass + (self.draws - 1) * np.log(miss))


@dataclass(frozen=True)
class Lazy:
    """A learner without a query."""

    draws: int
    proper: bool = False

    def run(self, oracle):
        return FirstFeature(self.draws)


@pytest.mark.parametrize("draws", [1, 2, 5])
def test_a_learner_without_a_query_succeeds_in_every_world(draws):
    problem = worlds(3, 4.0)
    oracle = oracles.open(problem, law="exact-law", replicates=2)
    gaps = exact.gap(problem, Lazy(draws).run(oracle))
    assert oracle.ledger.data.max() == oracle.ledger.compute.max() == 0
    # By hand: beta kl(p || 16/19), p = 1 - (3/4)^draws.
    p, q = 1 - 0.75**draws, 16 / 19
    by_hand = BETA * (p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)))
    np.testing.assert_allclose(gaps, by_hand, rtol=1e-9)
    # One draw is the base policy, and not enough.
    assert (by_hand <= 0.25) == (draws > 1)


def test_the_counter_example_is_what_the_claim_prints():
    (form,) = (f for f in t21.CLAIM.printed if f.slug == "training-calls-alone")
    ((case, _, _),) = verdicts(form.check, ">=")
    measured = form.check.measure(Trial(case=case, streams=Streams(("test",), range(1))))
    assert float(measured.hi[0]) == pytest.approx(0.00762, abs=1e-5)
    assert dict(measured.witness(0))["pi(y*)"] == "781/1024"


@pytest.mark.parametrize("beta", [0.5, 0.7, 1.0, 4.0])
def test_warm_base_policies_succeed_with_no_query(beta):
    for coverage in (2.0, 5.0, 100.0):
        e0 = max(1 / coverage, math.exp(-1 / (2 * beta)))
        gap = exact.gap(worlds(9, 1 / e0, beta), Base())
        assert gap.max() <= 1 / (8 * beta) <= 0.25


@pytest.mark.parametrize(("dimension", "coverage", "beta"), [(1, 5.0, 0.3), (3, 20.0, 0.2), (8, 4.0, 0.4)])
def test_no_sequence_misses_less_than_the_rate_allows(dimension, coverage, beta):
    rng = np.random.default_rng(7)
    u = rng.normal(size=(20_000, dimension))
    u = np.concatenate([u, -u]) / np.linalg.norm(np.concatenate([u, -u]), axis=1, keepdims=True)
    bound = float(blank_game.rate(coverage, dimension, beta))
    for calls in (1, 2, 5):
        for _ in range(20):
            theta = rng.normal(size=(calls, dimension))
            theta *= rng.choice([0.5, 1.0], size=(calls, 1)) / np.linalg.norm(theta, axis=1, keepdims=True)
            missed = np.prod(1 - hit(u @ theta.T, coverage, beta), axis=1).mean()
            assert missed >= math.exp(-calls * bound) * 0.99


def test_the_published_form_over_a_grid():
    # The least T by (1), at Y = 9 and one reward query, over the published minimum.
    least = math.inf
    for x in np.geomspace(0.13, 100, 400):
        for coverage in np.geomspace(2, 1e12, 200):
            a, mu = coverage - 1, math.exp(1 / (4 * x))
            rate = 0.5 * math.log1p(2 * mu / a + 1 / a**2)
            least = min(least, math.log(3) / rate / min(coverage, math.exp(min(x, 700))))
    assert 0.694 < least < 0.72


def test_two_draws_attain_the_upper_end_of_the_constant():
    # Y = 9: one name and a guess leave six of eight needles.
    assert Fraction(6, 8) * (1 - Fraction(25, 59)) ** 2 < Fraction(1, 4)
    assert abs(2 / (59 / 25) - 0.8475) < 1e-4


def test_calls_that_are_too_few():
    # C = 100, beta^2 d large: log 4 / log(1/(1 - 1/100)) = 137.9.
    assert blank_hunts.too_few(10**18, 100.0, 10**6, 0.1, 0) == 137
    assert blank_hunts.too_few(9, 100.0, 10**6, 0.1, 1) == 109


def test_the_least_mass_that_succeeds():
    from explore_theory.certify.balls import ball, precision

    with precision(128):
        low, high = blank_game.least_mass(Fraction(1, 100), ball(Fraction(1, 10)), Fraction(1, 4))
    assert 0 < high - low < Fraction(1, 10**9)
    # beta log C = .46: above 1 - (1/4 + .1 log 2)/(1 - .46).
    assert 1 - (0.25 + 0.1 * math.log(2)) / (1 - 0.1 * math.log(100)) < float(low) < 0.55


@pytest.mark.parametrize("eps", [0.1, 0.25, 0.5])
def test_no_problem_needs_a_larger_exponent(eps):
    # Rewards in [0, 1]: the base policy succeeds, or coverage is below e^{(1 - eps)/beta}.
    rng = np.random.default_rng(11)
    succeeded = 0
    for _ in range(100):
        base = rng.dirichlet(np.full(5, 0.1))[None] + 1e-9
        beta = float(rng.uniform(0.02, 0.2))
        problem = TabularProblem(
            prompt_mass=[1.0],
            base=base / base.sum(),
            features=np.zeros((1, 5, 1)),
            reward=rng.uniform(size=(1, 5)),
            beta=beta,
        )
        good = exact.gap(problem, Base())[0] <= eps
        succeeded += good
        assert good or exact.log_coverage(problem)[0] <= (1 - eps) / beta
    assert 0 < succeeded < 100

"""Exact evaluation against 50 digits, and the identities the definitions imply."""

import subprocess
import sys

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory import exact
from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.policies import Base, Mixture, PointMass, Softmax, Tabular
from explore_theory.problems import HiddenNeedle, TabularProblem


def problem_of(rng, *, prompts=2, responses=4, beta=0.1, smallest=1e-12, scale=1.0, d=3):
    features = rng.normal(size=(prompts, responses, d))
    features /= np.maximum(1, np.linalg.norm(features, axis=-1, keepdims=True))
    log_base = rng.uniform(np.log(smallest), 0, size=(prompts, responses))
    base = np.exp(log_base - log_base.max(axis=-1, keepdims=True))
    return TabularProblem(
        prompt_mass=rng.dirichlet(np.ones(prompts)),
        base=base / base.sum(axis=-1, keepdims=True),
        features=features,
        reward=rng.uniform(0, scale, size=(prompts, responses)),
        beta=beta,
    )


def random_policy(rng, problem, rows=None):
    shape = problem.base.shape if rows is None else (rows, *problem.base.shape)
    return Tabular(laws.log_normalise(rng.normal(size=shape) * 5))


seeds = st.integers(0, 2**32)
betas = st.sampled_from([1e-3, 0.05, 1.0, 10.0])


def high_precision(problem, policy):
    """J(pi), J(pi*), the soft value, C_cov and E_x KL(pi || pi*), each from its definition to 50 digits."""
    rho, beta = [mp.mpf(float(m)) for m in problem.prompt_mass], mp.mpf(problem.beta)
    j = best = soft = divergence = mp.mpf(0)
    coverage = mp.mpf(0)
    for x, mass in enumerate(rho):
        base = [mp.mpf(float(p)) for p in problem.base[x]]
        base = [p / mp.fsum(base) for p in base]
        pi = [mp.exp(mp.mpf(float(v))) for v in policy.log_probs[x]]
        pi = [p / mp.fsum(pi) for p in pi]
        reward = [mp.mpf(float(r)) for r in problem.reward[x]]
        tilt = [p * mp.exp(r / beta) for p, r in zip(base, reward, strict=True)]
        star = [t / mp.fsum(tilt) for t in tilt]

        def value(law, base=base, reward=reward):
            return mp.fsum(p * (r - beta * mp.log(p / b)) for p, r, b in zip(law, reward, base, strict=True))

        j, best = j + mass * value(pi), best + mass * value(star)
        soft += mass * beta * mp.log(mp.fsum(tilt))
        coverage = max([coverage, *(s / b for s, b in zip(star, base, strict=True))])
        divergence += mass * mp.fsum(p * mp.log(p / s) for p, s in zip(pi, star, strict=True))
    return j, best, soft, coverage, divergence


@settings(max_examples=40)
@given(seeds, betas)
def test_everything_agrees_with_fifty_digits(seed, beta):
    rng = np.random.default_rng(seed)
    problem = problem_of(rng, beta=beta)
    policy = random_policy(rng, problem)
    with mp.workdps(50):
        j, best, soft, coverage, divergence = high_precision(problem, policy)
    size = 1 + beta * 60
    assert exact.objective(problem, policy)[0] == pytest.approx(float(j), abs=1e-14 * size)
    assert exact.optimal_objective(problem)[0] == pytest.approx(float(best), abs=1e-14 * size)
    assert exact.soft_value(problem)[0] == pytest.approx(float(soft), abs=1e-14 * size)
    assert exact.gap(problem, policy)[0] == pytest.approx(float(best - j), abs=1e-14 * size)
    assert exact.log_coverage(problem)[0] == pytest.approx(
        float(mp.log(coverage)), abs=1e-13 * (1 + 1 / beta)
    )
    assert exact.kl(problem, policy, exact.optimal_policy(problem))[0] == pytest.approx(
        float(divergence), rel=1e-12
    )


@settings(max_examples=50)
@given(seeds, betas)
def test_no_policy_beats_the_optimal_one(seed, beta):
    rng = np.random.default_rng(seed)
    problem = problem_of(rng, beta=beta, responses=6)
    size = 1e-14 * (1 + 60 * beta)
    for policy in (random_policy(rng, problem, 5), Base(), Softmax(rng.normal(size=(4, 3))), PointMass(2)):
        assert (exact.gap(problem, policy) >= -size).all()
    assert abs(exact.gap(problem, exact.optimal_policy(problem))[0]) <= size


@settings(max_examples=30)
@given(seeds, betas)
def test_the_objective_is_the_average_over_prompts(seed, beta):
    rng = np.random.default_rng(seed)
    problem = problem_of(rng, prompts=3, beta=beta)
    policy = random_policy(rng, problem)
    alone = [
        TabularProblem(
            prompt_mass=[1.0], base=problem.base[[x]], features=problem.features[[x]],
            reward=problem.reward[[x]], beta=beta,
        )
        for x in range(3)
    ]  # fmt: skip
    for quantity in (exact.objective, exact.gap):
        parts = [float(quantity(p, Tabular(policy.log_probs[[x]]))[0]) for x, p in enumerate(alone)]
        average = float(problem.prompt_mass @ parts)
        assert quantity(problem, policy)[0] == pytest.approx(average, rel=1e-12, abs=1e-13)
    assert exact.coverage(problem)[0] == pytest.approx(max(exact.coverage(p)[0] for p in alone), rel=1e-12)


def test_small_beta_does_not_overflow():
    problem = problem_of(np.random.default_rng(1), beta=1e-3)
    assert np.isfinite(exact.log_coverage(problem)).all()
    wide = TabularProblem(
        prompt_mass=[1.0], base=[[0.5, 0.5]], features=np.zeros((1, 2, 1)), reward=[[0.0, 1.0]], beta=1e-3
    )
    rare = HiddenNeedle.draw(responses=10**18, coverage=1e300, dimension=1, beta=1e-3)
    assert exact.coverage(wide)[0] == pytest.approx(2)
    assert exact.log_coverage(rare)[0] == pytest.approx(np.log(1e300))
    assert exact.coverage(rare, PointMass(rare.needles))[0] == pytest.approx(1e300)


def test_coverage_beyond_the_largest_double_is_infinite_and_its_logarithm_is_not():
    problem = TabularProblem(
        prompt_mass=[1.0],
        log_base=[[-744.25, 0.0]],
        features=np.zeros((1, 2, 1)),
        reward=[[0.0, 1.0]],
        beta=1e-3,
    )
    assert exact.coverage(problem, PointMass(0))[0] == np.inf
    assert exact.log_coverage(problem, PointMass(0))[0] == 744.25


def test_a_policy_off_the_support_has_infinite_gap_and_coverage():
    problem = TabularProblem(
        prompt_mass=[1.0], base=[[0.0, 1.0]], features=np.zeros((1, 2, 1)), reward=[[5.0, 1.0]], beta=0.1
    )
    assert exact.gap(problem, PointMass(0))[0] == np.inf
    assert exact.objective(problem, PointMass(0))[0] == -np.inf
    assert exact.coverage(problem, PointMass(0))[0] == np.inf
    # The optimal policy stays on the support although the reward is larger off it.
    assert exact.coverage(problem)[0] == 1
    assert exact.gap(problem, PointMass(1))[0] == 0


def test_prompts_of_mass_zero_do_not_count():
    problem = TabularProblem(
        prompt_mass=[1.0, 0.0], base=[[0.5, 0.5], [0.0, 1.0]], features=np.zeros((2, 2, 1)),
        reward=[[0.0, 0.0], [0.0, 9.0]], beta=0.1,
    )  # fmt: skip
    assert exact.gap(problem, PointMass(0))[0] == pytest.approx(0.1 * np.log(2))
    assert exact.coverage(problem, PointMass(0))[0] == pytest.approx(2)


def test_softmax_at_theta_star_is_optimal():
    rng = np.random.default_rng(3)
    features = rng.normal(size=(2, 5, 3)) / 4
    theta = np.array([0.5, -0.5, 0.2])
    problem = TabularProblem(
        prompt_mass=[0.5, 0.5], base=rng.dirichlet(np.ones(5), 2), features=features / 2,
        reward=features @ theta / 2 + 7, beta=0.05, theta_star=theta, parameter_radius=1.0,
    )  # fmt: skip
    gaps = exact.gap(problem, Softmax(np.stack([theta, -theta])))
    assert gaps.shape == (2,)
    assert abs(gaps[0]) < 1e-13
    assert gaps[1] > 0.01


def test_replicates_are_evaluated_as_if_alone():
    rng = np.random.default_rng(4)
    problem = problem_of(rng)
    theta, tables = rng.normal(size=(7, 3)), random_policy(rng, problem, 7).log_probs
    mixture = Mixture(rng.dirichlet(np.ones(3), 7), (Softmax(theta), Tabular(tables), Base()))
    together = exact.gap(problem, mixture)
    for r in range(7):
        alone = Mixture(mixture.weights[r], (Softmax(theta[r]), Tabular(tables[r]), Base()))
        assert exact.gap(problem, alone)[0] == together[r]


def test_a_mixture_is_the_average_of_its_components():
    rng = np.random.default_rng(5)
    problem = problem_of(rng)
    parts = (random_policy(rng, problem), PointMass(1), Base())
    weights = np.array([0.5, 0.2, 0.3])
    law = weights @ np.stack(
        [np.exp(parts[0].log_probs), np.broadcast_to(np.eye(4)[1], (2, 4)), problem.base]
    ).reshape(3, -1)
    mixed = Tabular(np.log(law.reshape(2, 4)))
    np.testing.assert_allclose(
        exact.objective(problem, Mixture(weights, parts)), exact.objective(problem, mixed), rtol=1e-12
    )


def test_a_mixture_of_point_masses_on_the_needle_problem():
    problem = HiddenNeedle.draw(responses=10**18, coverage=100, dimension=2, beta=0.2, worlds=3)
    policy = Mixture([0.5, 0.25, 0.25], (PointMass(problem.needles), PointMass(7), PointMass(7)))
    kl = 0.5 * np.log(0.5 * 100) + 0.5 * np.log(0.5 * (10**18 - 1) / 0.99)
    np.testing.assert_allclose(exact.objective(problem, policy), 0.5 - 0.2 * kl, rtol=1e-12)


def test_a_policy_is_not_shown_the_rewards_when_it_is_evaluated():
    class Cheat:
        named = np.empty((1, 0), dtype=np.int64)

        def log_law(self, atoms, beta):
            assert np.isnan(atoms.reward).all()
            return atoms.log_mass

    problem = problem_of(np.random.default_rng(6))
    assert exact.gap(problem, Cheat())[0] == exact.gap(problem, Base())[0]


PROBLEM = problem_of(np.random.default_rng(7))
NEEDLE = HiddenNeedle.draw(responses=10, coverage=4.0, dimension=2, beta=0.5, worlds=3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Softmax([np.nan]), "theta must be finite, got theta[0]=nan"),
        (lambda: Softmax(0.3), "theta must have shape (any)"),
        (lambda: Tabular([0.0]), "log_probs must have shape [X, N] or [R, X, N]"),
        (lambda: Tabular([[np.nan, 0.0]]), "log_probs must hold logarithms of probabilities"),
        (lambda: Tabular([[0.5, 0.5]]), "log_probs must hold logarithms of probabilities"),
        (lambda: Tabular([[-1.0, -1.0]]), "log_probs must have rows whose probabilities sum to one"),
        (lambda: Tabular([[-np.inf, -np.inf]]), "log_probs must have rows whose probabilities sum to one"),
        (lambda: PointMass(-1), "response must lie in [0, 9223372036854775807], got response=-1"),
        (lambda: PointMass(0.5), "response must be whole numbers"),
        (lambda: PointMass([[0]]), "response must be an index or one per replicate"),
        (lambda: Mixture([0.5, 0.6], (Base(), Base())), "weights must sum to one"),
        (lambda: Mixture([1.0], (Base(), Base())), "weights must have shape (2)"),
        (lambda: exact.gap(PROBLEM, Softmax([0.1])), "theta must have 3 coordinates"),
        (lambda: exact.gap(PROBLEM, PointMass(4)), "response must be one of the problem's responses"),
        (lambda: exact.gap(NEEDLE, PointMass(10)), "response must be one of the problem's responses"),
        (lambda: exact.gap(PROBLEM, Tabular([[0.0]])), "log_probs must have one column for each enumerated"),
        (lambda: exact.gap(PROBLEM, Tabular(np.log(np.full((1, 4), 0.25)))), "log_probs must have one row"),
        (lambda: exact.gap(NEEDLE, Softmax(np.zeros((2, 2)))), "theta must have one row per replicate (3)"),
        (lambda: exact.gap(NEEDLE, PointMass([1, 2])), "policy must have one row per world of the"),
        (lambda: exact.kl(PROBLEM, PointMass([1, 2]), PointMass([1, 2, 3])), "policies must have one number"),
        (lambda: exact.optimal_policy(NEEDLE), "problem must enumerate its responses"),
    ],
)  # fmt: skip
def test_bad_calls(call, message):
    with pytest.raises(InvalidProblem) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize("first", ["exact", "problems", "oracles", "policies"])
def test_imports_are_light_in_any_order(first):
    code = (
        f"import explore_theory.{first}, sys; import explore_theory.problems, explore_theory.oracles, "
        "explore_theory.exact; print([m for m in ('scipy', 'sympy', 'cvxpy', 'flint') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

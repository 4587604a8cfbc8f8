"""The soft dynamic programme against sums over all responses, prefix by prefix."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.exact import soft_dynamics
from explore_theory.foundation import laws
from explore_theory.problems.autoregressive import (
    AutoregressiveProblem,
    Layer,
    product_problem,
    random_markov_problem,
)


@st.composite
def problems(draw):
    """Random automata with zeros in the base policy, several prompts and states."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    horizon, tokens = draw(st.integers(1, 4)), draw(st.integers(2, 3))
    states = rng.integers(1, 4, size=horizon + 1)
    layers = []
    for h in range(horizon):
        base = rng.dirichlet(np.full(tokens, 0.5), size=states[h])
        base[rng.uniform(size=base.shape) < 0.2] = 0
        base = np.where(base.sum(axis=-1, keepdims=True) > 0, base, 1.0)
        layers.append(
            Layer(
                base=base / base.sum(axis=-1, keepdims=True),
                reward=rng.normal(size=(states[h], tokens)),
                features=np.zeros((states[h], tokens, 1)),
                next=rng.integers(0, states[h + 1], size=(states[h], tokens)),
            )
        )
    prompts = int(rng.integers(1, 4))
    mass = rng.dirichlet(np.ones(prompts))
    # Some prompts are never drawn, and count for nothing.
    mass[1:][rng.uniform(size=prompts - 1) < 0.3] = 0.0
    return AutoregressiveProblem(
        prompt_mass=mass / mass.sum(),
        start=rng.integers(0, states[0], size=prompts),
        layers=tuple(layers),
        beta=draw(st.sampled_from([0.05, 1.0])),
    )


def random_policy(problem, seed, *lead):
    rng = np.random.default_rng(seed)
    return tuple(
        laws.log_normalise(np.where(layer.base > 0, 2 * rng.normal(size=(*lead, *layer.base.shape)), -np.inf))
        for layer in problem.layers
    )


def responses(problem, prompt, policy):
    """Every response with base probability, probability under `policy` and reward, walked token by token."""
    for tokens in itertools.product(range(problem.vocabulary), repeat=problem.horizon):
        state, base, mass, reward, path = int(problem.start[prompt]), 1.0, 1.0, 0.0, []
        for layer, table, token in zip(problem.layers, policy, tokens, strict=True):
            path.append(state)
            base *= layer.base[state, token]
            mass *= math.exp(table[state, token])
            reward += layer.reward[state, token]
            state = int(layer.next[state, token])
        yield tokens, path, base, mass, reward


@settings(max_examples=40)
@given(problems(), st.integers(0, 2**32))
def test_everything_agrees_with_sums_over_responses(problem, seed):
    policy = random_policy(problem, seed)
    beta, best = problem.beta, soft_dynamics.optimum(problem)
    j = best_j = coverage = 0.0
    occupancy = [np.zeros(layer.states) for layer in problem.layers]
    for x, rho in enumerate(problem.prompt_mass):
        rows = list(responses(problem, x, policy))
        z = sum(base * math.exp(reward / beta) for _, _, base, _, reward in rows)
        best_j += rho * beta * math.log(z)
        assert best.value[0][problem.start[x]] == pytest.approx(beta * math.log(z), abs=1e-9)
        for tokens, path, base, mass, reward in rows:
            if base == 0:
                continue
            if mass > 0:
                j += rho * mass * (reward - beta * math.log(mass / base))
            if rho > 0:
                coverage = max(coverage, math.exp(reward / beta) / z)
            star = base * math.exp(reward / beta) / z
            chain = sum(best.log_policy[h][s, a] for h, (s, a) in enumerate(zip(path, tokens, strict=True)))
            assert chain == pytest.approx(math.log(star), abs=1e-9)
            for h, s in enumerate(path):
                occupancy[h][s] += rho * mass
    assert soft_dynamics.objective(problem, policy) == pytest.approx(j, abs=1e-9)
    assert soft_dynamics.gap(problem, policy) == pytest.approx(best_j - j, abs=1e-9)
    assert soft_dynamics.log_coverage(problem) == pytest.approx(math.log(coverage), abs=1e-9)
    assert soft_dynamics.token_divergences(problem, policy).sum() == pytest.approx(best_j - j, abs=1e-9)
    for h, log_mass in enumerate(soft_dynamics.occupancies(problem, policy)):
        assert np.exp(log_mass) == pytest.approx(occupancy[h], abs=1e-12)
        here = soft_dynamics.reachable(problem)[h]
        assert np.all(here | (occupancy[h] == 0))


@settings(max_examples=20)
@given(problems(), st.integers(0, 2**32))
def test_conditional_coverage_is_the_largest_token_ratio_over_prefixes(problem, seed):
    policy = random_policy(problem, seed)
    largest = 0.0
    for x in range(problem.start.size):
        for tokens, path, base, _, _ in responses(problem, x, policy):
            if base > 0 and problem.prompt_mass[x] > 0:
                largest = max(
                    largest,
                    *(
                        math.exp(policy[h][s, a]) / problem.layers[h].base[s, a]
                        for h, (s, a) in enumerate(zip(path, tokens, strict=True))
                    ),
                )
    found = soft_dynamics.log_conditional_coverage(problem, policy)
    assert float(found) == pytest.approx(math.log(largest), abs=1e-9)
    assert soft_dynamics.uncovered_prefix(problem, policy) is None


@settings(max_examples=20)
@given(problems(), st.integers(0, 2**32))
def test_replicates_are_computed_as_if_alone(problem, seed):
    policy = random_policy(problem, seed, 3)
    for quantity in (
        soft_dynamics.objective,
        soft_dynamics.log_coverage,
        soft_dynamics.log_conditional_coverage,
        soft_dynamics.token_divergences,
    ):
        together = quantity(problem, policy)
        for r in range(3):
            assert np.array_equal(together[r], quantity(problem, tuple(table[r] for table in policy)))


def test_leaving_the_support_of_the_base_policy_has_a_witness():
    base = np.array([[0.5, 0.5], [1.0, 0.0]])
    layer = Layer(
        base=base, reward=np.zeros((2, 2)), features=np.zeros((2, 2, 1)), next=np.array([[0, 1], [1, 1]])
    )
    problem = AutoregressiveProblem(prompt_mass=[1.0], start=np.array([0]), layers=(layer,) * 3, beta=1.0)
    uniform = (np.full((2, 2), -math.log(2)),) * 3
    assert soft_dynamics.uncovered_prefix(problem, uniform) == (0, (1, 1))
    assert soft_dynamics.log_coverage(problem, uniform) == np.inf
    assert soft_dynamics.log_conditional_coverage(problem, uniform) == np.inf
    assert soft_dynamics.gap(problem, uniform) == np.inf
    assert np.isfinite(soft_dynamics.log_coverage(problem))


def test_a_thousand_layers_keep_their_digits():
    problem = product_problem(horizon=1000, weight=0.01, beta=0.001)
    per_token = math.log(2 / (1 + math.exp(-10)))
    assert float(soft_dynamics.log_coverage(problem)) == pytest.approx(1000 * per_token, rel=1e-12)
    base = soft_dynamics.base_policy(problem)
    exact = 1000 * 0.001 * (math.log(math.cosh(5)))  # KL(uniform || sigmoid(10)) = log cosh 5
    assert float(soft_dynamics.gap(problem, base)) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[:-1], "policy must have one table per layer (3), got 2"),
        (lambda t: [t[0][:, :2], *t[1:]], "policy must have tables of the layer's shape (4, 4)"),
        (lambda t: [t[0] + 1, *t[1:]], "policy[0] must hold laws, got masses that sum to 2.718281828459"),
    ],
)
def test_what_is_not_a_policy_is_refused(change, message):
    problem = random_markov_problem(horizon=3, vocabulary=4, dimension=2, beta=0.2)
    with pytest.raises(InvalidProblem) as caught:
        soft_dynamics.checked(problem, change(list(soft_dynamics.base_policy(problem))))
    assert message in str(caught.value)

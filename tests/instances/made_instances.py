"""Problems and formulas of every kind, small, and comparisons of what is read back."""

import io

import numpy as np
import pytest
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.formulas import Clauses, Formula, MixedFormula
from explore_theory.problems import (
    DNF,
    AutoregressiveProblem,
    Bernoulli,
    Gaussian,
    NoNoise,
    TabularProblem,
    random_markov_problem,
    tree_problem,
)

TABULAR = ("prompt_mass", "base", "log_base", "reward", "features", "theta_star")
LAYER = ("base", "log_base", "reward", "features", "next")


def same_array(one, other):
    return (one is None and other is None) or np.array_equal(one, other)


def same(one, other):
    """Whether two problems or formulas are the same to the last bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, TabularProblem):
        scalars = ("beta", "parameter_radius", "coverage", "noise")
        return all(same_array(getattr(one, n), getattr(other, n)) for n in TABULAR) and all(
            getattr(one, n) == getattr(other, n) for n in scalars
        )
    if isinstance(one, AutoregressiveProblem):
        layers = all(
            same_array(getattr(a, n), getattr(b, n))
            for a, b in zip(one.layers, other.layers, strict=True)
            for n in LAYER
        )
        scalars = ("beta", "parameter_radius", "conditional_coverage", "noise")
        arrays = ("prompt_mass", "start", "theta")
        return (
            layers
            and all(same_array(getattr(one, n), getattr(other, n)) for n in arrays)
            and all(getattr(one, n) == getattr(other, n) for n in scalars)
        )
    if isinstance(one, DNF):
        return (
            one.eta == other.eta
            and one.noise == other.noise
            and same_array(one.assignment, other.assignment)
            and same(one.formula, other.formula)
        )
    if isinstance(one, Clauses) and not np.array_equal(one.always, other.always):
        return False
    return one.n == other.n and np.array_equal(one.table, other.table)


@st.composite
def tabular(draw):
    x, n, d = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    base = rng.dirichlet(np.ones(n), x)
    policy = {"base": base} if draw(st.booleans()) else {"log_base": np.log(base) - 0.0}
    if n > 1 and draw(st.booleans()):
        logs = np.log(base[:, 1:] / base[:, 1:].sum(axis=-1, keepdims=True))
        policy = {"log_base": np.concatenate([np.full((x, 1), -np.inf), logs], axis=1)}
    features = rng.normal(size=(x, n, d))
    features /= np.maximum(1, np.linalg.norm(features, axis=-1, keepdims=True))
    theta = rng.normal(size=d)
    told = {}
    if draw(st.booleans()):
        told = {"theta_star": theta, "parameter_radius": float(np.linalg.norm(theta)) + 0.5}
    noise = draw(st.sampled_from([NoNoise(), Gaussian(0.25)]))
    reward = features @ theta
    if draw(st.booleans()) and not told:
        noise, reward = Bernoulli(), rng.random((x, n))
    return TabularProblem(
        prompt_mass=rng.dirichlet(np.ones(x)),
        reward=reward,
        features=features,
        beta=draw(st.floats(1e-3, 10)),
        coverage=draw(st.sampled_from([None, 1e300])),
        noise=noise,
        **told,
        **policy,
    )


@st.composite
def tokens(draw):
    if draw(st.booleans()):
        return random_markov_problem(
            horizon=draw(st.integers(1, 4)),
            vocabulary=draw(st.integers(2, 3)),
            dimension=draw(st.integers(1, 3)),
            beta=draw(st.floats(0.05, 2)),
            seed=draw(st.integers(0, 1000)),
            noise=draw(st.sampled_from([NoNoise(), Gaussian(0.5)])),
        )
    h, a = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    logs = [np.log(rng.dirichlet(np.ones(a), a**k)) for k in range(h)]
    if a > 2:
        logs[0][:, 0] = -np.inf
        logs[0] -= np.log(np.exp(logs[0]).sum(axis=-1, keepdims=True))
    return tree_problem(log_base=logs, reward=rng.normal(size=a**h), beta=0.5)


@st.composite
def rows(draw, *, empty=False, contradictory=False):
    n = draw(st.integers(1, 8))
    literal = st.integers(1, n).flatmap(lambda v: st.sampled_from((v, -v)))
    unique = (lambda x: x) if contradictory else abs
    row = st.lists(literal, min_size=0 if empty else 1, max_size=6, unique_by=unique)
    return n, draw(st.lists(row, min_size=1, max_size=6))


@st.composite
def formulas(draw):
    if draw(st.booleans()):
        n, clauses = draw(rows(empty=True, contradictory=True))
        table = np.zeros((len(clauses), max(1, *map(len, clauses))), dtype=np.int64)
        for row, clause in zip(table, clauses, strict=True):
            row[: len(clause)] = clause
        return Clauses(table, n)
    n, terms = draw(rows())
    if len(set(map(len, terms))) == 1:
        return Formula(np.array(terms), n)
    return MixedFormula(terms, n)


@st.composite
def problems_of_terms(draw):
    n, terms = draw(rows())
    width = min(map(len, terms))
    formula = Formula(np.array([term[:width] for term in terms]), n)
    signs = draw(st.sampled_from([None, np.where(np.arange(n) % 2, 1, -1)]))
    return DNF(formula=formula, eta=draw(st.floats(0.05, 0.25)), assignment=signs)


#: Every kind, with the ends of names that say how it is written.
PACKED = ("", ".gz", ".bz2", ".xz")
FORMS = {
    "tabular": (tabular(), [".npz", *(f".json{end}" for end in PACKED)]),
    "tokens": (tokens(), [".npz", *(f".json{end}" for end in PACKED)]),
    "formula": (formulas(), [*(f".dnf{end}" for end in PACKED), ".cnf", ".json"]),
    "problem-of-terms": (problems_of_terms(), [".json", ".json.xz"]),
}


DNF_TEXT = b"p dnf 9 3\n1 -2 4 0\n3 -5 0\n-6 7 8 9 0\n"


def refusal(bring, content):
    with pytest.raises(InvalidProblem) as caught:
        bring(content)
    message = str(caught.value)
    assert "\n" not in message
    return message


def archive(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()

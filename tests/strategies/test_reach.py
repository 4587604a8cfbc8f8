"""Strategies reach what they say, and no further: an argument that is ignored leaves every draw valid."""

from fractions import Fraction

import numpy as np
import pytest

from explore_theory import strategies
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Trial
from explore_theory.strategies import Search

SIMPLE = (1.0, 0.5, 2.0, 0.1, 10.0, 0.01)


def draws(strategy, count=150):
    trial = Trial(case=Case(slug="one"), streams=Streams(("reach",), range(1), 0), tier="quick")
    return Search(strategy, each=count).draw(trial)


(PROBLEM,) = draws(strategies.tabular(3, dimension=2), 1)
(TREE,) = draws(strategies.trees(2), 1)


def norm(x):
    return float(np.linalg.norm(x))


def least_mass(tables):
    return min(float(np.exp(table).min()) for table in tables)


#: A strategy, what each draw has, and what some draw has.
REACH = {
    "vectors": (strategies.vectors((2, 3), radius=3.0), lambda x: norm(x) <= 3.01, lambda x: norm(x) > 2),
    "short vectors": (
        strategies.vectors(2, radius=0.1),
        lambda x: norm(x) <= 0.101,
        lambda x: norm(x) > 0.09,
    ),
    "betas": (
        strategies.betas(0.01, 100.0),
        lambda beta: 0.01 <= beta <= 100,
        lambda beta: beta > 12 and beta not in SIMPLE,
    ),
    "rationals": (
        strategies.rationals(7),
        lambda q: q.denominator <= 7,
        lambda q: q > Fraction(1, 2) and q < 1,
    ),
    "decades": (strategies.decades(-3, 2), lambda x: 1e-3 <= x <= 100, lambda x: x == 1e-3),
    "two prompts": (
        strategies.tabular(2, prompts=2),
        lambda p: p.base.shape == (2, 2),
        lambda p: p.prompt_mass[0] < 1e-3,
    ),
    "temperature": (
        strategies.tabular(2, beta=(3.0, 4.0)),
        lambda p: 3 <= p.beta <= 4,
        lambda p: p.beta > 3.5,
    ),
    "features": (
        strategies.tabular(2, dimension=3),
        lambda p: np.linalg.norm(p.features, axis=-1).max() <= 1 + 1e-15,
        lambda p: np.linalg.norm(p.features, axis=-1).max() > 0.999 and np.abs(p.features).max() < 0.9,
    ),
    "heavy masses": (
        strategies.tabular(3, tiny=-2),
        lambda p: p.base.min() > 1e-3,
        lambda p: p.base.min() < 0.02,
    ),
    "formula with rewards shifted": (
        strategies.single_prompt_problems(),
        lambda p: True,
        lambda p: p.shifted,
    ),
    "formula with rewards as they are": (
        strategies.single_prompt_problems(),
        lambda p: True,
        lambda p: not p.shifted and p.assignment is not None,
    ),
    "needle": (strategies.needles(5), lambda p: p.responses == 5, lambda p: p.needles[0] == 4),
    "coverage": (strategies.needles(5), lambda p: 2 <= p.coverage <= 1e6, lambda p: p.coverage > 1e4),
    "softmax policies": (
        strategies.softmax_policies(PROBLEM, radius=2.0),
        lambda policy: norm(policy.theta) <= 2.01,
        lambda policy: norm(policy.theta) > 1.5,
    ),
    "tables": (
        strategies.tables(PROBLEM, zeros=True),
        lambda policy: True,
        lambda policy: np.isneginf(policy.log_probs).any(),
    ),
    "mixtures": (
        strategies.mixtures(PROBLEM, parts=(1, 2), tiny=-2),
        lambda m: least_mass(part.log_probs for part in m.policies) > 1e-3 and m.weights.min() > 1e-3,
        lambda m: m.weights.size == 2 and m.weights.min() < 0.02,
    ),
    "trees": (
        strategies.trees(2, tiny=-2),
        lambda p: min(layer.base.min() for layer in p.layers) > 1e-3,
        lambda p: min(layer.base.min() for layer in p.layers) < 0.02,
    ),
    "tokens": (
        strategies.autoregressive(2, states=2),
        lambda p: p.horizon == 2,
        lambda p: set(p.layers[0].next.reshape(-1)) == {0, 1},
    ),
    "starts": (
        strategies.processes(2, states=2),
        lambda p: p.start.size == 2,
        lambda p: 0 < p.start.min() < 0.01,
    ),
    "moves": (
        strategies.processes(2, states=2),
        lambda p: p.stages[0].moves.shape == (2, 2, 2),
        lambda p: 0 < p.stages[0].moves.min() < 0.01,
    ),
    "step policies": (
        strategies.step_policies(TREE, tiny=-2),
        lambda tables: least_mass(tables) > 1e-3,
        lambda tables: least_mass(tables) < 0.02,
    ),
    "mixed formulas": (
        strategies.mixed_formulas(4),
        lambda f: f.n == 4,
        lambda f: max(map(len, f.terms)) == 4,
    ),
    "conjunctions": (
        strategies.conjunctions(5, width=3, terms=1),
        lambda f: f.m == 1,
        lambda f: len(set(np.abs(f.literals[0]))) == 3 and 0 not in f.literals[0],
    ),
    "formulas": (
        strategies.dnf_formulas((3, 5), width=1),
        lambda f: 3 <= f.n <= 5 and f.k == 1,
        lambda f: f.n == 5 and abs(f.literals[0, 0]) == 5,
    ),
}


@pytest.mark.parametrize("name", REACH)
def test_every_draw_is_within_what_is_asked_for_and_some_are_at_its_end(name):
    strategy, every, some = REACH[name]
    found = draws(strategy)
    assert all(map(every, found))
    assert any(map(some, found))


def test_problems_of_every_dimension_occur():
    found = draws(strategies.tabular(4, dimension=(1, 3)))
    assert {problem.features.shape[-1] for problem in found} == {1, 2, 3}

"""Replicates that are played in one call: each plays its own problem, from its own stream, and no other's."""

from dataclasses import replace

import numpy as np
import pytest

from explore_theory import oracles
from explore_theory.foundation.streams import Streams
from explore_theory.oracles import exact_law
from explore_theory.oracles.kernels import exploration, turns
from explore_theory.oracles.phases import bulk, drawn
from explore_theory.oracles.phases.tables import tables_of
from explore_theory.oracles.plans import Exploration, Ridge, Span
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems import Gaussian, TabularProblem

ROWS = 5
LIMITED = {"weak": 1000}


class ManyPrompts(TabularProblem):
    """Two prompts that are drawn by the problem itself, which says that there are more."""

    @property
    def facts(self):
        """Too many prompts to list."""
        return replace(super().facts, prompts=4096)

    def draw_prompts(self, streams, active=None):
        """``rho`` is (3/4, 1/4)."""
        return (streams.uniform(1, active)[:, 0] >= 0.75).astype(np.int64)


def problem(turned=0, kind=TabularProblem):
    """A problem whose responses are `turned`: other masses, features and rewards, the same law of prompts."""
    chance = np.random.Generator(np.random.Philox(key=5))
    base = np.array([[0.5, 0.375, 0.125], [0.25, 0.125, 0.625]])
    return kind(
        prompt_mass=np.array([0.75, 0.25]),
        base=np.roll(base, turned, axis=1),
        features=np.roll(chance.uniform(-0.7, 0.7, (2, 3, 2)), turned // 2, axis=1),
        reward=np.roll(chance.uniform(0.2, 0.8, (2, 3)), turned, axis=1),
        beta=0.5,
        noise=Gaussian(0.3),
    )


def played(given, rows, growth=None, budgets=None):
    """Both phases; every row is truncated by the same inverse."""
    oracle = oracles.open(given, law="exact-law", streams=Streams(("turns",), rows), budgets=budgets)
    done = oracle.span(Ridge.start(oracle.R, 2, 1.0), Span(radius=0.6, rounds=6, per_round=2))
    plan = Exploration(
        rounds=20,
        sampler=SoftmaxSampler(ratio=2.0, normaliser=2, tries=2),
        radius=0.5,
        inverse=np.tile(np.array([[0.75, 0.25], [0.25, 0.5]]), (oracle.R, 1, 1)),
        growth=growth,
        keep=None if growth else np.tile([0, 8], (oracle.R, 1)),
    )
    found = oracle.explore(done.ridge, plan)
    spent = [oracle.ledger.total(kind) for kind in ("weak", "prompt", "reward")]
    return np.column_stack([*spent, found.ridge.moment, found.ridge.covariance.reshape(-1, 4)])


@pytest.mark.parametrize("growth", [None, 1.2])
def test_rows_with_problems_of_their_own_play_as_each_alone(growth, monkeypatch):
    alone = [played(problem(row), [row], growth)[0] for row in range(ROWS)]
    each = [tables_of(problem(row)) for row in range(ROWS)]
    own = each[0]._replace(
        **{
            name: np.concatenate([getattr(table, name) for table in each])
            for name in ("mass", "mass_sum", "order", "tail", "features", "reward", "kind")
        }
    )
    monkeypatch.setattr(bulk, "tables_of", lambda problem: exploration.Table.locked(**own._asdict()))
    np.testing.assert_array_equal(played(problem(), range(ROWS), growth), alone)


@pytest.mark.parametrize("kind", [TabularProblem, ManyPrompts])
def test_what_a_row_estimated_is_not_known_to_the_next(kind):
    everyone = played(problem(kind=kind), range(ROWS), 1.5, LIMITED)
    for row in range(ROWS):
        np.testing.assert_array_equal(played(problem(kind=kind), [row], 1.5, LIMITED)[0], everyone[row])


def spanned_twice(rows):
    """What was spent before a spanner phase that empties what purses still hold, and after it."""
    oracle = oracles.open(problem(), law="exact-law", streams=Streams(("turns",), rows), budgets={"weak": 60})
    ridge = oracle.span(Ridge.start(oracle.R, 2, 1.0), Span(radius=0.6, rounds=6, per_round=2)).ridge
    before = np.array(oracle.ledger.total("weak"))
    done = oracle.span(ridge, Span(radius=0.2, rounds=40, per_round=2))
    total = [oracle.ledger.total(kind) for kind in ("weak", "prompt", "reward")]
    return before, np.column_stack([*total, done.ridge.moment])


def test_rows_span_with_what_is_left_to_each():
    before, everyone = spanned_twice(range(ROWS))
    assert np.unique(before).size > 1
    assert (everyone[:, 0] == 60).all()
    for row in range(ROWS):
        # With one replicate alone an empty purse is an error.
        np.testing.assert_array_equal(spanned_twice([row, ROWS])[1][0], everyone[row])


@pytest.mark.parametrize("growth", [None, 5.0])
def test_blocks_of_any_size_draw_the_same(growth, monkeypatch):
    monkeypatch.setattr(exact_law, "MOST_TABULATED", 0)
    whole = played(problem(kind=ManyPrompts), range(ROWS), growth)
    monkeypatch.setattr(drawn, "_FIRST", 3)
    monkeypatch.setattr(drawn, "_AHEAD", 4 * ROWS * 2 * 3)
    np.testing.assert_array_equal(played(problem(kind=ManyPrompts), range(ROWS), growth), whole)


def test_a_pair_is_truncated_in_either_order():
    """Against the norms by NumPy, at limits between them."""
    features, inverse = problem().features, np.array([[[0.75, 0.25], [0.25, 0.5]], [[2.0, 0.5], [0.5, 1.0]]])
    phi = features[:, None] - features[:, :, None]
    for row, limit in ((0, 0.1), (0, 0.4), (1, 0.4), (1, 1.0)):
        allowed = np.zeros((2, 3, 3), dtype=np.uint8)
        turns.allow(features.copy(), turns.Truncation(inverse, limit), row, np.zeros((2, 3, 3)), allowed)
        norms = np.einsum("xabi,ij,xabj->xab", phi, inverse[row], phi)
        np.testing.assert_array_equal(allowed, norms <= limit)
        assert 0 < allowed.sum() < allowed.size

"""Rewards of many rows at once have the noise that each row has alone, from words of its own."""

from dataclasses import dataclass

import numpy as np
import pytest

from explore_theory.foundation.streams import Streams
from explore_theory.oracles.tokens.noise import RowsNoise
from explore_theory.problems.noise import Bernoulli, Gaussian, NoNoise
from proofs_checks.exact_law.token_sessions import BETA, POLICY, WORLD, Sessions, walks

ROWS = 7


@dataclass(frozen=True)
class Greedy(Gaussian):
    """A law of one's own, which reads words of every row that it is shown."""

    def observe(self, reward, streams, active=None):
        """As its parent, for all rows."""
        return super().observe(reward, streams)


def streams():
    return Streams(("noise of rows",), range(ROWS), 3)


@pytest.mark.parametrize("law", [Gaussian(0.3), Bernoulli(), NoNoise(), Greedy(0.3)])
def test_rows_are_told_what_each_is_told_alone(law):
    """Calls of few rows and of many, in any order, with unequally many rewards."""
    noise, alone = RowsNoise(law, streams()), streams().child("noise")
    each = [Streams(alone.path, [row], alone.reseed) for row in alone.rows]
    chance = np.random.Generator(np.random.Philox(key=8))
    for size in (1, 2, 9, 40, 3, 40):
        rows, mean = chance.integers(0, ROWS, size), chance.uniform(0, 1, (size, 2))
        told = noise.of(rows, mean)
        for row in np.unique(rows):
            expected = law.observe(mean[rows == row].reshape(1, -1), each[row])
            np.testing.assert_array_equal(told[rows == row], expected.reshape(-1, 2))


def test_nobody_may_be_told_anything():
    assert RowsNoise(Bernoulli(), streams()).of(np.empty(0, dtype=np.int64), np.empty((0, 2))).shape == (0, 2)


def test_sessions_of_the_exact_law_are_the_same_alone_and_together():
    """What X9 plays row by row, and all rows at once."""
    from proofs_checks.exact_law.rollout_laws import KINDS_OF_SESSIONS

    world = Sessions("exact-law", 12, ("tests", "sessions"), 0)
    for session, _, _ in KINDS_OF_SESSIONS.values():
        (many,) = (session(oracle, np.arange(12)) for oracle in world.oracles(12))
        (one,) = ([session(oracle, np.array([r])) for r in range(12)] for oracle in world.oracles(12))
        np.testing.assert_array_equal(many, np.concatenate(one))
    (oracle,) = world.oracles(12)
    assert len(walks(oracle, oracle.prompts([3, 3]), POLICY.data(BETA))) == len(WORLD.layers)


def test_the_first_sessions_of_the_exact_law_are_asked_alone(monkeypatch):
    monkeypatch.setitem(Sessions.played.__globals__, "ALONE", 5)
    asked = []
    world = Sessions("exact-law", 12, ("tests", "sessions"), 0)
    found = world.played(lambda oracle, rows: (asked.append(rows.size), rows[:, None])[1])
    assert asked == [1] * 5 + [7]
    assert found.shape == (12, 1)
    asked.clear()
    world.played(lambda oracle, rows: (asked.append(rows.size), rows[:, None])[1], few=True)
    assert asked == [12]

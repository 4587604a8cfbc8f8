"""Rows that are counted by number, and draws that come counted."""

from collections import Counter

import numpy as np
import pytest

from explore_theory.errors import InvalidClaim
from explore_theory.harness import OneSample
from proofs_checks.proper_policy_hardness.counted_rows import counted


def test_rows_are_counted_as_one_by_one():
    rows = np.random.default_rng(0).integers(-2, 3, (500, 3))
    rows[:, 1] += 7
    assert counted(rows) == Counter(map(tuple, rows.tolist()))


def test_counted_draws_are_draws():
    law = {(0, 1): 0.25, (1, 1): 0.75}
    draws = [(0, 1)] * 3 + [(1, 1)] * 8 + [(5, 5)]
    together, apart = OneSample.tallied(Counter(draws), law), OneSample.finite(draws, law)
    assert (together.counts, together.law) == (apart.counts, apart.law)
    # Equal outcomes are one outcome, however they are written.
    assert OneSample.tallied({1: 2, "1": 3, 1.5: 1}, {1: 0.5, 1.5: 0.5}).runs == 6


def test_no_draws_are_refused():
    with pytest.raises(InvalidClaim, match="a law must be drawn from at least once"):
        OneSample.tallied({}, {1: 1.0})

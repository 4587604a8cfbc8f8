"""Counts of satisfied terms that are made chunk by chunk."""

import numpy as np

from explore_theory.formulas import Formula
from explore_theory.formulas import formula as module


def test_assignments_are_counted_each_whatever_the_chunk(monkeypatch):
    formula = Formula(np.array([[1, -2], [2, 3], [-1, -3], [1, 3], [2, -3]]), 3)
    every = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    wanted = [sum(all(x[abs(v) - 1] == np.sign(v) for v in term) for term in formula.literals.tolist())
              for x in every.tolist()]  # fmt: skip
    for rows in (1, 3, 8):
        monkeypatch.setattr(module, "_CHUNK", rows * formula.m)
        assert formula.count(every).tolist() == wanted

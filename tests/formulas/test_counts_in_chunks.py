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
        for terms in (1, 2, 5):
            monkeypatch.setattr(module, "_TERMS", terms)
            monkeypatch.setattr(module, "_CHUNK", rows * terms)
            assert formula.count(every).tolist() == wanted


def test_more_terms_than_a_byte_counts_are_counted():
    many = Formula(np.tile([[1, -2], [2, 3]], (300, 1)), 3)
    assert many.count([[1, -1, 1], [1, 1, 1], [-1, 1, 1], [-1, 1, -1]]).tolist() == [300, 300, 300, 0]


def test_a_zero_satisfies_neither_literal():
    signs = np.array([[0, 1], [1, 0], [0, 0], [1, 1]])
    assert Formula([[1, 2], [1, -2]], 2).count(signs).tolist() == [0, 0, 0, 1]
    assert Formula([[1], [-1], [-2]], 2).count(signs).tolist() == [0, 1, 0, 1]

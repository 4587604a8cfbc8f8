#!/bin/sh
# d4Solver 1.0.0 (D4, a model counter and compiler): the weight of an assumed literal counts twice where it is free.
#
# `compile().count(literals)` is the weighted count "under literal assumptions" of the compiled circuit. Without
# weights it is right, with weights and no literal too. But a variable that a branch of the circuit leaves free puts
# in the weight of its assumed literal there, and once more. In the readme's example, (x1 or x2) with probabilities .3
# and .4, x1 and the formula have .3 as the readme says; x2 and the formula have .328 in place of .4, not x2 and the
# formula .108 in place of .18, together .436 of .58. A variable in no clause, with probability .2, has .04 given the
# formula; both of its literals assumed away by turns leave .68 of the weight. With weights above 1 the error is the
# other way: 26.5 for the two parts of 14.5. Which literals are hit depends on where the compiler branches.
#
# What it costs: marginals, which are what one compiles a formula for. Half of those of small random formulas are
# wrong, by no constant factor. The clauses with the literal added as one of one literal are counted right, but have
# to be counted anew each time. This package sums over all assignments (`explore_theory.formulas.counts`).
#
# Run: sh findings/d4-assumed-weights.sh       Exit code 0: the behaviour is as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check d4solver==1.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import contextlib
import itertools
import os
import sys
from fractions import Fraction
from importlib.metadata import version

import py_d4


@contextlib.contextmanager
def quiet():
    """The solver's own report goes nowhere."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def solver(clauses, n, weights):
    made = py_d4.Solver(clauses, n)
    if weights:
        made.setWeights(weights, py_d4.WeightType.FLOAT)
    return made


def summed(clauses, n, weights, assumed):
    """The weighted count by its definition, from all assignments."""
    total = Fraction(0)
    for signs in itertools.product((1, -1), repeat=n):
        true = {sign * (i + 1) for i, sign in enumerate(signs)}
        if all(true & set(clause) for clause in [*clauses, *([literal] for literal in assumed)]):
            product = Fraction(1)
            for literal in true:
                product *= Fraction(weights[literal]) if weights else 1
            total += product
    return total


OR = [[1, 2]]
TWO = {1: "0.3", -1: "0.7", 2: "0.4", -2: "0.6"}
THREE = TWO | {3: "0.2", -3: "0.8"}
FIVEFOLD = {1: "1.5", -1: "3.5", 2: "2", -2: "3"}
CASES = [  # clauses, variables, weights, assumed literal; the count seen
    ("control, no weights: (x1 or x2), x1", OR, 2, {}, [1], "2"),
    ("control, no weights: (x1 or x2), x2", OR, 2, {}, [2], "2"),
    ("control, no literal: (x1 or x2)", OR, 2, TWO, [], "0.58"),
    ("control, as in the readme: (x1 or x2), x1", OR, 2, TWO, [1], "0.3"),
    ("control: (x1 or x2), not x1", OR, 2, TWO, [-1], "0.28"),
    ("(x1 or x2), x2", OR, 2, TWO, [2], "0.328"),
    ("(x1 or x2), not x2", OR, 2, TWO, [-2], "0.108"),
    ("(x1 or x2) and x3 in no clause, x3", OR, 3, THREE, [3], "0.0232"),
    ("(x1 or x2) and x3 in no clause, not x3", OR, 3, THREE, [-3], "0.3712"),
    ("weights five times as large: control, no literal", OR, 2, FIVEFOLD, [], "14.5"),
    ("weights five times as large: x2", OR, 2, FIVEFOLD, [2], "13"),
    ("weights five times as large: not x2", OR, 2, FIVEFOLD, [-2], "13.5"),
]


def near(text, number):
    return abs(float(text) - float(number)) < 1e-9


print(f"d4Solver {version('d4solver')}")
odd = True
for name, clauses, n, weights, assumed, seen in CASES:
    with quiet():
        found = solver(clauses, n, weights).compile().count(assumed)
        anew = solver([*clauses, *([literal] for literal in assumed)], n, weights).count().getResult()
    right = summed(clauses, n, weights, assumed)
    print(f"{name}: {found}, all assignments {float(right):.4g}, counted anew {anew}")
    odd &= near(found, seen) and near(anew, right) and near(seen, right) == ("control" in name)
print("as described" if odd else "CHANGED: not the counts seen before")
sys.exit(0 if odd else 1)
PYTHON

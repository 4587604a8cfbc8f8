#!/bin/sh
# d4Solver 1.0.0 (D4, a model counter and compiler): the weight of an assumed literal counts twice where it is free.
#
# `compile().count(literals)` is to be the count "of the compiled d-DNNF circuit under literal assumptions". It is so
# without weights, and with weights and no literal. With both, a variable that a branch of the circuit leaves free has
# the weight of its assumed literal there, and once more. In the readme's example of "WMC under" an assumption, (x1 or
# x2) with probabilities .3 and .4, x1 has .3, as the readme says; but x2 has .328 in place of .4, and not x2 has .108
# in place of .18, together .436 of .58. A variable in no clause, with probability .2, has .04 given the formula, and
# its negation .64. With weights above 1 the error is the other way: two parts of 14.5 sum to 26.5. Which literals are
# hit depends on where the compiler branches: of the 66 formulas of two clauses, each of two of three variables, 252
# of 396 literals are.
#
# What it costs: marginals, which are what one compiles a formula for, wrong by no constant factor. Clauses with the
# literal added as one more clause are counted right, but anew each time. This package goes through all assignments
# (`explore_theory.formulas.counts`).
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
PAIRS = [[i * x, j * y] for x, y in itertools.combinations((1, 2, 3), 2) for i in (1, -1) for j in (1, -1)]
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
wrong = asked = 0
totals = True
for clauses in itertools.combinations(PAIRS, 2):
    with quiet():
        compiled = solver(clauses, 3, THREE).compile()
        counts = {literal: compiled.count([literal]) for literal in THREE}
        totals &= near(compiled.count([]), summed(clauses, 3, THREE, []))
    for literal, count in counts.items():
        asked += 1
        wrong += not near(count, summed(clauses, 3, THREE, [literal]))
print(f"66 formulas, one literal: {wrong} of {asked} wrong; with no literal all right: {totals}")
odd &= totals and (wrong, asked) == (252, 396)
print("as described" if odd else "CHANGED: not the counts seen before")
sys.exit(0 if odd else 1)
PYTHON

#!/bin/sh
# hermax 1.2.10 (MaxSAT solvers): of the same WCNF in another order the optimum is another, and ten times too large.
#
# A solver may be given a whole `WCNF` of PySAT, as the documentation's "Load from WCNF Formula" does. Of the clauses
# (x1 or x2) of weight 1, not x1 and not x2 of weight 10 each, one at least is falsified, and the one of weight 1 is
# enough. Six solvers (OpenWBO in two forms, WMaxCDCL, CASHWMaxSAT, EvalMaxSAT in two of four, one of them that of the
# documentation) return 10 with the status OPTIMUM; with the first clause last, they return 1. They give a soft clause
# of two literals or more a new variable "falsified", numbered after the clauses read so far and not after
# `formula.nv`: the first one here is x1 itself, so (x1 or x2) is now hard, and its weight lies on not x1. The others
# (RC2, CGSS, UWrMaxSAT, Aperture, CoreTrail) are right. Those that are wrong agree, and a comparison of solvers looks
# at just that.
#
# A soft clause of one literal that is given twice counts once, by its last weight, in every solver: of x1 (weight 3),
# x1 (weight 2) and not x1 (weight 4) the cheapest falsifies 4, and 2 is returned, less than any assignment costs. That
# the last weight holds is documented of `set_soft`, where it is meant. Of a WCNF the documentation says that a cost is
# paid when "the clause is violated"; both are.
#
# What it costs: a bound on Max-SAT or Max-DNF that is believed since six solvers prove it. A hard clause such as
# (x1 or .. or xn or not xn) keeps the numbers apart; weights of one literal must be added up by hand. This package
# tries all assignments, or counts the one that an integer program returns (`explore_theory.formulas.milp`).
#
# Run: sh findings/hermax-wcnf-order.sh       Exit code 0: the behaviour is as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check hermax==1.2.10 python-sat==1.9.dev24
"$folder/venv/bin/python" - <<'PYTHON'
import itertools
import sys
from importlib.metadata import version

from hermax import incremental, non_incremental
from pysat.examples.rc2 import RC2
from pysat.formula import WCNF

print(f"hermax {version('hermax')}, python-sat {version('python-sat')}")
RIGHT = [
    *(getattr(non_incremental, name) for name in ("RC2", "CGSS", "UWrMaxSATComp", "EvalMaxSAT")),
    *(getattr(incremental, name) for name in ("UWrMaxSAT", "EvalMaxSATIncremental", "Aperture", "CoreTrail")),
]
WRONG = [
    *(getattr(non_incremental, name) for name in ("OpenWBO", "OpenWBOOLL", "WMaxCDCL", "CASHWMaxSAT")),
    non_incremental.EvalMaxSATIncrReentrant,
    incremental.EvalMaxSAT,
]
EITHER, NOT_1, NOT_2 = ([1, 2], 1), ([-1], 10), ([-2], 10)
CASES = [  # soft clauses, hard clauses; the costs seen of the first solvers and of the second
    ("control, the long clause last", [NOT_1, NOT_2, EITHER], [], 1, 1),
    ("control, a hard clause that says nothing", [EITHER, NOT_1, NOT_2], [[1, 2, -2]], 1, 1),
    ("the long clause first", [EITHER, NOT_1, NOT_2], [], 1, 10),
    ("control, one weight each", [([1], 5), ([-1], 4)], [], 4, 4),
    ("a literal twice", [([1], 3), ([1], 2), ([-1], 4)], [], 2, 2),
]


def formula(soft, hard):
    made = WCNF()
    for clause in hard:
        made.append(list(clause))
    for clause, weight in soft:
        made.append(list(clause), weight=weight)
    return made


def smallest(soft, hard):
    """The least weight of falsified clauses, from all assignments of x1 and x2."""
    costs = []
    for signs in itertools.product((1, -1), repeat=2):
        true = {sign * (i + 1) for i, sign in enumerate(signs)}
        if all(true & set(clause) for clause in hard):
            costs.append(sum(weight for clause, weight in soft if not true & set(clause)))
    return min(costs)


odd = True
for name, soft, hard, *seen in CASES:
    with RC2(formula(soft, hard)) as reference:
        reference.compute()
        least = reference.cost
    found = []
    for solvers in (RIGHT, WRONG):
        costs = set()
        for solver in solvers:
            s = solver(formula(soft, hard))
            s.solve()
            costs.add((s.get_status().name, s.get_cost()))
            s.close()
        found.append(costs)
    tried = smallest(soft, hard)
    print(f"{name}: all assignments {tried}, RC2 of PySAT {least}; hermax {found[0]} and {found[1]}")
    odd &= tried == least and found == [{("OPTIMUM", cost)} for cost in seen]
print("as described" if odd else "CHANGED: not the costs seen before")
sys.exit(0 if odd else 1)
PYTHON

#!/bin/sh
# PyEDA 0.29.0: `satisfy_count` of an expression or a BDD counts cubes, not points.
#
# Its documentation says "the cardinality of the set of all satisfying input points", and truth tables do count
# them. Expressions and BDDs return the length of `satisfy_all`, whose members leave variables out: (a and not b)
# or c has five satisfying points, and the answer is 3; an or of ten variables has 1023, as the expression says,
# and the BDD says 10. The same function has other counts in other forms.
#
# What it costs: a count of models of a DNF formula that is right only where no variable is ever left out. It is
# never too large. `expr2truthtable(f).satisfy_count()` is right; so is `explore_theory.formulas.counts`.
#
# Run: sh findings/pyeda-satisfy-count.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyeda==0.29.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import pyeda
from pyeda.inter import Or, expr, expr2bdd, expr2truthtable, exprvars

print(f"PyEDA {pyeda.__version__}: {type(expr('a & b')).satisfy_count.__doc__!r}")


def weighed(form) -> int:
    """Points of all cubes of `satisfy_all`, which do not overlap."""
    return sum(2 ** (form.degree - len(cube)) for cube in form.satisfy_all())


CASES = {  # a function, and the counts seen of its expression, BDD and truth table
    "a control, a & b & c": (expr("a & b & c"), [1, 1, 1]),
    "a & ~b | c": (expr("a & ~b | c"), [3, 3, 5]),
    "x0 | .. | x9": (Or(*exprvars("x", 10)), [1023, 10, 1023]),
}
odd = True
for name, (f, seen) in CASES.items():
    forms = [f, expr2bdd(f), expr2truthtable(f)]
    found, points = [g.satisfy_count() for g in forms], [weighed(g) for g in forms]
    print(f"{name}: expression, BDD and truth table count {found}; their cubes hold {points} points")
    odd &= found == seen and points == [seen[2]] * 3
print("as described" if odd else "CHANGED: satisfy_count no longer counts cubes")
sys.exit(0 if odd else 1)
PYTHON

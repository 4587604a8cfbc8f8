#!/bin/sh
# pyapproxmc 4.4.0: variables that occur only in clauses which other clauses make true are not counted.
#
# `count(projection)` counts assignments of the variables of the projection. Of x1 and (x1 or x2) there are two
# on {x1, x2}, since x2 is free. The answer is 1, for every seed and in either order: the second clause holds
# because of the first, and x2 goes with it. Nineteen such variables make 1 of 524288; not even the clause
# (x1 or not x1) keeps its variable. Without a projection the count is over the variables of the formula, and
# wrong alike. Small counts are exact, and `epsilon` and `delta` (.8 and .2) allow no factor of two, let alone
# of 524288.
#
# What it costs: the count of a DNF formula from its negation, as is usual, may be wrong where a term has one
# literal. Enumeration of small formulas says so; `explore_theory.formulas.counts` does that.
#
# Run: sh findings/approxmc-satisfied-clauses.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyapproxmc==4.4.0
"$folder/venv/bin/python" - <<'PYTHON'
import itertools
import sys

import pyapproxmc

print(f"pyapproxmc {pyapproxmc.__version__}")


def counted(clauses: list[list[int]], projection: list[int] | None, seed: int) -> int:
    counter = pyapproxmc.Counter(seed=seed)
    for clause in clauses:
        counter.add_clause(clause)
    cells, hashes = counter.count() if projection is None else counter.count(projection)
    return cells * 2**hashes


def enumerated(clauses: list[list[int]], n: int) -> int:
    return sum(
        all(any(values[abs(x) - 1] == (x > 0) for x in clause) for clause in clauses)
        for values in itertools.product((False, True), repeat=n)
    )


CASES = {  # clauses, variables, and the answer seen
    "a control": ([[1, 2], [-1, 3]], 3, 4),
    "another, with a unit": ([[1], [2, 3]], 3, 3),
    "x1, x1 or x2": ([[1], [1, 2]], 2, 1),
    "the same the other way round": ([[1, 2], [1]], 2, 1),
    "x1 or not x1, x2 or x3": ([[1, -1], [2, 3]], 3, 3),
    "x1, x1 or any of nineteen": ([[1], list(range(1, 21))], 20, 1),
}
odd = True
for name, (clauses, n, seen) in CASES.items():
    found = {
        counted(clauses, projection, seed) for projection in (list(range(1, n + 1)), None) for seed in range(1, 6)
    }
    said = f"{sorted(found)} with and without a projection, seeds 1 to 5"
    print(f"{name}: {said}; enumerated {enumerated(clauses, n)}")
    odd &= found == {seen}
print("as described" if odd else "CHANGED: such variables are no longer left out")
sys.exit(0 if odd else 1)
PYTHON

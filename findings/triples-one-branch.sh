#!/bin/sh
# triples 0.3.0 (automatic proofs of inequalities): x >= |x| is proved, and so is that 3 and 5 are 4.
#
# `sum_of_squares(f, inequalities, equations)` is to give a proof of f >= 0 where these hold, and None where it finds
# none. Where the equations have two branches, the proof may be of one of them, in either of two ways:
#
# - an equation of two terms is solved by a root and a division: x^2 = y^2 is taken for x = y, and x^2 = xy too.
#   |x| is a z >= 0 with z^2 = x^2, so it is taken for x: 2x >= |x| has the proof "|x|", and x |x| >= 0 has "x^2";
# - a proof divides by a square that is zero just where the claim fails. On {3, 5} both x >= 4 and x <= 4 have
#   proofs, with denominators (x - 3)^2 and (x - 5)^2. Without equations there are other points near, and continuity
#   helps; here there are none. `is_equal`, which is to verify a solution, is True of both; of the first kind it is
#   False, and `sum_of_squares` returns the solution all the same.
#
# Other false claims get no proof, and the true ones here get right ones. The documentation of the function says
# nothing of branches or denominators.
#
# What it costs: a lemma with |r|, a maximum, or a product that is zero is "proved", in exact rationals, and false. A
# proof in this package (`explore_theory.certify.symbolic.proved_at_most`) is an identity with terms that are positive
# everywhere.
#
# Run: sh findings/triples-one-branch.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check triples==0.3.0 sympy==1.14.0 numpy==2.4.6 \
    scipy==1.17.1 clarabel==0.11.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import sympy as sp
from triples import sum_of_squares

print(f"triples {version('triples')}, SymPy {sp.__version__}")
x, y = sp.symbols("x y", real=True)
TWO_POINTS = (x - 3) * (x - 5)
CASES = [  # f, equation, a point where that holds; whether a proof was found, and what the proof says there
    ("control, true: |x| is at most (x^2 + 1)/2", x**2 - 2 * abs(x) + 1, 0, {x: -1}, True, 0),
    ("control, true: x >= 3 on {3, 5}", x - 3, TWO_POINTS, {x: 3}, True, 0),
    ("control, false: |x| <= 0", -abs(x), 0, {x: -1}, False, None),
    ("control, false: |x| <= 1", 1 - abs(x), 0, {x: -2}, False, None),
    ("x >= 4 on {3, 5}", x - 4, TWO_POINTS, {x: 3}, True, sp.nan),
    ("x <= 4 on {3, 5}", 4 - x, TWO_POINTS, {x: 5}, True, sp.nan),
    ("x >= y where x^2 = y^2", x - y, x**2 - y**2, {x: -1, y: 1}, True, 0),
    ("x >= y where x^2 = xy", x - y, x**2 - x * y, {x: 0, y: 1}, True, 0),
    ("x >= |x|", x - abs(x), 0, {x: -1}, True, 0),
    ("2x >= |x|", 2 * x - abs(x), 0, {x: -1}, True, 1),
    ("x |x| >= 0", x * abs(x), 0, {x: -1}, True, 1),
    ("x >= max(x, y)", x - sp.Max(x, y), 0, {x: 0, y: 1}, True, 0),
]
odd = True
for name, f, equation, point, proved, seen in CASES:
    solution = sum_of_squares(f, [], [equation] if equation != 0 else [])
    if sp.sympify(equation).subs(point) != 0:
        sys.exit(f"{name}: the point does not satisfy the equation")
    value = f.subs(point)
    at = f"{name}. At {', '.join(f'{key} = {v}' for key, v in point.items())} f is {value}; "
    odd &= (solution is not None) == proved and (value < 0) == (name[:13] != "control, true")
    if solution is None:
        print(at + "no proof")
        continue
    proof = solution.solution.doit()
    there = proof.subs(point)
    print(f"{at}a proof: {f} = {proof}, which is {there} there; is_equal: {solution.is_equal}")
    odd &= there is sp.nan if seen is sp.nan else there == seen
    odd &= solution.is_equal == (equation == TWO_POINTS or "control" in name)
print("as described" if odd else "CHANGED: it no longer proves these claims")
sys.exit(0 if odd else 1)
PYTHON

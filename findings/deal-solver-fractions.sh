#!/bin/sh
# deal-solver 0.1.2 (the prover of deal): 1/10 + 2/10 == 3/10 is proved, and 2 * 0.5 == 1 has a counter-example.
#
# `deal prove` translates a function with contracts for Z3, and says "proved!" of a contract, or gives an example. A
# sum of floats is rounded as it should be: 0.1 + 0.2 == 0.3 fails. But quotients of integers are real numbers, so
# for integers n it is proved that 1/n + 1/n + 1/n == 3/n (not so for n = 5), that (1/n) * n == 1 (49) and that
# 1/n > 1/(n + 1) for n > 0 (2^60). Conversions are those of Z3, and not Python's: int(n / 2) == n // 2 (not so for
# -1), and int(-1.5) == -2; float(n) == n (2^53 + 1); and 2 ** -n == 0 for n > 0, always false.
#
# With an integer as a factor to the left it is the other way about: of n * (1/n) == 1 the example n = 2 is given,
# which is none. The same with the factors exchanged is proved.
#
# What it costs: a lemma about uniform probabilities or averages is "proved" in a function that does not satisfy it,
# and where rounding is what matters. The project calls itself experimental, with a subset of Python's syntax and
# types; what is outside is passed over. A loop over the first integers finds all but two of these.
#
# Run: sh findings/deal-solver-fractions.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check deal==4.24.6 deal-solver==0.1.2 \
    z3-solver==5.4.1.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

# Precondition, claim, an n to evaluate it at, and what is seen of the claim: proved or not. A true claim is one that
# holds at that n; each false one here is proved, and the other way about, except for the controls.
CASES = [
    ("control: floats", "True", "0.1 + 0.2 == 0.3", 1, False),
    ("control: floats, quotients", "True", "1.0 / 10.0 + 2.0 / 10.0 == 3.0 / 10.0", 1, False),
    ("control: halves", "True", "(n + n) // 2 == n", 1, True),
    ("control: order", "n > 0", "n // 2 < n", 1, True),
    ("control: false", "True", "n // 2 < n", 0, False),
    ("tenths", "True", "1 / 10 + 2 / 10 == 3 / 10", 1, True),
    ("thirds", "n > 0", "1 / n + 1 / n + 1 / n == 3 / n", 5, True),
    ("inverse", "n > 0", "(1 / n) * n == 1", 49, True),
    ("decreasing", "n > 0", "1 / n > 1 / (n + 1)", 2**60, True),
    ("half", "True", "int(n / 2) == n // 2", -1, True),
    ("cut off", "True", "int(-1.5) == -2", 1, True),
    ("to a float", "True", "float(n) == n", 2**53 + 1, True),
    ("power", "n > 0", "2 ** -n == 0", 1, True),
    ("exchanged", "n > 0", "n * (1 / n) == 1", 2, False),
    ("a half", "True", "2 * 0.5 == 1", 1, False),
]
print(f"deal-solver {version('deal-solver')}, deal {version('deal')}, Z3 {version('z3-solver')}")
odd = True
for name, pre, claim, n, proved in CASES:
    Path("claim.py").write_text(
        f"import deal\n\n\n@deal.pre(lambda n: {pre})\n@deal.post(lambda result: result)\n"
        f"def claim(n: int) -> bool:\n    return {claim}\n"
    )
    command = [sys.executable, "-m", "deal", "prove", "--nocolor", "claim.py"]
    said = " ".join(subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()[2:])
    holds = eval(claim, {"n": n})
    example = re.search(r"n=(-?\d+)", said)
    there = f"; with that n it is {eval(claim, {'n': int(example[1])})}" if example else ""
    print(f"{name}: {claim}: {said!r}{there}; Python with n = {n}: {holds}")
    odd &= said.startswith("proved!" if proved else "failed post-condition")
    odd &= holds == (proved == ("control" in name)) and eval(pre, {"n": n})
    if name == "exchanged":
        odd &= example is not None and eval(claim, {"n": int(example[1])}) is True
print("as described" if odd else "CHANGED: not the verdicts seen before")
sys.exit(0 if odd else 1)
PYTHON

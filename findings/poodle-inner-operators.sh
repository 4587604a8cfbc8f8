#!/bin/sh
# poodle 1.3.4 (mutation testing): only the outermost operator of an arithmetic expression is ever replaced.
#
# Of `a - b * c` there are mutants without the minus, and none without the product; of
# `sqrt(log(2 / delta) / (2 * n)) * 3` only the last product goes, not the two quotients and the product
# inside. The same operators are replaced once each of them is a statement's own. Numbers, comparisons and
# `not` are replaced at any depth, so the list of mutants does not look short; and the share of mutants found
# does not count what was never made.
#
# What it costs: formulas are where inner operators live. A test that would miss a sign or a quotient inside one
# is called complete. Our planted faults (`tests/faults/`) are written by hand, inside formulas as well.
#
# Run: sh findings/poodle-inner-operators.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check poodle==1.3.4 pytest==9.0.2
mkdir "$folder/src" "$folder/tests"
cat > "$folder/src/bounds.py" <<'PYTHON'
from math import log, sqrt


def gap(a, b, c):
    return a - b * c


def radius(delta, n):
    return sqrt(log(2 / delta) / (2 * n)) * 3


def in_steps(delta, n):
    inner = 2 / delta
    twice = 2 * n
    both = log(inner) / twice
    return sqrt(both) * 3
PYTHON
# Nothing is asserted, so every mutant is listed as not found.
cat > "$folder/tests/test_bounds.py" <<'PYTHON'
import bounds


def test_all_of_it_runs():
    bounds.gap(1, 2, 3), bounds.radius(0.1, 5), bounds.in_steps(0.1, 5)
PYTHON
cd "$folder"
PYTHONPATH=src PATH="$folder/venv/bin:$PATH" poodle src > listed.txt 2>&1 || true
"$folder/venv/bin/python" - <<'PYTHON'
import ast
import re
import sys
from pathlib import Path

from importlib.metadata import version

print(f"poodle {version('poodle')}, Python {sys.version.split()[0]}")
source = Path("src/bounds.py").read_text().splitlines()


def operators(line: str) -> list[str]:
    tree = ast.parse(line.strip().removeprefix("return "))
    return sorted(type(node.op).__name__ for node in ast.walk(tree) if isinstance(node, ast.BinOp))


missed = {}
listed = Path("listed.txt").read_text()
changes = re.findall(r"^Mutator: BinOp\n(?:.*\n)*?-( .*)\n\+( .*)$", listed, re.MULTILINE)
for line in source:
    if not (there := operators(line) if "=" in line or "return" in line else []):
        continue
    gone = set()
    for old, new in changes:
        if old == line:
            now = operators(new)
            gone |= {name for name in there if now.count(name) < there.count(name)}
    print(f"{line.strip():45} has {', '.join(there)}; replaced somewhere: {', '.join(sorted(gone)) or 'none'}")
    missed[line.strip()] = sorted(set(there) - gone)
inner = {line: names for line, names in missed.items() if names}
expected = {"return a - b * c": ["Mult"], "return sqrt(log(2 / delta) / (2 * n)) * 3": ["Div"]}
print("never replaced:", inner)
counts = {line: sum(old.strip() == line for old, _ in changes) for line in expected}
print("mutants of the operators:", counts)
sys.exit(0 if inner == expected and set(counts.values()) == {2} else 1)
PYTHON

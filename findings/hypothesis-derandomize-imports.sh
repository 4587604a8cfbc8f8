#!/bin/sh
# Hypothesis 6.170.15: a derandomized test draws other examples once some other module has been imported.
#
# `derandomize=True` promises the same examples on every run until Hypothesis, Python or the test function change. But
# integers, floats, text and bytes are drawn now and then from the constants that stand in the project's own modules, as
# far as they have been imported in this process by then. A module that the test does not use, with one number in it, puts
# that number in the place of another example, the same on every run with it; the others stay. The more constants there
# are, the more examples depend on which modules are there.
#
# What it costs: a test that fails in one order of files and passes in another. Under pytest-xdist each worker has
# imported other modules, by luck of the schedule, so a derandomized suite is red on one run and green on the next, at
# the same commit. (Ours was: a fraction one above 2^63, found in CI alone.) Only files outside site-packages count, so
# an installed copy draws otherwise than a checkout, too. Naming the missed input with `@example` is what helps.
#
# Run: sh findings/hypothesis-derandomize-imports.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check hypothesis==6.170.15
mkdir "$folder/project"
echo 'BUDGET = 7_340_123_987_001' > "$folder/project/unrelated.py"
cat > "$folder/project/examples.py" <<'PYTHON'
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

if sys.argv[1] == "imported":
    import unrelated  # noqa: F401
seen = []


@settings(derandomize=True, database=None, max_examples=100)
@given(st.integers())
def keep(n):
    seen.append(n)


keep()
print(seen)
PYTHON
cd "$folder/project"
for which in alone alone imported imported; do
    "$folder/venv/bin/python" examples.py "$which" >> "$folder/seen.txt"
done
"$folder/venv/bin/python" - "$folder/seen.txt" <<'PYTHON'
import ast
import sys

alone, again, imported, twice = map(ast.literal_eval, open(sys.argv[1]).read().splitlines())
same = sum(a == b for a, b in zip(alone, imported))
print(f"the same twice: {alone == again} without the module, {imported == twice} with it")
print(f"with and without it: {same} of {len(alone)} examples agree")
sys.exit(not (alone == again and imported == twice and alone != imported and same < len(alone)))
PYTHON

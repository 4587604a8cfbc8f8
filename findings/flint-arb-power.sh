#!/bin/sh
# python-flint 0.9.0 (FLINT 3.6.0): `arb ** n` is not a number where the midpoint is exactly zero.
#
# The documentation of arb_pow promises binary exponentiation for small exact integers, and `acb ** n` does it.
# But a real ball with midpoint zero and a radius, such as `x - x` for a rounded x, takes exp(n log x): even its
# first power is not a number. The product with itself is a ball as it should be. Move the midpoint by any
# amount and the power is finite again, so a test on other numbers does not see it.
#
# What it costs: enclosures of squares of small differences become the whole line. Never a wrong enclosure.
# This package takes `explore_theory.certify.balls.power` instead.
#
# Run: sh findings/flint-arb-power.sh       Exit code 0: the behaviour is as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-flint==0.9.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from flint import __FLINT_VERSION__, __version__, acb, arb

print(f"python-flint {__version__}, FLINT {__FLINT_VERSION__}")
x = arb(1) / 3
cases = {
    "x - x for x = 1/3": x - x,
    "0 +/- 1": arb(0, 1),
    "1e-300 +/- 1": arb(1e-300, 1),
}
odd = True
for name, ball in cases.items():
    found = {n: ball**n for n in (0, 1, 2, 3)}
    print(f"{name}: powers 0 to 3 are {', '.join(map(str, found.values()))}; product with itself {ball * ball}")
    for n in (1, 2, 3):
        as_complex = (acb(ball) ** n).real
        odd &= as_complex.is_finite() and (ball * ball).is_finite()
        odd &= found[n].is_nan() if ball.mid().is_zero() else found[n].is_finite()
print("as described" if odd else "CHANGED: arb ** n no longer behaves as described")
sys.exit(0 if odd else 1)
PYTHON

#!/bin/sh
# python-flint 0.9.0 (FLINT 3.6.0): 0F1(; b; z) loses every digit for large z and larger b, and more bits make
# it worse before they make it better.
#
# 0F1(; b; z) = sum_k z^k / (k! (b)_k) has positive terms for b, z > 0: summed directly, nothing cancels, and at
# b = 5000, z = 250000 some hundred terms give 4.05e21 to full precision. `arb.hypgeom_0f1` takes an
# asymptotic expansion without regard to b, though that needs z much larger than b^2: its answer there is a
# ball around zero of radius 10^37362 at 53 and 256 bits, of radius 10^39980 at 512 bits, and right at 1024.
#
# What it costs: a valid enclosure that says nothing. An author who then doubles the precision, as one does,
# sees it grow. This package sums the series with a proved remainder, `explore_theory.certify.needle.tilt_series`.
#
# Run: sh findings/flint-hypergeometric-0f1.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-flint==0.9.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from flint import __FLINT_VERSION__, __version__, arb, ctx


def series(b: int, z: int) -> arb:
    """The sum of the series; beyond halving ratios the rest is at most twice the next term."""
    total = term = arb(1)
    k = 0
    while not (2 * z < (k + 1) * (b + k) and 2 * term < total * arb(2) ** -ctx.prec):
        term = term * z / ((k + 1) * (b + k))
        total += term
        k += 1
    return total + (2 * term).union(arb(0))


print(f"python-flint {__version__}, FLINT {__FLINT_VERSION__}")
bits = {}
for prec in (53, 256, 512, 1024):
    with ctx.workprec(prec):
        found, summed = arb(250000).hypgeom_0f1(5000), series(5000, 250000)
        bits[prec] = found.rel_accuracy_bits()
        sound = found.overlaps(summed) and summed.rel_accuracy_bits() > prec - 20
    print(f"{prec:>5} bits: hypgeom_0f1 {found.str(6)}, the series {summed.str(6)}, sound: {sound}")
    if not sound:
        sys.exit("CHANGED: the two do not agree")
odd = bits[53] < 0 and bits[256] < 0 and bits[512] < 0 < bits[1024]
print("as described" if odd else "CHANGED: hypgeom_0f1 no longer behaves as described")
sys.exit(0 if odd else 1)
PYTHON

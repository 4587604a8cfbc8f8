#!/bin/sh
# certivl 0.2.0 (certified interval arithmetic): the sine of 10^95 + 1 is proved to be that of 10^95.
#
# `sin_ivl(x)` and `cos_ivl(x)` of a rational x are to contain the true value, so that a computed inequality is a
# proof, with no binary float on the way. An argument goes to mpmath's intervals as ninety decimal digits, rounded to
# the nearest, and the answer is widened by 1e-80. That covers the digits cut off up to about 1e10; above it the
# enclosures may miss, and the more the larger x: by 4e-80 at 10^12/3, by 2e-71 at 10^20/3, and by .73 at 10^95 + 1.
# Of 10^92 + 7 the cosine is said to be -.706 and is -.0665; of 10^95 + 1 the sine is proved to be above .9, and is
# .20. Arguments like 10^95, exact in those digits and in 300 bits, are right. The tangent and secant are made of these.
#
# What it costs: a phase k x with large k has a certificate that is false, by so little at first that no test with
# floats will show it. The script compares with balls of FLINT at 1000 bits, as this package would take.
#
# Run: sh findings/certivl-large-arguments.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check certivl==0.2.0 mpmath==1.3.0 python-flint==0.9.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from fractions import Fraction
from importlib.metadata import version

from certivl.exact import cos_ivl, sin_ivl
from flint import arb, ctx, fmpq

print(f"certivl {version('certivl')}, mpmath {version('mpmath')}, python-flint {version('python-flint')}")
ctx.prec = 1000


def ball(x: Fraction) -> arb:
    return arb(fmpq(x.numerator, x.denominator))


CASES = {  # argument; whether sine and cosine are enclosed, and by what the sine misses
    "1/3": (Fraction(1, 3), True, None),
    "10^9/7": (Fraction(10**9, 7), True, None),
    "10^95": (Fraction(10**95), True, None),
    "10^12/3": (Fraction(10**12, 3), False, 4.4e-80),
    "10^20/3": (Fraction(10**20, 3), False, 2.1e-71),
    "10^92 + 7": (Fraction(10**92 + 7), False, 0.29),
    "10^95 + 1": (Fraction(10**95 + 1), False, 0.73),
}
odd = True
for name, (x, enclosed, by) in CASES.items():
    for called, made, true in (("sin", sin_ivl(x), ball(x).sin()), ("cos", cos_ivl(x), ball(x).cos())):
        low, high = ball(made.lo), ball(made.hi)
        inside, outside = bool(low <= true <= high), bool(true < low or true > high)
        miss = float(max(low - true, true - high)) if outside else 0.0
        said = "encloses" if inside else f"misses by {miss:.2g}"
        print(f"{called} {name} is {float(true):.6f}; from {float(made.lo):.6f} to {float(made.hi):.6f}, {said}")
        odd &= inside == enclosed and outside != inside
        if called == "sin" and by is not None:
            odd &= 0.9 < miss / by < 1.1
above = sin_ivl(10**95 + 1).definitely_gt(Fraction(9, 10))
same = sin_ivl(10**95 + 1).lo == sin_ivl(10**95).lo
print(f"sin(10^95 + 1) definitely above .9: {above}; the same enclosure as at 10^95: {same}")
odd &= above and same
print("as described" if odd else "CHANGED: these values are now enclosed")
sys.exit(0 if odd else 1)
PYTHON

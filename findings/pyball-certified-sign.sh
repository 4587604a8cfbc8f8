#!/bin/sh
# pyball-arithmetic 0.1.0: on a short interval, or a point, a negative function is certified positive.
#
# `certify_claim(f, a, b, ">0")` returns an enclosure of f only where that sign is proved on all of [a, b], and
# `prove_positive_negative` says which sign it is; a <= b is all that is asked. Lengths of proved pieces are added up,
# and compared with the length of [a, b] less a tolerance: 1e-10, times |b| if that is above 1. If the interval is no
# longer than that, nothing need be proved for "positive", which is tried first: x - 3 is positive at 2, and -x on
# [1e11, 1e11 + 1]. The enclosure that comes back with the certificate is right, and lies below zero.
#
# What it costs: ">0" at one point is worth nothing, and a search that halves its domain until ">0" is certified
# ends with certificates of short pieces that are false. On longer intervals the same functions are told rightly.
# `explore_theory.certify.boxes.supremum` has no tolerance: it returns an enclosure that holds.
#
# Run: sh findings/pyball-certified-sign.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyball-arithmetic==0.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

from pyball import certify_claim, prove_positive_negative

print(f"pyball-arithmetic {version('pyball-arithmetic')}")


def below_three(x):
    return x - 3


def minus(x):
    return -x


CASES = [  # function, ends, and the sign that was said; it is negative everywhere
    ("x - 3", below_three, 2.0, 2.5, "negative"),
    ("x - 3", below_three, 2.0, 2.0 + 1e-9, "negative"),
    ("x - 3", below_three, 2.0, 2.0 + 1e-10, "positive"),
    ("x - 3", below_three, 2.0, 2.0, "positive"),
    ("-x", minus, 1.0, 2.0, "negative"),
    ("-x", minus, 1e11, 1e11 + 100, "negative"),
    ("-x", minus, 1e11, 1e11 + 1, "positive"),
]
odd = True
for name, f, low, high, seen in CASES:
    said = prove_positive_negative(f, low, high)
    above, below = certify_claim(f, low, high, ">0"), certify_claim(f, low, high, "<0")
    print(f"{name} on [{low!r}, {high!r}]: {said}; certified above zero {above}, below zero {below}")
    odd &= said == seen and (above is not None) == (seen == "positive") and (below is not None) == (seen == "negative")
    odd &= f(low) < 0 and f(high) < 0
    if above is not None:
        odd &= above.lo <= f(low) <= above.hi < 0
print("as described" if odd else "CHANGED: such signs are no longer certified")
sys.exit(0 if odd else 1)
PYTHON

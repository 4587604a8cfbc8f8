#!/bin/sh
# sequential-analysis 0.4.0: the exact confidence sequence for a rate leaves a rare rate out, surely if it runs for long.
#
# `BettingConfidenceSequence` is to contain the mean at every n with probability 1 - alpha, "exact, for every
# distribution" on [0, 1], and is advised "for a conversion rate". It holds candidates on a grid, .0005, .0015, .. by
# default, and spans those not excluded, widened by a step on each side: never shorter than that, one would think. But
# enough zeros exclude the first candidate, and with it all of them. Then the interval is the one point (1/2 +
# successes) / n; and since that moves on, and is intersected with what it was, its lower end comes to lie above its
# upper end. Of successes that never come, at alpha .05, the rate 0 is excluded from n = 14,750 on; of a rate of 1e-4,
# two of the three samples here exclude it. With `grid=100` and a rate of .001 each of 20 samples excludes it within 4000
# draws, where one in 20 is promised; at a rate of .02 none of 20 does.
#
# What it costs: whoever watches for a rare success, the coverage of a base model say, has a bound above what they have,
# with a guarantee; or an interval that ends before it begins. Waiting makes it certain. A `grid` of much more than the
# inverse of the rate helps. `explore_theory.statistics.bernoulli_sequence` has no grid.
#
# Run: sh findings/sequential-analysis-rare-rate.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sequential-analysis==0.4.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from sequential_analysis.procedures import BettingConfidenceSequence

print(f"sequential-analysis {version('sequential-analysis')}, NumPy {np.__version__}")


def watched(draws, rate, grid=1000):
    """When the rate is first excluded, and when the interval first ends before it begins; what it is at last."""
    sequence = BettingConfidenceSequence(alpha=0.05, grid=grid)
    assert sequence.guarantee == "exact"
    state, excluded, crossed = sequence.initial_state(), None, None
    for n, draw in enumerate(draws, start=1):
        state, found = sequence.step(state, {"x": float(draw)})
        if excluded is None and not found.lower <= rate <= found.upper:
            excluded = n
        if crossed is None and found.lower > found.upper:
            crossed = n
    return excluded, crossed, (found.lower, found.upper)


excluded, crossed, (low, high) = watched([0] * 16000, 0.0)
print(f"no success: 0 excluded at n = {excluded}, from {low:.3g} to {high:.3g} at n = 16000")
odd = (excluded, crossed) == (14750, 14751) and low > high > 0

late = [watched(np.random.default_rng(seed).random(21000) < 1e-4, 1e-4) for seed in range(3)]
print(f"a rate of 1e-4: excluded at n = {[excluded for excluded, _, _ in late]}")
odd &= sum(excluded is not None for excluded, _, _ in late) == 2

for rate, seen in ((0.001, 20), (0.02, 0)):
    drawn = [np.random.default_rng(seed).random(4000) < rate for seed in range(20)]
    missed = sum(watched(draws, rate, grid=100)[0] is not None for draws in drawn)
    print(f"grid=100, a rate of {rate}: {missed} of 20 samples exclude it, one is to at most on average")
    odd &= missed == seen
print("as described" if odd else "CHANGED: these intervals contain the rate now")
sys.exit(0 if odd else 1)
PYTHON

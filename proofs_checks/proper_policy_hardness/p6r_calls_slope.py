"""P6r: calls per star of random signs grow like two to the number of literals: exponent one.

Statement. On ``DNF`` problems with ``eta = 2^-(k+2)``, a call at a fresh uniform corner of the box, at a
fresh prompt, shows `star` with probability ``2^-k`` up to terms of order ``k 2^-k eta^6``, whatever the
formula. So calls per star grow like ``(2^k)^1``, and a round of two corners, of which one suffices, needs
``2^k/(2 - 2^-k)`` rounds.

What is checked. The metered calls until a fixed number of stars, ``k = 2..12``, hidden plantings of ``n =
20`` variables and ``16 n 2^k`` terms: the slopes of all lines through simultaneous intervals for calls per
star, and which rival laws have no member through them.

What is not. Learners whose parameters depend on what they have seen: those are P6's.

Why trust it. Calls are what the ledger charged; the search has the law of calls made one by one, which a test
compares. The intervals hold simultaneously with probability ``1 - ALPHA``.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from explore_theory import oracles
from explore_theory.harness.claim import Case, Check, Claim, Evidence, FalseVariant, Trial
from explore_theory.harness.figure import Curve, Figure
from explore_theory.harness.measurement import Bound, Measurement, Resolution
from explore_theory.problems import DNF
from explore_theory.statistics import clopper_pearson, exponential, judge_rivals, power, slope_interval
from explore_theory.streams import Streams
from proofs_checks.proper_policy_hardness import hunts
from proofs_checks.proper_policy_hardness.p6_trade_off import problem_of, same

#: Error level of all intervals of one exponent together.
ALPHA = 1e-6
RIVALS = (power(1.0), power(0.5), power(2.0), exponential())


def slope(trial: Trial, change: Callable[[DNF], DNF] = same) -> Measurement:
    """The slopes of all lines through the intervals of calls per star."""
    params = trial.case.params
    count = int(params["stars"])
    ks = range(int(params["first"]), int(params["last"]) + 1, int(params["step"]))
    lows, highs, means = [], [], []
    for k in ks:
        path = (*trial.streams.path, str(trial.rows[0]), f"k = {k}")
        streams = Streams(path, range(count), trial.streams.reseed)
        problem = change(problem_of("hadamard" if k in (3, 7) else "parity", k))
        oracle = oracles.open_proper(problem, law="exact-law", streams=streams)
        oracle.search_signs(10**6 * 2**k, rewarded=False)
        calls = int(oracle.ledger.compute.sum())
        # Stars are fixed and calls random; the interval for the reverse is wider than the one for this.
        lo, hi = clopper_pearson(count, calls, ALPHA / len(ks))
        lows.append(1 / hi)
        highs.append(1 / lo)
        means.append(calls / count)
    powers = [2.0**k for k in ks]
    found = slope_interval(np.log(powers), np.log(lows), np.log(highs))
    return Measurement(
        lo=np.array([found.lo]),
        hi=np.array([found.hi]),
        effort=count * len(powers),
        unit="runs",
        notes={
            "k": list(ks),
            "calls per star": means,
            "rivals": [rival.describe() for rival in judge_rivals(powers, lows, highs, RIVALS)],
        },
    )


def even_base(trial: Trial) -> Measurement:
    """``pi_ref(star) = 1/2``; fewer stars show it."""
    params: dict[str, Any] = {**trial.case.params, "last": 8, "step": 3, "first": 2, "stars": 1024}
    return slope(replace(trial, case=replace(trial.case, params=params)), hunts.even)


CLAIM = Claim(
    id="P6r",
    slug="calls-slope",
    theorem="proper_policy_hardness",
    title="Calls per star of random signs grow like 2^k",
    statement=(
        "A call at a fresh uniform corner of the box and a fresh prompt shows star with probability 2^-k up "
        "to terms of order k 2^-k eta^6: calls per star grow like (2^k)^1."
    ),
    formula=r"T_{\mathrm{star}} \propto (2^k)^{1}",
    relation="==",
    scope=(
        "k = 2..12, n = 20, hidden plantings; an exponent to .05, for learners that do not look at what they "
        "see. Reduction verified; hardness conditional on rETH."
    ),
    source="Ours; the oblivious side of the trade-off P6.",
    explicit=False,
    uses=("P6",),
    checks=(
        Check(
            slug="calls",
            evidence=Evidence.RATE,
            cases=(
                Case(
                    slug="k-3-to-9",
                    params={"first": 3, "last": 9, "step": 3, "stars": 5000},
                    tight=True,
                    tiers=("quick",),
                ),
                Case(
                    slug="k-2-to-12",
                    params={"first": 2, "last": 12, "step": 1, "stars": 8192},
                    tight=True,
                    tiers=("full",),
                ),
            ),
            measure=slope,
            bound=lambda _: Bound.of(1.0),
            resolution=Resolution(absolute=0.05),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="square-root",
            why="Exponent 1/2.",
            check="calls",
            bound=lambda _: Bound.of(0.5),
        ),
        FalseVariant(
            slug="quadratic",
            why="Exponent 2.",
            check="calls",
            bound=lambda _: Bound.of(2.0),
        ),
        FalseVariant(
            slug="even-base-policy",
            why="pi_ref(star) = 1/2: calls per star do not grow.",
            check="calls",
            measure=even_base,
        ),
    ),
    figures=(
        Figure(
            slug="calls-by-k",
            title="Calls per star of random signs",
            x_label="k",
            y_label="calls",
            y_log=True,
            curves=(Curve(label="random signs", check="calls", x="k", y="calls per star", style="points"),),
        ),
    ),
)

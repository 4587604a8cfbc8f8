"""P6r: calls per star of random signs grow like two to the number of literals: exponent one.

Statement. On ``DNF`` problems with ``eta = 2^-(k+2)``, a call at a fresh uniform corner of the box, at a
fresh prompt, shows `star` with probability ``2^-k`` up to terms of order ``k 2^-k eta^6``, whatever the
formula. So calls per star grow like ``(2^k)^1``, and a round of two corners, of which one suffices, needs
``2^k/(2 - 2^-k)`` rounds.

What is checked. The median of the metered calls until eight stars, ``k = 2..12``, hidden plantings of ``n =
20`` variables and ``16 n 2^k`` terms: the slopes of all lines through simultaneous intervals for calls per
star, and which rival laws have no member through them.

What is not. Learners whose parameters depend on what they have seen: those are P6's.

Why trust it. Calls are what the ledger charged; the search has the law of calls made one by one, which a test
compares. The engine's intervals hold simultaneously at its error level.
"""

from collections.abc import Callable

from explore_theory import oracles
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Curve,
    Evidence,
    FalseVariant,
    Figure,
    Resolution,
    Rungs,
    Trial,
)
from explore_theory.problems import DNF
from explore_theory.statistics import exponential, power
from proofs_checks.proper_policy_hardness import hunts
from proofs_checks.proper_policy_hardness.p6_trade_off import problem_of, same

#: Stars per run.
STARS = 8
#: Laws that the data must reject.
RIVALS = (power(0.5), power(2.0), exponential())


def calls(trial: Trial, change: Callable[[DNF], DNF] = same) -> Rungs:
    """The calls of every run until `STARS` stars, for each `k`: their medians are asked for."""
    params = trial.case.params
    ks = range(int(params["first"]), int(params["last"]) + 1, int(params["step"]))
    spent = []
    for k in ks:
        problem = change(problem_of("hadamard" if k in (3, 7) else "parity", k))
        oracle = oracles.open_proper(problem, law="exact-law", streams=trial.streams.child(f"k = {k}"))
        for _ in range(STARS):
            oracle.search_signs(10**6 * 2**k, rewarded=False)
        spent.append(oracle.ledger.compute)
    return Rungs.quantiles([2.0**k for k in ks], spent, level=0.5)


def rungs(slug: str, tier: str, first: int, last: int, step: int) -> Case:
    """The numbers of literals of a case."""
    return Case(
        slug=slug,
        params={"first": first, "last": last, "step": step},
        rows=4096,
        block=1024,
        tight=True,
        tiers=(tier,),
    )


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
        "k = 2..12, n = 20, hidden plantings; an exponent to .02, for learners that do not look at what they "
        "see. Reduction verified; hardness conditional on rETH."
    ),
    source="Ours; the oblivious side of the trade-off P6.",
    explicit=False,
    uses=("P6",),
    checks=(
        Check(
            slug="calls",
            evidence=Evidence.RATE,
            cases=(rungs("k-3-to-9", "quick", 3, 9, 3), rungs("k-2-to-12", "full", 2, 12, 1)),
            measure=calls,
            bound=lambda _: Bound.of(1.0),
            # A bound moved by 1.05 must be seen beyond it.
            resolution=Resolution(absolute=0.02),
            rivals=RIVALS,
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
            measure=lambda trial: calls(trial, hunts.even),
        ),
    ),
    figures=(
        Figure(
            slug="calls-by-k",
            title="Calls of random signs until 8 stars",
            x_label="2^k",
            y_label="calls",
            x_log=True,
            y_log=True,
            curves=(Curve(label="random signs", check="calls", x="x", y="estimate", style="points"),),
        ),
    ),
)

"""Counts of a challenge as verdicts: against what no algorithm can exceed, and what an excess may mean."""

import math
from collections.abc import Sequence
from dataclasses import replace

from explore_theory.challenging.findings import Finding, Placement
from explore_theory.challenging.games import Game
from explore_theory.challenging.player import Runs
from explore_theory.challenging.table import Budget
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.statistics import clopper_pearson

#: A success probability is told from its bound to within this.
RESOLUTION = 0.03
#: What each family's bound rests on.
_CLAIMS = {
    "hidden": ("C3a", "C3d", "C4", "T21", "CT"),
    "blank": ("T21", "LE1", "C4"),
    "formulas": ("P2", "P3", "C4"),
}


def against(game: Game, budget: Budget, runs: Runs, alpha: float) -> Finding:
    """The success probability of `runs`, enclosed at `alpha`, against what no algorithm can exceed."""
    good, trials = runs.successes(game.eps), len(runs.rows)
    lo, hi = (float(end) for end in clopper_pearson(good, trials, alpha))
    bound = game.most_success(budget)
    assert bound is not None
    status = (
        Status.REFUTED if lo > bound else Status.HOLDS if hi <= bound + RESOLUTION else Status.INCONCLUSIVE
    )
    sign = {Status.REFUTED: ">", Status.HOLDS: "<=", Status.INCONCLUSIVE: "not told from"}[status]
    reason = (
        f"gap <= {game.eps:.3g} in {good:,} of {trials:,} runs, probability in [{lo:.4g}, "
        f"{hi:.4g}] {sign} {bound:.4g}"
    )
    if status is Status.HOLDS and hi > bound:
        reason += f" to within {RESOLUTION:g}"
    if out := int(runs.out.sum()):
        reason += f"; {out:,} runs ended with BudgetExceeded and count as failures (look at oracle.left)"
    if over := int(runs.over.sum()):
        reason += f"; in {over:,} runs no call was left to draw from the output, which counts as a failure"
    return Finding(
        kind="bound",
        about=f"{game.name}, {budget.calls} calls and {budget.rewards} reward rounds",
        statement=f"No algorithm has a gap of at most {game.eps:.3g} with probability above {bound:.4g}.",
        claims=_claims(game),
        status=status,
        reason=reason,
        lo=lo,
        hi=hi,
        bound=bound,
        successes=good,
        trials=trials,
    )


def confirmed(finding: Finding, good: int, trials: int, before: Sequence[Finding]) -> Finding:
    """A success beyond a proven bound, once more: what it may mean, and what of that is excluded."""
    apart = [f for f in before if f.kind == "integrity"]
    held = bool(apart) and all(f.status is Status.HOLDS for f in apart)
    excluded = ["forged ledgers, tickets and outputs (what is counted is counted here)"]
    if held:
        excluded.insert(0, "state kept between replicates (they were the same alone and in company)")
    open_ = ["a way to the problem outside of the oracle", "an error of this package"]
    if not held:
        open_.insert(0, "state kept between replicates, which was found")
    return replace(
        finding,
        reason=(
            f"{finding.reason}; once more with fresh problems: {good:,} of {trials:,}. A proven bound "
            "is exceeded, so "
            f"this is a cheat or a refutation. Excluded: {'; '.join(excluded)}. Not excluded: "
            f"{'; '.join(open_)}"
        ),
    )


def threshold(game: Game, mine: Placement, needed: float) -> Finding:
    """Whether a budget that was shown to be enough is less than any algorithm needs."""
    refuted = mine.hi < needed
    enough = f"enough at {mine.hi:g} calls" if math.isfinite(mine.hi) else "no budget was shown to be enough"
    return Finding(
        kind="threshold",
        about=game.name,
        statement=f"No algorithm succeeds with probability 3/4 with fewer than {needed:.4g} calls.",
        claims=_claims(game),
        status=Status.REFUTED if refuted else Status.HOLDS,
        reason=f"{enough}, too few at {mine.lo:g} ({mine.trials:,} runs), and {needed:.4g} are needed",
        lo=mine.lo,
        hi=mine.hi,
        bound=needed,
        trials=mine.trials,
    )


def _claims(game: Game) -> tuple[str, ...]:
    return _CLAIMS[game.family.split()[0].rstrip(",")]

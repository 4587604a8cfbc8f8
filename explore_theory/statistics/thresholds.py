"""Thresholds: the smallest budget that succeeds often enough, by a stochastic bisection with an interval.

A learner's chance of success does not fall with its budget; the threshold is the smallest budget whose chance
is at least a stated level. Runs are coin flips, so each comparison of the bisection may err, and near the
threshold none can be decided. Here no comparison is a guess: each is made by a confidence sequence, or left
open, and the answer is the interval of budgets that remain.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import above, whole
from explore_theory.statistics.arguments import error_level, share
from explore_theory.statistics.sequences import bernoulli_sequence

#: The most budgets of one search.
MOST_BUDGETS = 10**6
#: ``successes(budget, first_row, rows)``: how many of the replicates ``first_row .. first_row + rows - 1``
#: succeed with this budget. Replicates are independent of each other; budgets may share their streams.
Successes = Callable[[int, int, int], int]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What the runs at one budget showed: too short, enough, or neither."""

    budget: int
    successes: int
    trials: int
    verdict: Literal["short", "enough", "open"]


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """The smallest sufficient budget exceeds `lo` and is at most `hi`.

    `lo` is 0 if no budget was shown to be short, `hi` infinite if none was shown to be enough. `probes` are
    in the order in which they were made.
    """

    lo: float
    hi: float
    level: float
    alpha: float
    probes: tuple[Probe, ...]

    @property
    def trials(self) -> int:
        """Runs at all budgets together."""
        return sum(probe.trials for probe in self.probes)

    def describe(self) -> str:
        """``success probability .5 needs a budget in (64, 91] (level 1 - 1e-3, 1,234 runs at 7 budgets)``."""
        undecided = sum(probe.verdict == "open" for probe in self.probes)
        return (
            f"success probability {self.level:g} needs a budget in ({self.lo:g}, {self.hi:g}] "
            f"(level 1 - {self.alpha:g}, {self.trials:,} runs at {len(self.probes)} budgets"
            + (f", {undecided} left open)" if undecided else ")")
        )


def smallest_budget(
    successes: Successes,
    *,
    level: float,
    alpha: float,
    first: int,
    last: int,
    ratio: float = 2.0,
    most_rows: int = 4096,
    block: int = 32,
) -> Threshold:
    """An interval for the smallest budget whose success probability is at least `level`.

    The budgets ``first, first ratio, .., last`` are searched. A budget is run in blocks, each as large as all
    before, until `bernoulli_sequence` at ``alpha / (number of budgets)`` puts its success probability below
    `level` (short), or at or above it (enough), or `most_rows` are spent (open). The next budget is the
    middle one of those not yet run above the largest short and below the least that was enough, so open
    budgets are closed in on from both sides.

    The intervals of all budgets, run or not, hold together with probability ``1 - alpha`` by the union bound:
    neither the choice of budgets, nor when each was left, nor streams shared between budgets cost anything.
    That probabilities do not fall with the budget is assumed: it is what makes one budget speak for the
    others. (The problem is the noisy binary search of Karp and Kleinberg, SODA 2007.)

    Parameters
    ----------
    successes
        Does the runs; a function of its arguments alone, so that the answer can be repeated. Rows start at 0
        at each budget.
    level
        In (0, 1).
    alpha
        Error level in (0, 1) of the whole search.
    first, last
        The least and largest budget, whole numbers, ``1 <= first < last``.
    ratio
        Between budgets, above 1: the resolution of the answer.
    most_rows
        Runs at one budget.
    block
        Runs before the first look.

    Raises
    ------
    InvalidProblem
        If an argument is out of range, or `successes` gives something else than a count of its rows.
    """
    alpha = error_level(alpha)
    level = share("level", level)
    block = whole("block", block, least=1)
    most_rows = whole("most_rows", most_rows, least=block)
    budgets = geometric_budgets(first, last, ratio)
    short, enough = -1, len(budgets)
    probes: dict[int, Probe] = {}
    while candidates := [place for place in range(short + 1, enough) if place not in probes]:
        place = candidates[len(candidates) // 2]
        probe = _probe(successes, budgets[place], level, alpha / len(budgets), most_rows, block)
        probes[place] = probe
        if probe.verdict == "short":
            short = place
        elif probe.verdict == "enough":
            enough = place
    return Threshold(
        lo=float(budgets[short]) if short >= 0 else 0.0,
        hi=float(budgets[enough]) if enough < len(budgets) else math.inf,
        level=level,
        alpha=alpha,
        probes=tuple(probes.values()),
    )


def geometric_budgets(first: int, last: int, ratio: float) -> tuple[int, ...]:
    """``first, first ratio, .., last``, rounded up to whole numbers, each once."""
    first = whole("first", first, least=1)
    last = whole("last", last, least=first + 1)
    ratio = above("ratio", ratio, 1.0)
    steps = math.ceil(math.log(last / first) / math.log(ratio) - 1e-9)
    if steps > MOST_BUDGETS:
        raise InvalidProblem(f"ratio must leave at most {MOST_BUDGETS} budgets, got ratio={ratio!r}")
    inner = {math.ceil(first * ratio**step - 1e-9) for step in range(1, steps)}
    return (first, *sorted(budget for budget in inner if first < budget < last), last)


def _probe(
    successes: Successes, budget: int, level: float, alpha: float, most_rows: int, block: int
) -> Probe:
    """Runs at one budget until it is decided or its rows are spent."""
    good = done = 0
    verdict: Literal["short", "enough", "open"] = "open"
    while verdict == "open" and done < most_rows:
        rows = min(max(block, done), most_rows - done)
        count = successes(budget, done, rows)
        good += whole("successes", count, least=0, most=rows)
        done += rows
        lo, hi = bernoulli_sequence(good, done, alpha)
        if hi < level:
            verdict = "short"
        elif lo >= level:
            verdict = "enough"
    return Probe(budget=budget, successes=good, trials=done, verdict=verdict)

"""Where a bound loses: the steps of a proof on one run, and the slack of each check and of what it uses."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from explore_theory.harness.judging.outcomes import Result
from explore_theory.reporting import text

#: A case that keeps these notes takes a proof apart: for each step its name and the orders of magnitude lost.
NAMES, ORDERS = "name", "orders lost"
#: Slack beyond which a bar ends: it says that the bound is far, not how far.
_MOST = 6.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """One bar: where it starts and how wide it is, in per cent of the whole width."""

    name: str
    words: str
    start: float
    width: float
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Fall:
    """A proof on the runs of one case: each step begins where the one before has ended."""

    case: str
    total: str
    steps: tuple[Step, ...]


def falls(result: Result) -> list[Fall]:
    """A waterfall for each case that takes its proof apart."""
    found = []
    for case in result.cases:
        notes: Mapping[str, object] = case.summary.notes if case.summary else {}
        names, orders = notes.get(NAMES), notes.get(ORDERS)
        if not (isinstance(names, list) and isinstance(orders, list) and len(names) == len(orders) > 0):
            continue
        lost = [float(order) for order in orders]
        total = sum(lost)
        if not (math.isfinite(total) and total > 0):
            continue
        # A step may gain: the whole width is from the least to the most that is lost on the way.
        places = [*accumulate(lost, initial=0.0)]
        start, scale = min(places), 100 / (max(places) - min(places))
        steps = [
            Step(
                name=str(name),
                words=f"{order:.2f} orders, a factor {text.ratio(10**order)}",
                start=scale * (min(at, then) - start),
                width=scale * abs(order),
            )
            for name, order, (at, then) in zip(names, lost, pairwise(places), strict=True)
        ]
        words = f"{total:.2f} orders of magnitude from the stated bound to what was measured"
        found.append(Fall(case=f"{case.check}/{case.case}", total=words, steps=tuple(steps)))
    return found


def ladder(result: Result, used: Mapping[str, Result]) -> list[Step]:
    """The slack of each check at its tightest comparison, and of each claim that this one uses, as bars.

    They are of different instances: nothing adds up. Equalities and checks without a slack are left out; so
    is everything if there is nothing to hold against each other.
    """
    checks: dict[str, float] = {}
    for case in result.cases:
        if case.slack is not None and case.relation != "==":
            checks[case.check] = min(case.slack, checks.get(case.check, math.inf))
    rows = [(f"check {name}", slack, "") for name, slack in checks.items()]
    for label, other in used.items():
        if other.slack is not None and other.record["relation"] != "==":
            rows.append((f"{label}, which it uses", other.slack, label))
    return _bars(rows) if len(rows) > 1 else []


def _bars(rows: Sequence[tuple[str, float, str]]) -> list[Step]:
    orders = [min(_MOST, abs(math.log10(slack))) if 0 < slack < math.inf else _MOST for _, slack, _ in rows]
    widest = max(orders) or 1.0
    return [
        Step(
            name=name,
            words=f"{text.ratio(slack)} times" + ", beyond its bound" * (slack < 1),
            start=0.0,
            width=100 * order / widest,
            href=href,
        )
        for (name, slack, href), order in zip(rows, orders, strict=True)
    ]

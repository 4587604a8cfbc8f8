"""What runs of Lemma H.1's program are measured by, and what LH1 states of them.

Letters: `m` clauses of at most `k` literals, `T` reward queries.
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.algorithms.proper.reduction import printed_beta
from explore_theory.harness import Bound, Measurement, Tally
from proofs_checks.proper_policy_hardness.reduction_runs import DELTA, Group, share_accurate


def yes(world: tuple[Group, ...]) -> Tally:
    """How often the answer is YES."""
    said = np.concatenate([group.decision.yes for group in world])
    return Tally(successes=int(said.sum()), trials=said.size)


def stated_for_runs(world: tuple[Group, ...]) -> Bound:
    """``(1 - c)^T - 1/4``, the same for all formulas of at most `k` literals."""
    group = world[0]
    k, tau = int(group.params["k"]), float(group.decision.threshold)
    beta = printed_beta(k, DELTA)
    q, w = np.exp(-1 / beta), np.exp(-1 / (beta * k))
    u = tau + (1 - tau) * w
    return Bound.of(float((1 - u / (1 - q + u)) ** group.queries - 0.25))


def keeps_promise(world: tuple[Group, ...]) -> bool:
    """Accurate in three runs of four where the assignment pays."""
    return share_accurate(world) >= 0.75


def valuable(world: tuple[Group, ...]) -> bool:
    """Every formula has an assignment of share ``delta``."""
    return all(group.known.least >= DELTA * group.known.formula.m for group in world)


Rule = Callable[[Group], tuple[Any, int]]


def as_decided(group: Group) -> tuple[Any, int]:
    """The answers, and the least number of clauses above the threshold."""
    exceed = group.decision.threshold * group.known.formula.m
    return group.decision.yes, exceed.numerator // exceed.denominator + 1


def at_the_threshold(group: Group) -> tuple[Any, int]:
    """False: YES at the threshold already."""
    _, needed = as_decided(group)
    share = [Fraction(int(found), group.known.formula.m) for found in group.decision.satisfied]
    return np.array([x >= group.decision.threshold for x in share]), needed


def gap_dropped(group: Group) -> tuple[Any, int]:
    """False: YES is taken for a share of ``delta``."""
    return group.decision.yes, int(np.ceil(DELTA * group.known.formula.m))


def proved_by_yes(world: tuple[Group, ...], rule: Rule = as_decided) -> Measurement:
    """In every row the clauses that YES promises, twice; 0 after NO."""
    promised: list[int] = []
    for group in world:
        said, needed = rule(group)
        for answer in said:
            promised += [needed * bool(answer)] * 2
    return Measurement.exact(promised, effort=len(promised) // 2, unit="runs")


def known_of_formula(world: tuple[Group, ...]) -> Bound:
    """In every row the clauses that the assignment shown satisfies, and the most that any does."""
    return Bound.of(
        [
            count
            for group in world
            for signs in group.decision.assignment
            for count in (group.known.count(signs), group.known.most)
        ]
    )


def spent(world: tuple[Group, ...]) -> Measurement:
    """In every row parameters compared, reward queries, and oracle calls."""
    columns = [(g.decision.parameters, g.decision.queries, g.decision.calls) for g in world]
    rows = np.concatenate([np.stack(group, axis=-1) for group in columns])
    return Measurement.exact(rows.ravel(), effort=len(rows), unit="runs")


def allowed(world: tuple[Group, ...], *, final: int = 1, factor: float = 1.0) -> Bound:
    """``T + 1``, `T`, and the calls of the learner alone."""
    found: list[float] = []
    for group in world:
        for calls in group.alone(pays=False)[1].compute:
            found += [group.queries + final, group.queries, factor * calls]
    return Bound.of(found)


def swapped(world: tuple[Group, ...]) -> Tally:
    """False: YES if the share is at most the threshold."""
    honest = yes(world)
    return replace(honest, successes=honest.trials - honest.successes)

"""PK4: many tasks with different numbers of attempts: average estimates, do not pool attempts, do not stop
early.

Statement. Task `t` has `n_t` attempts, of which `c_t` pass, with chance `p_t` each; ``theta_t = 1 - (1 -
p_t)^k``.

1. Where ``k <= n_t`` for all, the plain mean of the estimates ``1 - C(n_t - c_t, k)/C(n_t, k)`` has the mean
of the `theta_t`, whatever the `n_t` are.
2. Pooled, ``1 - C(n - c, k)/C(n, k)`` with ``n = sum n_t`` and ``c = sum c_t`` is too large: its mean is at
least ``sum_t (n_t/n) theta_t``, with equality where all `p_t` are equal, or ``k = 1``.
3. Where attempts at a task end with the first pass, at most `m` of them, the share of passes has mean
``sum_{j <= m} p (1 - p)^(j-1)/j``, which is at least `p`, and exceeds it for ``m >= 2`` and ``0 < p < 1``.

Proof. (2) The mean of what is pooled is one minus that of ``prod_{i in S} q_{t(i)}`` over sets `S` of `k` of
the `n` attempts: by Maclaurin's inequality for elementary symmetric means it is at most the mean of ``q_t^k``
over attempts. (3) `j` attempts with a pass at the end have a share of ``1/j``, all others zero.

What is checked. Two and three tasks with all ``n_t <= 3``, `p_t` in multiples of 1/4, ``k <= 3``, over all
counts. (3) for ``m <= 8`` over all outcomes.

What is not. More tasks: the proof covers them.

Why trust it. Means are sums over all counts, in rationals.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.claims import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Trial,
)
from proofs_checks.pass_at_k.attempts import chances, mean, without_replacement


@dataclass(frozen=True)
class Tasks:
    """The number of attempts at each task and its chance, and `k`."""

    sizes: tuple[int, ...]
    chances: tuple[Fraction, ...]
    k: int

    def words(self) -> dict[str, Any]:
        """The tasks for a reader."""
        return {"n": str(self.sizes), "p": ", ".join(map(str, self.chances)), "k": self.k}

    def thetas(self) -> list[Fraction]:
        """pass@k of each task."""
        return [1 - (1 - p) ** self.k for p in self.chances]


def tasks(trial: Trial, *, each_has_k: bool = False) -> tuple[Tasks, ...]:
    """All of a size that have `k` attempts together, or each."""
    count, most, grid = (int(trial.case.params[name]) for name in ("tasks", "most", "grid"))
    points = [Fraction(j, grid) for j in range(grid + 1)]
    found = []
    for sizes in itertools.combinations_with_replacement(range(1, most + 1), count):
        for p in itertools.product(points, repeat=count):
            found += [Tasks(sizes, p, k) for k in range(1, most + 1) if sum(sizes) >= k]
    return tuple(each for each in found if not each_has_k or min(each.sizes) >= each.k)


def pooled(each: Tasks) -> Fraction:
    """The mean of the estimate from all attempts together, over all counts."""
    table = without_replacement(sum(each.sizes), each.k)
    laws = [chances(n, p) for n, p in zip(each.sizes, each.chances, strict=True)]
    found = Fraction(0)
    for counts in itertools.product(*(range(n + 1) for n in each.sizes)):
        chance = math.prod((law[c] for law, c in zip(laws, counts, strict=True)), start=Fraction(1))
        found += chance * table[sum(counts)]
    return found


def averaged(each: Tasks) -> Fraction:
    """The mean of the plain mean of the estimates."""
    pairs = zip(each.sizes, each.chances, strict=True)
    return sum((mean(without_replacement(n, each.k), p) for n, p in pairs), Fraction(0)) / len(each.sizes)


def by_attempts(each: Tasks) -> Fraction:
    """``sum_t (n_t/n) theta_t``."""
    weighted = (n * theta for n, theta in zip(each.sizes, each.thetas(), strict=True))
    return sum(weighted, Fraction(0)) / sum(each.sizes)


def by_tasks(each: Tasks) -> Fraction:
    """The mean of the `theta_t`."""
    return sum(each.thetas(), Fraction(0)) / len(each.sizes)


def measured(value: Callable[[Tasks], Fraction]) -> Callable[[tuple[Tasks, ...]], Measurement]:
    """`value` of all tasks."""
    return lambda world: Measurement.exact(
        [value(each) for each in world], unit="sets of tasks", witness=lambda k: world[k].words()
    )


def bounds(value: Callable[[Tasks], Fraction]) -> Callable[[tuple[Tasks, ...]], Bound]:
    """`value` of all tasks, as what is stated."""
    return lambda world: Bound.of([value(each) for each in world])


def stopped(trial: Trial) -> tuple[tuple[int, Fraction], ...]:
    """How many attempts at most, and the chance of a pass."""
    most = int(trial.case.params["most"])
    return tuple((m, Fraction(j, 10)) for m in range(1, most + 1) for j in range(11))


def shares(world: tuple[tuple[int, Fraction], ...]) -> Measurement:
    """The mean share of passes where the first pass ends it, from all outcomes of `m` attempts."""
    found = []
    for m, p in world:
        total = Fraction(0)
        for order in itertools.product((0, 1), repeat=m):
            made = order.index(1) + 1 if 1 in order else m
            total += p ** sum(order) * (1 - p) ** (m - sum(order)) * Fraction(max(order), made)
        found.append(total)
    return Measurement.exact(found, unit="rules", witness=lambda k: {"m": world[k][0], "p": str(world[k][1])})


def stated_shares(world: tuple[tuple[int, Fraction], ...]) -> Bound:
    """``sum_{j <= m} p (1 - p)^(j-1)/j``."""
    return Bound.of(
        [sum((p * (1 - p) ** (j - 1) / j for j in range(1, m + 1)), Fraction(0)) for m, p in world]
    )


SIZES = (
    Case(slug="two-tasks", params={"tasks": 2, "most": 3, "grid": 4}, tight=True),
    Case(slug="three-tasks", params={"tasks": 3, "most": 3, "grid": 2}, tight=True),
    Case(slug="three-finer", params={"tasks": 3, "most": 4, "grid": 4}, tight=True, tiers=("full",)),
)
STOPPED = (Case(slug="to-6", params={"most": 6}, tight=True),)

CLAIM = Claim(
    id="PK4",
    slug="many-tasks",
    theorem="pass_at_k",
    title="Over many tasks: average the estimates, do not pool attempts or stop at a pass",
    statement=(
        "The plain mean over tasks of 1 - C(n_t-c_t, k)/C(n_t, k) is unbiased for mean pass@k, k <= n_t; "
        "pooled attempts have a mean of at least sum (n_t/n) theta_t, an equality where all p_t are equal; a "
        "share of passes that a pass ends has a mean of at least p."
    ),
    formula=(
        r"\mathbb{E}\Big[1 - \tbinom{\sum n_t - \sum c_t}{k}\big/\tbinom{\sum n_t}{k}\Big] \ge "
        r"\sum_t \tfrac{n_t}{\sum n_t}\, \theta_t"
    ),
    relation=">=",
    scope="Two and three tasks with all attempts to 3, chances in quarters and halves, exactly.",
    source="Derived here; Maclaurin's inequality (1729) for what is pooled.",
    uses=("PK1",),
    checks=(
        Check(
            slug="pooled",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=tasks,
            measure=measured(pooled),
            bound=bounds(by_attempts),
        ),
        Check(
            slug="averaged",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=lambda trial: tasks(trial, each_has_k=True),
            measure=measured(averaged),
            bound=bounds(by_tasks),
            relation="==",
        ),
        Check(
            slug="stopped",
            evidence=Evidence.EXHAUSTIVE,
            cases=STOPPED,
            instance=stopped,
            measure=shares,
            bound=stated_shares,
            relation="==",
        ),
        Check(
            slug="stopped-is-more",
            evidence=Evidence.EXHAUSTIVE,
            cases=STOPPED,
            instance=stopped,
            measure=shares,
            bound=lambda world: Bound.of([p for _, p in world]),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="pooling-is-unbiased",
            why="an equality",
            check="pooled",
            relation="==",
            cases=("two-tasks",),
        ),
        FalseVariant(
            slug="weighted-by-attempts",
            why="the plain mean estimates the mean over attempts",
            check="averaged",
            bound=bounds(by_attempts),
            cases=("two-tasks",),
        ),
        FalseVariant(
            slug="pooled-over-tasks",
            why="pooled, at least the mean over tasks",
            check="pooled",
            bound=bounds(by_tasks),
            cases=("two-tasks",),
        ),
        FalseVariant(
            slug="a-pass-may-end-it",
            why="the share of passes has mean p",
            check="stopped-is-more",
            relation="==",
        ),
        FalseVariant(
            slug="attempts-until-the-pass",
            why="1/m for each pass, as if all attempts had been made",
            check="stopped",
            bound=lambda world: Bound.of([(1 - (1 - p) ** m) / m for m, p in world]),
        ),
    ),
)

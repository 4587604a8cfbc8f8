"""Runs of proper learners on the paper's instance: by enumeration, by dynamic program, and one by hand.

What T41 measures, and its bounds. The rewards of a formula are planted at ones: flipping variables permutes
formulas.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from explore_theory.harness import Bound, Measurement, Trial
from proofs_checks.proper_policy_hardness.clauses import STEPS, Clause, all_clauses, all_formulas, text
from proofs_checks.proper_policy_hardness.one_prompt import ONE, ZERO, OnePrompt, Point, variation
from proofs_checks.proper_policy_hardness.p3_same_data import NOISES

NEVER: Clause = frozenset({1, -1})
#: ``e^{-1/(12 beta)}``.
SIZES = (Fraction(1, 2), Fraction(9, 10))
Change = Callable[[OnePrompt], OnePrompt]


def worlds(trial: Trial) -> list[OnePrompt]:
    """Every formula of the case, ones planted: flipping variables permutes formulas."""
    params = trial.case.params
    n, k = int(params["n"]), int(params["k"])
    noise = NOISES[str(params.get("noise", "none"))]
    formulas = all_formulas([*all_clauses(n, k), NEVER], int(params["m"]))
    # Strategies that look at all that is shown are many: one size.
    sizes = SIZES[-1:] if params.get("looks") == "all" else SIZES
    return [OnePrompt(f, n, t, (1,) * n, noise) for f in formulas for t in sizes]


def label(world: OnePrompt) -> dict[str, Any]:
    """Formula and ``e^{-1/beta}``."""
    return {"formula": text(world.formula), "e^(-1/beta)": str(world.q)}


# --- transcripts --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Played:
    """The distinct pairs (total variation, masses off 0 of the blind run) of strategies."""

    pairs: dict[tuple[Fraction, tuple[Fraction, ...]], dict[str, Any]]
    effort: int


def played(trial: Trial, change: Change = lambda world: world) -> Played:
    """Every strategy on every formula of the case."""
    params, queries = trial.case.params, int(trial.case.params["T"])
    pairs: dict[tuple[Fraction, tuple[Fraction, ...]], dict[str, Any]] = {}
    effort = 0
    for world in map(change, worlds(trial)):
        # Where all clauses pay something and there is no noise, a clause tells the world.
        if params.get("kind") == "all-pay" and ZERO in world.rewards[1:]:
            continue
        for strategy in world.strategies(queries, detailed=params.get("looks") == "all"):
            masses = tuple(world.mass[theta] for theta in world.blind_run(strategy, queries))
            pairs.setdefault((variation(world.transcripts(strategy, queries)), masses), label(world))
            effort += 1
    return Played(pairs, effort)


def variations(found: Played) -> Measurement:
    """The total variation of the transcripts."""
    labels = list(found.pairs.values())
    return Measurement.exact(
        [tv for tv, _ in found.pairs], effort=found.effort, unit="strategies", witness=lambda j: labels[j]
    )


def shown(found: Played, last: int | None = None) -> Bound:
    """``1 - S``, over all queries of the blind run or the first `last`."""
    survivals = []
    for _, masses in found.pairs:
        survival = ONE
        for mass in masses[:last]:
            survival *= 1 - mass
        survivals.append(1 - survival)
    return Bound.of(survivals)


def largest_variation(trial: Trial) -> Measurement:
    """The largest total variation of a strategy of each game."""
    games, queries = worlds(trial), int(trial.case.params["T"])
    looks = trial.case.params.get("looks") == "all"
    found = [
        max(variation(g.transcripts(s, queries)) for s in g.strategies(queries, detailed=looks))
        for g in games
    ]
    return Measurement.exact(found, unit="games", witness=lambda j: label(games[j]))


def by_program(trial: Trial, more: int = 0) -> Bound:
    """The same by the dynamic program: the chances of naming either world rightly add to 1 + TV."""
    queries = int(trial.case.params["T"]) + more
    return Bound.of([g.most_successes(queries, frozenset(g.grid)) - 1 for g in worlds(trial)])


# --- all learners -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """A game, its queries, the share ``tau`` that no learner may exceed, and the longest length."""

    world: OnePrompt
    queries: int
    tau: Fraction
    k: int

    @property
    def low(self) -> frozenset[Point]:
        """The parameters whose signs satisfy at most ``tau``."""
        return frozenset(theta for theta in self.world.grid if self.world.share(theta) <= self.tau)

    def survival(self, floor: int = 1) -> Fraction:
        """``s``; with ``u = tau`` where `floor` is 0."""
        q = self.world.t**STEPS
        u = self.tau + (1 - self.tau) * floor * self.world.t ** (STEPS // self.k)
        return (1 - q) / (1 - q + u)

    @property
    def least(self) -> Fraction:
        """`r`: the least mass of 0."""
        return 1 - max(self.world.mass.values())

    def describe(self) -> dict[str, Any]:
        """What a reader needs to play it."""
        return {**label(self.world), "T": self.queries, "tau": str(self.tau)}


def limits(trial: Trial, change: Change = lambda world: world) -> list[Limit]:
    """Every formula, number of queries and share."""
    params = trial.case.params
    found = []
    for world in map(change, worlds(trial)):
        shares = sorted({world.share(theta) for theta in world.grid} - {ONE})
        for queries, tau in itertools.product(range(1, int(params["T"]) + 1), shares):
            found.append(Limit(world, queries, tau, int(params["k"])))
    return found


def free(trial: Trial) -> list[Limit]:
    """Learners that may name any share: as if ``tau`` were 1."""
    queries = range(1, int(trial.case.params["T"]) + 1)
    k = int(trial.case.params["k"])
    return [Limit(world, T, ONE, k) for world in worlds(trial) for T in queries]


def least_failure(found: list[Limit]) -> Measurement:
    """The least ``2 delta'`` of a learner that names no share above ``tau`` before a clause is shown."""
    values = [2 - limit.world.most_successes(limit.queries, limit.low) for limit in found]
    return Measurement.exact(values, unit="games", witness=lambda j: found[j].describe())


def least_sampled(found: list[Limit], factor: Fraction = ONE) -> Measurement:
    """The least ``2 delta' + s P_0(a share above tau is named before a clause is shown)`` of a learner."""
    values = [
        2 - limit.world.most_successes(limit.queries, limit.low, factor * limit.survival()) for limit in found
    ]
    return Measurement.exact(values, unit="games", witness=lambda j: found[j].describe())


def survivals(found: list[Limit], *, fewer: int = 0, floor: int = 1) -> Bound:
    """``s^T``."""
    return Bound.of([limit.survival(floor) ** (limit.queries - fewer) for limit in found])


def best_survivals(found: list[Limit], *, fewer: int = 0) -> Bound:
    """``r^T``, `r` the least mass of 0."""
    return Bound.of([limit.least ** (limit.queries - fewer) for limit in found])


# --- an explicit learner ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mixture:
    """With some chance a learner names `high` throughout, else `low`; of the worlds the likelier."""

    world: OnePrompt
    low: Point
    high: Point
    chance: Fraction
    queries: int

    def failure(self) -> Fraction:
        """``2 delta'``, by the transcripts of both of its parts."""
        parts = ((self.chance, self.high), (1 - self.chance, self.low))
        return sum((share * (1 - self._variation(theta)) for share, theta in parts), ZERO)

    def _variation(self, theta: Point) -> Fraction:
        return variation(self.world.transcripts(defaultdict(lambda: theta), self.queries))


def mixtures(trial: Trial) -> list[Mixture]:
    """Chances in fifths on formulas that the ones satisfy."""
    formulas: tuple[tuple[Clause, ...], ...] = (
        (frozenset({1}),),
        (frozenset({1, 2}),),
        (frozenset({1}), frozenset({1, 2})),
    )
    queries = int(trial.case.params["T"])
    return [
        Mixture(OnePrompt(f, 2, t, (1, 1), NOISES["none"]), low, (1, 1), Fraction(j, 5), queries)
        for f, t, low, j in itertools.product(formulas, SIZES, ((0, 0), (1, 0), (-1, 1)), range(1, 5))
        if OnePrompt(f, 2, t, (1, 1), NOISES["none"]).mass[low]
        < OnePrompt(f, 2, t, (1, 1), NOISES["none"]).mass[1, 1]
    ]


def chances(found: list[Mixture]) -> Measurement:
    """How often the larger mass is named in the blind run."""
    return Measurement.exact([mixture.chance for mixture in found], unit="learners")


def least_chance(found: list[Mixture], *, best: bool = True) -> Bound:
    """``(s^T - 2 delta')/(s^T - r^T)``; as if ``r = 0`` where `best` is False."""
    values = []
    for mixture in found:
        s, r = ((1 - mixture.world.mass[theta]) ** mixture.queries for theta in (mixture.low, mixture.high))
        values.append((s - mixture.failure()) / (s - r * best))
    return Bound.of(values)

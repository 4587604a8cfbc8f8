"""Whole laws of small scripted learners where an assignment is worth something, and where nothing is.

A learner makes `T` reward queries on the embedding of a formula, as a proper one may: the parameters `plays`
while every response has been 0, and from the first clause on the last one again. What it returns depends on
what it has seen. `Alg'` of Lemma H.1 takes, of all parameters played and the returned one, one with the most
mass off 0, and says YES if its signs satisfy more than a share `tau` of the clauses.

Everything is a sum over the first clause and the query that showed it, in rationals. The assignment that is
worth something is all ones; zeros have the sign `zero`. Letters as in `clauses`.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from explore_theory.harness import Bound, Measurement, Trial
from proofs_checks.proper_policy_hardness.clauses import (
    STEPS,
    Clause,
    all_clauses,
    all_formulas,
    clause_steps,
    contradictory,
    satisfied,
    text,
)

Point = tuple[int, ...]
ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Instance:
    """The embedding of a formula on `n` variables, ``e^{-1/(12 beta)} = t``; by lengths."""

    formula: tuple[Clause, ...]
    n: int
    t: Fraction
    zero: int = -1

    @property
    def ones(self) -> Point:
        """The assignment that is worth something."""
        return (1,) * self.n

    def weights(self, theta: Point) -> tuple[Fraction, ...]:
        """``pi_ref(i) e^{<theta, phi(i)>/beta}`` of each clause."""
        m = len(self.formula)
        return tuple(self.t ** clause_steps(clause, theta, None, False) / m for clause in self.formula)

    @cached_property
    def laws(self) -> dict[Point, tuple[Fraction, ...]]:
        """``pi_theta``, response 0 first, on the grid."""
        return {theta: self._law(theta) for theta in grid(self.n)}

    @cached_property
    def masses(self) -> dict[Point, Fraction]:
        """``sum_i pi_theta(i)`` on the grid."""
        return {theta: 1 - law[0] for theta, law in self.laws.items()}

    @cached_property
    def shares(self) -> dict[Point, Fraction]:
        """The share of clauses that the signs of a parameter satisfy, on the grid."""
        return {theta: self._share(theta) for theta in grid(self.n)}

    @cached_property
    def worths(self) -> tuple[Fraction, ...]:
        """``r*`` of the clauses."""
        return tuple(map(worth, self.formula))

    def _law(self, theta: Point) -> tuple[Fraction, ...]:
        weights = (1 - self.t**STEPS, *self.weights(theta))
        total = sum(weights, ZERO)
        return tuple(w / total for w in weights)

    def _share(self, theta: Point) -> Fraction:
        signs = [x or self.zero for x in theta]
        return Fraction(sum(satisfied(clause, signs) for clause in self.formula), len(self.formula))

    def bound(self, tau: Fraction, k: int) -> Fraction:
        """``c(tau) = u/(1 - q + u)``, ``u = tau + (1 - tau) e^{-1/(beta k)}``."""
        u = tau + (1 - tau) * self.t ** (STEPS // k)
        return u / (1 - self.t**STEPS + u)


def worth(clause: Clause) -> Fraction:
    """``r*`` of a clause where all ones are worth something."""
    if contradictory(clause):
        return ZERO
    return Fraction(sum(1 if v > 0 else -1 for v in clause), len(clause))


def grid(n: int) -> Iterator[Point]:
    """Parameters with coordinates 1, 0 and -1."""
    return itertools.product((1, 0, -1), repeat=n)


@dataclass(frozen=True)
class Learner:
    """A script.

    Parameters
    ----------
    plays
        `T` parameters.
    unseen, unworth
        Whether it returns ``theta*`` where no clause was shown, and where the one shown is worth 0 in both
        worlds; else, and where it sees a clause that ought to pay and does not, it returns ``plays[0]``.
    """

    plays: tuple[Point, ...]
    unseen: bool
    unworth: bool


#: What `Alg'` says of all parameters played, the returned one last.
Answer = Callable[[Instance, Sequence[Point], Fraction], bool]


def heaviest(instance: Instance, played: Sequence[Point], tau: Fraction) -> bool:
    """Lemma H.1's answer."""
    return instance.shares[max(played, key=instance.masses.__getitem__)] > tau


def lightest(instance: Instance, played: Sequence[Point], tau: Fraction) -> bool:
    """False: the parameter with the least mass is taken."""
    return instance.shares[min(played, key=instance.masses.__getitem__)] > tau


def without_final(instance: Instance, played: Sequence[Point], tau: Fraction) -> bool:
    """False: the returned parameter is forgotten."""
    return heaviest(instance, played[:-1], tau)


def only_final(instance: Instance, played: Sequence[Point], tau: Fraction) -> bool:
    """False: only the returned parameter is looked at."""
    return heaviest(instance, played[-1:], tau)


def endings(
    instance: Instance, learner: Learner, pays: bool
) -> Iterator[tuple[Fraction, list[Point], Point]]:
    """Probability, parameters played and parameter returned, of every ending, whether or not one `pays`."""
    going, T = ONE, len(learner.plays)
    for t, theta in enumerate(learner.plays):
        law = instance.laws[theta]
        for worth_of, chance in zip(instance.worths, law[1:], strict=True):
            right = learner.unworth if worth_of == 0 else pays
            played = [*learner.plays[: t + 1], *[theta] * (T - t - 1)]
            yield going * chance, played, instance.ones if right else learner.plays[0]
        going *= law[0]
    yield going, list(learner.plays), instance.ones if learner.unseen else learner.plays[0]


def success(instance: Instance, learner: Learner) -> Fraction:
    """The probability that it returns an optimal policy where the assignment pays."""
    best = instance.laws[instance.ones]
    return sum((p for p, _, end in endings(instance, learner, True) if instance.laws[end] == best), ZERO)


def says_yes(instance: Instance, learner: Learner, tau: Fraction, answer: Answer = heaviest) -> Fraction:
    """The probability of YES where nothing pays."""
    return sum(
        (p for p, played, end in endings(instance, learner, False) if answer(instance, [*played, end], tau)),
        ZERO,
    )


def learners(n: int, queries: int) -> Iterator[Learner]:
    """All scripts of so many queries with coordinates -1, 0 and 1."""
    for plays in itertools.product(grid(n), repeat=queries):
        for unseen, unworth in itertools.product((True, False), repeat=2):
            yield Learner(plays, unseen, unworth)


def thresholds(instance: Instance, k: int) -> list[Fraction]:
    """Shares ``j/m`` that the statement admits: ``v/(1 - q + v) > c(tau)``, `v` that of all ones."""
    v, m = instance.shares[instance.ones], len(instance.formula)
    most = v / (1 - instance.t**STEPS + v) if v else ZERO
    return [Fraction(j, m) for j in range(m) if most > instance.bound(Fraction(j, m), k)]


def described(instance: Instance, learner: Learner, tau: Fraction) -> dict[str, str]:
    """The game for a reader."""
    return {
        "formula": text(instance.formula),
        "e^(-1/(12 beta))": str(instance.t),
        "plays": " ".join(map(str, learner.plays)),
        "returns theta* unseen": str(learner.unseen),
        "threshold": str(tau),
    }


NEVER: Clause = frozenset({1, -1})
SIZES = (Fraction(1, 2), Fraction(9, 10))


# --- measured and stated ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Game:
    """A learner on an instance, its threshold, and the probability that it fails."""

    instance: Instance
    learner: Learner
    tau: Fraction
    k: int
    zeta: Fraction

    @property
    def stated(self) -> Fraction:
        """``(1 - c)^T - zeta``."""
        return (1 - self.instance.bound(self.tau, self.k)) ** len(self.learner.plays) - self.zeta


def games(trial: Trial, *, failing: bool = False) -> list[Game]:
    """All formulas and learners of the case, at all thresholds ``j/m`` that are allowed.

    Those that fail so often that the statement is empty are left out, if not `failing`.
    """
    n, k, m, T = (int(trial.case.params[name]) for name in ("n", "k", "m", "T"))
    found: list[Game] = []
    for formula in all_formulas([*all_clauses(n, k), NEVER], m):
        for t in SIZES:
            instance = Instance(formula, n, t)
            if taus := thresholds(instance, k):
                for learner in learners(n, T):
                    zeta = 1 - success(instance, learner)
                    every = (Game(instance, learner, tau, k, zeta) for tau in taus)
                    found += [game for game in every if failing or game.stated > 0]
    return found


def yes_in_games(found: list[Game], answer: Answer = heaviest) -> Measurement:
    """The probability of YES where nothing pays."""
    return Measurement.exact(
        [says_yes(game.instance, game.learner, game.tau, answer) for game in found],
        unit="games",
        witness=lambda j: described(found[j].instance, found[j].learner, found[j].tau),
    )


def stated_in_games(found: list[Game]) -> Bound:
    """``(1 - c)^T - zeta``."""
    return Bound.of([game.stated for game in found])


def without_failures(found: list[Game]) -> Bound:
    """False: ``(1 - c)^T``, whatever the learner's failures."""
    return Bound.of([game.stated + game.zeta for game in found])


def without_floor(found: list[Game]) -> Bound:
    """False: `c` at ``u = tau``."""
    floorless: list[Fraction] = []
    for game in found:
        q = game.instance.t**STEPS
        c = game.tau / (1 - q + game.tau)
        floorless.append((1 - c) ** len(game.learner.plays) - game.zeta)
    return Bound.of(floorless)

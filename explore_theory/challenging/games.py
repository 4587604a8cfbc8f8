"""What a learner is challenged with: problems drawn from a seed, budgets, and what no algorithm can exceed.

Letters: `R` replicates, `C` coverage, `d` dimension, `N` responses, `k` literals per term.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np

from explore_theory import exact
from explore_theory.challenging import bounds
from explore_theory.challenging.judged import base_gap
from explore_theory.challenging.table import Budget
from explore_theory.formulas import Formula
from explore_theory.foundation.streams import Streams
from explore_theory.problems import DNF, BlankNeedle, Gaussian, HiddenNeedle, TabularProblem

#: So often an output must be accurate.
LEVEL = 0.75
#: Responses that no learner can name one by one.
HUGE = 10**18


class Game(Protocol):
    """A family of problems at one rung."""

    #: Whether it is for learners that say ``proper = True``.
    proper: ClassVar[bool]

    @property
    def family(self) -> str:
        """The name of its family."""

    @property
    def name(self) -> str:
        """What it is, in a few words."""

    @property
    def coverage(self) -> float:
        """What its difficulty grows with."""

    @property
    def eps(self) -> float:
        """An output is accurate up to this gap."""

    def problem(self, rows: Sequence[int], seed: int, purpose: str = "") -> Any:
        """The problem of replicates `rows`; where each has its own, another one for each `purpose`."""

    def budget(self, calls: int) -> Budget:
        """The budget of a run with so many calls."""

    def most_success(self, budget: Budget) -> float | None:
        """The largest success probability of any algorithm; None where nothing is proven."""

    def least_calls(self) -> float | None:
        """The fewest calls with which any algorithm succeeds with probability `LEVEL`; None as above."""


@dataclass(frozen=True, kw_only=True)
class NeedleGame:
    """The hidden needle, a world of its own for each replicate.

    Parameters
    ----------
    coverage
        `C`.
    blank
        The published instance, where a miss is always the blank.
    strong
        Whether the strong oracle is part of the game.
    responses
        `N`.
    rewards
        Reward rounds; None for as many as calls.
    """

    coverage: float
    blank: bool = False
    strong: bool = False
    responses: int = HUGE
    rewards: int | None = None
    dimension: int = 256
    beta: float = 0.125
    eps: float = 0.05
    proper: ClassVar[bool] = False

    @property
    def family(self) -> str:
        """The published instance or the spread one, and its oracle."""
        return f"{'blank' if self.blank else 'hidden'} needle, {'strong' if self.strong else 'weak'} oracle"

    @property
    def name(self) -> str:
        """With its coverage."""
        few = f", {self.responses} responses" if self.responses < HUGE else ""
        return f"{self.family}, C = {self.coverage:g}{few}"

    def problem(self, rows: Sequence[int], seed: int, purpose: str = "") -> HiddenNeedle:
        """A needle and a direction for each of `rows`, and others for each `purpose`."""
        kind = BlankNeedle if self.blank else HiddenNeedle
        return kind.draw(
            responses=self.responses,
            coverage=self.coverage,
            dimension=self.dimension,
            beta=self.beta,
            streams=Streams(("challenge", self.name, "world", purpose), rows, seed),
        )

    def budget(self, calls: int) -> Budget:
        """A reward round for each call, unless it says how many."""
        return Budget(
            calls=calls, rewards=calls if self.rewards is None else self.rewards, strong=self.strong
        )

    @cached_property
    def rate(self) -> float:
        """What a call takes off the logarithm of the chance to miss, at most."""
        return bounds.call_rate(self.coverage, self.dimension, self.beta, strong=self.strong)

    @cached_property
    def mass(self) -> float:
        """The least mass on the needle of an accurate output."""
        best = 1.0 / (1.0 + (self.coverage - 1.0) * math.exp(-1.0 / self.beta))
        return bounds.least_mass(best, self.beta, self.eps)

    def _share(self, budget: Budget) -> float:
        """The chance of what is named, two responses a round, and of the output's own guess."""
        left = self.responses - 1 if self.blank else self.responses - budget.calls
        return min(1.0, (2 * budget.rewards + 1) / max(left, 1))

    def most_success(self, budget: Budget) -> float:
        """See `bounds.most_success`."""
        return bounds.most_success(budget.calls, self.rate, self._share(budget), self.mass)

    def least_calls(self) -> float:
        """See `bounds.least_calls`; names are worth what they are at a million calls."""
        return bounds.least_calls(LEVEL, self.rate, self._share(self.budget(10**6)), self.mass)


@dataclass(frozen=True, kw_only=True)
class LinearGame:
    """A softmax problem with linear rewards, one for all replicates; its better half is rare.

    Responses with more than the median reward are `scarcity` times rarer than others. `N` unit features in
    `d` dimensions and ``theta*`` are drawn from the seed; noise is Gaussian. Budgets
    count reward rounds: `budget` takes the number of rounds, and gives `each` calls for every one.
    """

    scarcity: float
    responses: int = 64
    dimension: int = 4
    beta: float = 0.1
    sigma: float = 0.2
    #: The gap of an accurate output, over that of the base policy.
    part: float = 0.3
    each: int = 64
    proper: ClassVar[bool] = False
    _drawn: dict[int, TabularProblem] = field(default_factory=dict, repr=False, compare=False)
    seed: int = 0

    family: ClassVar[str] = "linear softmax"

    @property
    def name(self) -> str:
        """With its scarcity."""
        return f"{self.family}, good responses {self.scarcity:g} times rarer"

    @cached_property
    def coverage(self) -> float:
        """``C_cov``."""
        return float(exact.coverage(self._problem)[0])

    @cached_property
    def eps(self) -> float:
        """A share of the base policy's gap."""
        return self.part * base_gap(self._problem)

    @property
    def _problem(self) -> TabularProblem:
        return self.problem((), self.seed)

    def problem(self, rows: Sequence[int], seed: int, purpose: str = "") -> TabularProblem:
        """The one problem of `seed`, whatever the `purpose`."""
        if seed not in self._drawn:
            streams = Streams(("challenge", self.name, "world"), [0], seed)
            features = streams.child("features").normal(self.responses * self.dimension)
            features = features.reshape(self.responses, self.dimension)
            features /= np.sqrt((features * features).sum(axis=-1, keepdims=True))
            theta = streams.child("theta").normal(self.dimension)[0]
            theta *= 0.75 / np.sqrt((theta * theta).sum())
            reward = (features * theta).sum(axis=-1)
            base = np.where(reward > np.median(reward), 1 / self.scarcity, 1.0)
            self._drawn[seed] = TabularProblem(
                prompt_mass=np.ones(1),
                base=(base / base.sum())[None],
                features=features[None],
                reward=reward[None],
                beta=self.beta,
                theta_star=theta,
                parameter_radius=1.0,
                noise=Gaussian(self.sigma),
            )
        return self._drawn[seed]

    def budget(self, calls: int) -> Budget:
        """`calls` reward rounds, and `each` times as many calls."""
        return Budget(calls=self.each * calls, rewards=calls)

    def most_success(self, budget: Budget) -> None:
        """Nothing is proven here."""
        return

    def least_calls(self) -> None:
        """Nothing is proven here."""
        return


@dataclass(frozen=True, kw_only=True)
class FormulaGame:
    """Prompts that are `m` terms of `k` literals on `n` variables, satisfied by signs that nobody is told.

    For proper learners. The variables are drawn from the seed, once; signs are uniform, and those of a
    replicate its own (`proper_table.ProperTable`).
    """

    k: int
    n: int = 10
    m: int = 4
    eta: float = 0.02
    proper: ClassVar[bool] = True

    family: ClassVar[str] = "formulas, proper"

    @property
    def name(self) -> str:
        """With its number of literals."""
        return f"{self.family}, {self.m} terms of {self.k} literals"

    @property
    def beta(self) -> float:
        """As `DNF` has it."""
        return 1.0 / (4 * self.k * math.log(1 / self.eta))

    @property
    def coverage(self) -> float:
        """``2^k``: so many signs for each that satisfies a term."""
        return 2.0**self.k

    @property
    def eps(self) -> float:
        """Three tenths of the base policy's gap, which is about ``1/(2k)``."""
        return 0.15 / self.k

    def problem(self, rows: Sequence[int], seed: int, purpose: str = "") -> DNF:
        """The formula of `seed`; replicates see it through signs, others for each `purpose`."""
        streams = Streams(("challenge", self.name, "world"), [0], seed)
        order = np.argsort(
            streams.child("variables").uniform(self.m * self.n).reshape(self.m, self.n), axis=-1
        )
        signs = np.where(streams.child("signs").uniform(self.n)[0] < 0.5, -1, 1)
        terms = (order[:, : self.k] + 1) * signs[order[:, : self.k]]
        return DNF(
            formula=Formula(terms, n=self.n),
            eta=self.eta,
            assignment=signs.astype(np.int8),
            noise=Gaussian(0.1),
        )

    def budget(self, calls: int) -> Budget:
        """Two calls a round."""
        return Budget(calls=calls, rewards=calls // 2)

    @cached_property
    def mass(self) -> float:
        """The least mean mass on `star` of an accurate output."""
        log_odds = (4 * self.k - 2) * math.log(self.eta) + 1.0 / self.beta
        return bounds.least_mass(1.0 / (1.0 + math.exp(-log_odds)), self.beta, self.eps)

    def most_success(self, budget: Budget) -> float:
        """See `bounds.most_proper_success`."""
        return bounds.most_proper_success(budget.calls, self.k, self.eta, self.mass)

    def least_calls(self) -> float:
        """The same the other way round."""
        guess = 2.0**-self.k / (self.mass - self.eta**2)
        return max(0.0, (LEVEL - guess) / (2.0**-self.k + self.eta**2))

"""The only door between a learner and a problem: what a learner may ask, and what it gets back.

Letters: `R` replicates side by side, `m` draws per replicate, `d` feature dimension.
"""

from contextlib import AbstractContextManager
from typing import Protocol

import numpy.typing as npt

from explore_theory.oracles.answers import Ctx, Found, Rounds, Sample
from explore_theory.oracles.coins import Coins
from explore_theory.oracles.expressions import Condition, Term
from explore_theory.oracles.ledger import Ledger
from explore_theory.oracles.plans import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.problems.protocol import Bools, Facts, Floats


class Oracle(Protocol):
    """What a learner holds: `R` independent copies of the same process, one per replicate.

    Every call takes ``rows`` `[R]` (None: all) to leave some replicates out; those, and replicates that have
    run out of budget, are neither charged nor served. A call is checked first, charged next, answered last.
    """

    @property
    def facts(self) -> Facts:
        """What is known for free."""

    @property
    def R(self) -> int:
        """The number of replicates."""

    @property
    def active(self) -> Bools:
        """`[R]`: False for replicates that have run out of some budget."""

    @property
    def ledger(self) -> Ledger:
        """What has been spent."""

    @property
    def coins(self) -> Coins:
        """The learner's own randomness: one stream per replicate, independent of every answer."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Count what is spent inside the block under `name`."""

    def prompt(self, rows: Bools | None = None) -> Ctx:
        """A fresh prompt ``x ~ rho`` per replicate."""

    def draw(
        self, ctx: Ctx, m: int = 1, theta: npt.ArrayLike | None = None, rows: Bools | None = None
    ) -> Sample:
        """`m` independent responses from ``pi_ref`` (weak), or from ``pi_theta`` (strong)."""

    def search(
        self,
        ctx: Ctx,
        hit: Condition,
        budget: npt.ArrayLike,
        *,
        theta: npt.ArrayLike | None = None,
        pair: bool = False,
        rows: Bools | None = None,
    ) -> Found:
        """Draw until `hit`, at most `budget` tries."""

    def tilt(
        self,
        ctx: Ctx,
        log_weight: Term,
        log_cap: npt.ArrayLike,
        budget: npt.ArrayLike,
        *,
        rows: Bools | None = None,
    ) -> Found:
        """Draw until one is accepted, with chance ``min(1, exp(log_weight - log_cap))``; at most `budget`."""

    def log_mean_exp(self, ctx: Ctx, log_weight: Term, m: int, *, rows: Bools | None = None) -> Floats:
        """Log of the average of ``exp(log_weight)`` over `m` fresh responses, `[R]`."""

    def search_rounds(
        self,
        hit: Condition,
        rounds: npt.ArrayLike,
        per_round: int,
        *,
        pair: bool = False,
        rows: Bools | None = None,
    ) -> Rounds:
        """Rounds of a fresh prompt and a search, until one finds something."""

    def span(self, ridge: Ridge, plan: Span, rows: Bools | None = None) -> Spanned:
        """A whole spanner phase."""

    def explore(self, ridge: Ridge, plan: Exploration, rows: Bools | None = None) -> Explored:
        """Whole rounds of exploration by truncated softmax policies of a regression."""

    def reward(self, ctx: Ctx, y: npt.ArrayLike, y2: npt.ArrayLike, rows: Bools | None = None) -> Floats:
        """`[R, 2]`: the noisy rewards of the two responses named; once per prompt drawn."""

"""A learner on a problem, once: through the door that it says it needs, each replicate by itself.

A learner that is given `R` replicates at once could pool their data, and then what one run takes is not what
one run takes. So a learner plays one replicate at a time, a copy of it for each, unless it says that it is
``vectorised``. Both are checked: one replicate, derived from the seed, plays once more, alone, and must get
the same policy, charges and transcript, bit for bit.

Letters: `R` replicates.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np

from explore_theory import exact, oracles
from explore_theory.errors import InvalidProblem, OracleFault, OracleMisuse
from explore_theory.exact import processes, soft_dynamics
from explore_theory.foundation import markup
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole
from explore_theory.oracles.door import close
from explore_theory.oracles.ledger import Ledger, joined
from explore_theory.oracles.processes.density import density_tables
from explore_theory.oracles.tokens.sampler import token_tables
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.processes import DecisionProcess
from explore_theory.problems.protocol import Bools, Floats, Problem
from explore_theory.running.comparison import same

#: What the gap of a replicate may owe to its peers: some formulas choose their way by the largest row.
_ROUNDING = 1e-9


@runtime_checkable
class SplitsWorlds(Protocol):
    """A problem of several worlds that can be had one by one."""

    def world(self, row: int) -> Problem:
        """The world of replicate `row`, as a problem of one world."""


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class Played:
    """The outcome of `play`.

    Parameters
    ----------
    policies
        What the learner returned: once for all replicates if it is vectorised, else once for each.
    ledger
        What it spent, by kind and phase, a row per replicate.
    gap
        `[R]`: ``J(pi*) - J(pi)`` from the definition, in units of reward.
    within_budget
        `[R]`: False where a replicate ran out of budget on the way.
    checked
        The replicate that played once more, alone; None if there was only one.
    """

    learner: Any
    problem: Any
    policies: tuple[Any, ...]
    ledger: Ledger
    gap: Floats
    within_budget: Bools
    checked: int | None

    def _repr_html_(self) -> str:
        """For notebooks: who played what, how good it became, and what it spent."""
        who = f"{type(self.learner).__name__} on {type(self.problem).__name__}"
        gap = f"exact gap: mean {self.gap.mean():.6g}, largest {self.gap.max():.6g} (units of reward)"
        parts = [markup.heading(who), markup.paragraph(gap)]
        if out := int((~self.within_budget).sum()):
            parts.append(markup.paragraph(f"{out} of {self.gap.size} replicates ran out of budget"))
        return markup.block(*parts, markup.Html(self.ledger._repr_html_()))

    @property
    def policy(self) -> Any:
        """What a vectorised learner returned, or one that had a single replicate.

        Raises
        ------
        InvalidProblem
            If there are several.
        """
        if len(self.policies) > 1:
            raise InvalidProblem(
                f"policy must be one of policies for a learner that is not vectorised, "
                f"got {len(self.policies)} of them"
            )
        return self.policies[0]


def play(
    learner: Any,
    problem: Any,
    *,
    law: str = "exact-law",
    seed: int = 0,
    replicates: int = 1,
    budgets: Mapping[str, float] | None = None,
) -> Played:
    """Run `learner` on `replicates` independent copies of `problem`; arguments as for `oracles.open`.

    The problem and ``learner.proper`` say which oracle it holds: that of `oracles.open_tokens` on an
    autoregressive problem, of `oracles.open_density` on a decision process, of `oracles.open_proper` for a
    proper learner, else that of `oracles.open`.
    Only a vectorised learner is given several replicates at once.

    Raises
    ------
    OracleMisuse
        If the learner asks an oracle of its kind for what it does not answer, or if the replicate that plays
        once more gets something else: one line says which and what.
    OracleFault
        If the problem or the oracle failed; the error is its cause.
    BudgetExceeded
        As for `oracles.open` with one replicate, from a learner that is not vectorised.
    """
    playing = Playing(learner, problem, law=law, seed=seed, replicates=replicates, budgets=budgets)
    groups = (
        [range(playing.replicates)] if playing.vectorised else list(map(_alone, range(playing.replicates)))
    )
    outcomes = [playing.play(playing.open(group)) for group in groups]
    return Played(
        learner=learner,
        problem=problem,
        policies=tuple(outcome.policy for outcome in outcomes),
        ledger=joined([outcome.ledger for outcome in outcomes]),
        gap=np.concatenate([outcome.gap for outcome in outcomes]),
        within_budget=np.concatenate([outcome.active for outcome in outcomes]),
        checked=playing.checked,
    )


class Playing:
    """A learner that plays some replicates at a time; arguments and errors as for `play`.

    The replicate that is checked plays alone before any other, while nothing that the learner keeps outside
    itself can know of them.
    """

    def __init__(
        self,
        learner: Any,
        problem: Any,
        *,
        law: str = "exact-law",
        seed: int = 0,
        replicates: int = 1,
        budgets: Mapping[str, float] | None = None,
    ) -> None:
        _require_playable(learner, problem)
        self.replicates = whole("replicates", replicates, least=1)
        #: Whether it may be given several replicates at once.
        self.vectorised = flag(learner, "vectorised")
        self._name = type(learner).__name__
        several = self.replicates > 1
        self._case = _Case(learner, problem, law, seed, budgets, idles=self.vectorised and several)
        row = int(Streams(("play", self._name), [0], seed).integers(self.replicates, 1)[0, 0])
        #: The replicate that plays once more, alone; None if there is only one.
        self.checked = row if several else None
        self._by_itself: Outcome | None = None
        #: Whether the replicate that is checked is playing alone now.
        self.checking = False

    def open(self, rows: range) -> "Seat":
        """An oracle for `rows` (of one replicate, unless the learner is vectorised)."""
        return self._case.open(rows)

    def play(self, seat: "Seat") -> "Outcome":
        """What the learner makes of the replicates of `seat`.

        Raises
        ------
        OracleMisuse
            If one of them is the one that plays alone as well, and gets something else there.
        """
        row = self.checked
        if row is not None and self._by_itself is None:
            self.checking = True
            self._by_itself = self._case.run(self._case.open(_alone(row)), row)
            self.checking = False
        outcome = self._case.run(seat, row if row in seat.rows else None)
        if row is None or row not in seat.rows:
            return outcome
        assert self._by_itself is not None
        differs = _difference(outcome, self._by_itself, seat.rows.index(row))
        if differs is not None:
            raise OracleMisuse(
                f"learner must keep replicates apart, got another {differs} of {self._name} "
                f"(vectorised={self.vectorised}) in replicate {row} alone than among {self.replicates}; "
                "randomness of its own must come from oracle.coins, and nothing from outside the run"
            )
        return outcome


def _alone(row: int) -> range:
    return range(row, row + 1)


@brief
@dataclass(frozen=True, kw_only=True)
class Seat:
    """Some replicates, the problem that they play, and the oracle that they hold."""

    rows: range
    problem: Any
    oracle: Any

    @property
    def ledger(self) -> Ledger:
        """What they have spent so far."""
        return self.oracle.ledger  # type: ignore[no-any-return]


@brief
@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run over some rows left; `heard` is the transcript of the row that was watched, by part."""

    problem: Any
    policy: Any
    ledger: Ledger
    active: Bools
    heard: dict[str, Any]

    @cached_property
    def gap(self) -> Floats:
        """`[R]`, from the definition."""
        if isinstance(self.problem, AutoregressiveProblem):
            laws = [token_tables(self.problem, policy) for policy in self.policy.policies]
            return np.array([float(soft_dynamics.gap(self.problem, law)) for law in laws])
        if isinstance(self.problem, DecisionProcess):
            return processes.gap(self.problem, density_tables(self.problem, self.policy.policy))
        return np.broadcast_to(exact.gap(self.problem, self.policy), self.active.shape)


@dataclass(frozen=True)
class _Case:
    """One learner on one problem, to be run on some rows of the same streams."""

    learner: Any
    problem: Any
    law: str
    seed: int
    budgets: Mapping[str, float] | None
    #: A replicate that runs alone idles where it would among others.
    idles: bool

    def open(self, rows: range) -> Seat:
        """An oracle for `rows`."""
        problem = self._world(rows)
        return Seat(rows=rows, problem=problem, oracle=self._open(problem, rows))

    def run(self, seat: Seat, watched: int | None) -> Outcome:
        """What a copy of the learner makes of `seat`, the transcript of replicate `watched` kept."""
        oracle = seat.oracle
        oracle._watched = None if watched is None else watched - seat.rows[0]
        policy, failed, learner = None, None, self._copied()
        try:
            policy = learner.run(oracle)
        except Exception as error:
            failed = error
        if (fault := close(oracle, "belongs to a run that is over")) is not None:
            raise OracleFault("problem must be evaluated without an error, got one in this run") from fault
        if failed is not None:
            raise failed
        if policy is None:
            raise InvalidProblem(f"run must return a policy, got None from {type(self.learner).__name__}")
        active = np.array(getattr(oracle, "active", np.ones(len(seat.rows), dtype=bool)))
        heard = {} if watched is None else oracle._heard()
        outcome = Outcome(
            problem=seat.problem, policy=policy, ledger=oracle.ledger, active=active, heard=heard
        )
        # Evaluated now, while the policy can know of no later run.
        _ = outcome.gap
        return outcome

    def _copied(self) -> Any:
        try:
            return deepcopy(self.learner)
        except Exception as error:
            raise InvalidProblem(
                f"learner must be one that can be copied, for each run its own, got a "
                f"{type(self.learner).__name__}: {error}"
            ) from error

    def _open(self, problem: Any, rows: range) -> Any:
        proper = flag(self.learner, "proper")
        if proper and isinstance(problem, AutoregressiveProblem | DecisionProcess):
            kind = (
                "a decision process" if isinstance(problem, DecisionProcess) else "an autoregressive problem"
            )
            raise OracleMisuse(f"proper must be False of a learner on {kind}, got proper=True")
        if isinstance(problem, AutoregressiveProblem):
            streams = Streams(("token oracle",), rows, self.seed)
            return oracles.open_tokens(problem, law=self.law, streams=streams, budgets=self.budgets)
        if isinstance(problem, DecisionProcess):
            streams = Streams(("process oracle",), rows, self.seed)
            return oracles.open_density(problem, law=self.law, streams=streams, budgets=self.budgets)
        opened = oracles.open_proper if proper else oracles.open
        streams = Streams(("oracle",), rows, self.seed)
        return opened(problem, law=self.law, streams=streams, budgets=self.budgets, idles=self.idles)

    def _world(self, rows: range) -> Any:
        """The problem that `rows` play: all of it, or the one world of one replicate."""
        worlds = getattr(self.problem, "worlds", 1)
        if len(rows) > 1 or worlds == 1:
            return self.problem
        if not isinstance(self.problem, SplitsWorlds):
            raise InvalidProblem(
                f"problem must have a method world(row) to be played by one replicate, "
                f"got a {type(self.problem).__name__} of {worlds} worlds"
            )
        return self.problem.world(rows[0])


def _require_playable(learner: Any, problem: Any) -> None:
    """Refuse what is no learner, and what is no problem."""
    if isinstance(learner, type):
        raise InvalidProblem(
            f"learner must be made first, got the class {learner.__name__}: {learner.__name__}(..)"
        )
    if not callable(getattr(learner, "run", None)):
        raise InvalidProblem(f"learner must have a method run(oracle), got a {type(learner).__name__}")
    if not hasattr(problem, "facts"):
        raise InvalidProblem(
            f"problem must be one such as TabularProblem (a file is read by its load), got {problem!r:.80}"
        )


def flag(learner: Any, name: str) -> bool:
    """What a learner says of itself; False if it does not say.

    Raises
    ------
    InvalidProblem
        If it is no truth value.
    """
    said = getattr(learner, name, False)
    if type(said) is not bool:
        raise InvalidProblem(f"{name} must be True or False, got {name}={said!r}")
    return said


def _difference(among: Outcome, alone: Outcome, place: int) -> str | None:
    """What differs between replicate number `place` of one run and the only one of another."""
    rows = among.active.size
    if not same(_spent(among, place), _spent(alone, 0)):
        return "ledger"
    if not same(among.heard, alone.heard):
        return "transcript"
    if among.active[place] != alone.active[0]:
        return "end of its budget"
    if not same(among.policy, alone.policy, place, rows):
        return "policy"
    # A policy may be the same in all that it holds and still be another one where it is evaluated.
    one, other = float(among.gap[place]), float(alone.gap[0])
    return (
        None
        if one == other or abs(one - other) <= _ROUNDING * max(1.0, abs(other))
        else "value of its policy"
    )


def _spent(outcome: Outcome, row: int) -> dict[str, Floats]:
    """The counts `[kind, layer]` of one replicate in each phase that cost it anything."""
    counts = outcome.ledger.counts[row]
    named = {name: counts[:, place] for place, name in enumerate(outcome.ledger.phases)}
    return {name: spent for name, spent in named.items() if spent.any()}

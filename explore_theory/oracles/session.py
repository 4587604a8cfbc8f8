"""What both laws share: checking a call, charging it, drawing prompts, responses and rewards.

Letters: `R` replicates, `m` draws, `K` atoms, `d` feature dimension. Each replicate has streams of random
words of its own (prompts, atoms, members, noise), keyed by the seed and its row, so what happens to one
replicate does not depend on how many others there are, nor a sample on how draws are grouped into calls.
"""

from abc import abstractmethod
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from explore_theory.errors import OracleMisuse
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole
from explore_theory.oracles import arguments, questions
from explore_theory.oracles.answers import NO_RESPONSE, Ctx, Found, Rounds, Sample, Status
from explore_theory.oracles.coins import Coins
from explore_theory.oracles.door import Door, answers, inside
from explore_theory.oracles.expressions import Condition, Draws, Term
from explore_theory.oracles.ledger import Ledger, Meter
from explore_theory.oracles.phases.rounds import explore, search_rounds, span
from explore_theory.oracles.plans import (
    Exploration,
    Explored,
    Plan,
    Ridge,
    Span,
    Spanned,
    checked_plan,
    checked_ridge,
)
from explore_theory.oracles.sampling import inverse_cdf
from explore_theory.policies import Base, LawPolicy, Softmax
from explore_theory.problems.protocol import Atoms, Bools, DrawsPrompts, Facts, Floats, Ints, Problem


@dataclass
class Visit:
    """What a `Ctx` stands for: prompts `[R]` (0 where none), rows that hold one, rows that rewarded it."""

    prompts: Ints
    rows: Bools
    rewarded: Bools
    _atoms: Atoms | None = None

    def atoms(self, problem: Problem) -> Atoms:
        """The atoms of the prompts, without their rewards: no part of what responses are drawn by."""
        if self._atoms is None:
            self._atoms = problem.atoms(self.prompts).without_reward()
        return self._atoms


@dataclass(frozen=True)
class Hunt:
    """A search whose arguments have been checked, as the two laws carry it out.

    A try is accepted with a chance that its draws determine: one or zero where a set is looked for
    (``asked`` is a condition), ``min(1, exp(weight - log_cap))`` where draws are reweighted (``asked`` is a
    term, ``log_cap`` `[R]`). ``cap`` `[R]` is the most tries a row can make and pay for, zero for rows that
    are not served; ``per`` the draws per try.
    """

    visit: Visit
    policy: LawPolicy
    asked: Condition | Term
    cap: Floats
    per: int
    log_cap: Floats | None = None

    @property
    def rows(self) -> Bools:
        """`[R]`: the rows that search."""
        return self.cap > 0

    def draws(self, features: Floats, response: Ints) -> Draws:
        """The tries made of `features` `[R, t * per, d]` and `response` `[R, t * per]`."""
        if self.per == 1:
            return Draws(features, response)
        return Draws(features[:, 0::2] - features[:, 1::2], None)

    def log_chance(self, draws: Draws) -> Floats:
        """`[R, t]`: log of the probability with which each try is accepted."""
        if isinstance(self.asked, Condition):
            return np.where(self.asked.on(draws), 0.0, -np.inf)
        assert self.log_cap is not None
        excess = self.asked.on(draws) - self.log_cap[:, None]
        return np.where(np.isnan(excess), -np.inf, np.minimum(excess, 0.0))


class Session(Door):
    """An oracle but for its law: how searches and averages come about.

    Responses whose probability is below 2^-52 are never seen by `draw`; it would take as many draws to
    notice. Parameters are those of `explore_theory.oracles.open`; the streams' rows are the replicates.
    """

    #: It charges its ledger and advances its streams with every call; see `harness.isolation.worlds`.
    changes_in_use = True
    #: What proper learners ask.
    _elsewhere = dict.fromkeys(
        ("round", "search_signs", "count", "operations", "transcript"), "a proper one (oracles.open_proper)"
    )

    def __init__(self, problem: Problem, streams: Streams, meter: Meter) -> None:
        super().__init__()
        self._problem = problem
        self._facts = problem.facts
        # A copy of its own: what is done to it does not widen what the oracle accepts.
        self._shown = deepcopy(self._facts)
        self._meter = meter
        self._ledger = Ledger(meter)
        self._R = len(streams.rows)
        self._prompts, self._atoms, self._members, self._noise = (
            streams.child(name) for name in ("prompt", "atom", "member", "noise")
        )
        self._coins = Coins(streams.child("learner"))
        self._yardsticks = False
        self._visits: WeakKeyDictionary[Ctx, Visit] = WeakKeyDictionary()

    @property
    def coins(self) -> Coins:
        """The learner's own randomness: one stream per replicate, independent of every answer."""
        return self._coins

    @property
    def facts(self) -> Facts:
        """What is known for free."""
        return self._shown

    @property
    def R(self) -> int:
        """The number of replicates."""
        return self._R

    @property
    def active(self) -> Bools:
        """`[R]`: False for replicates that have run out of some budget."""
        return self._meter.active.copy()

    @property
    def ledger(self) -> Ledger:
        """What has been spent."""
        return self._ledger

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Count what is spent inside the block under `name`."""
        return self._phase_of(self._meter, name)

    @answers
    def prompt(self, rows: Bools | None = None) -> Ctx:
        """A fresh prompt ``x ~ rho`` for each of `rows`; one *prompt* call.

        Raises
        ------
        BudgetExceeded
            See `Meter.charge`; so for every other call.
        """
        served = self._meter.charge("prompt", 1, arguments.asked_rows(rows, self._R))
        # Rows that draw nothing get a prompt that is not used.
        return self._issue(np.where(served, self._drawn_prompts(served), 0), served)

    @answers
    def draw(
        self, ctx: Ctx, m: int = 1, theta: npt.ArrayLike | None = None, rows: Bools | None = None
    ) -> Sample:
        """`m` independent responses per replicate; `m` *weak* calls, or *strong* ones if `theta` is given.

        Parameters
        ----------
        ctx
            A prompt drawn from this oracle; it may be drawn from any number of times.
        m
            Draws per replicate, at least 1.
        theta
            None for ``pi_ref``; `[d]` or `[R, d]` in ``Theta`` for ``pi_theta``.
        rows
            `[R]`: the replicates to serve; None for all that hold a prompt.

        Raises
        ------
        OracleMisuse
            If `ctx` is not from this oracle, or `theta` is not in ``Theta``; nothing is charged.
        """
        visit, asked = self._visit(ctx, rows)
        m = whole("m", m, least=1)
        live = asked & self._meter.active
        policy = self._policy(theta, live)
        served = self._meter.charge(_kind(theta), m, asked)
        if served.any():
            response = self._respond(visit, self._cdf(visit, policy), m, served)
        else:
            # As many as are asked for may not fit; nobody can pay for them.
            response = np.broadcast_to(np.int64(NO_RESPONSE), (self._R, m))
        return Sample(response, served, lambda drawn: self._look_up(ctx, drawn))

    @answers
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
        """Draw until `hit`, at most `budget` tries; each try costs one call, or two if it is a `pair`.

        Every try is charged for, and no other. A row whose ledger cannot pay for all of `budget` searches as
        long as it can; if it finds nothing it is EXHAUSTED, and idles from then on like any row that asks for
        more than it has. (This never raises: the status says so.)

        Parameters
        ----------
        ctx, theta, rows
            As for `draw`.
        hit
            What is looked for, see `explore_theory.oracles.expressions`.
        budget
            The most tries, at least 0: a number, or `[R]`. Infinite only where the ledger sets a limit.
        pair
            Draw pairs ``(y, y')`` of independent responses; `hit` is then asked of ``phi(x, y, y')``.

        Returns
        -------
        Found
            The response that hit. What was drawn on the way stays unknown: remembering it is what `draw` is
            for.
        """
        asked = self._condition(hit, pair)
        return self._search(ctx, asked, budget, theta=theta, per=2 if pair else 1, rows=rows)

    @answers
    def tilt(
        self,
        ctx: Ctx,
        log_weight: Term,
        log_cap: npt.ArrayLike,
        budget: npt.ArrayLike,
        *,
        rows: Bools | None = None,
    ) -> Found:
        """Draw from ``pi_ref`` until a response is accepted, with chance ``min(1, exp(log_weight -
        log_cap))``.

        Rejection sampling: a response that is accepted where nothing clips, that is where `log_weight` stays
        below `log_cap`, follows the base policy tilted by ``exp(log_weight)``. One *weak* call per try, at
        most `budget` tries; statuses as for `search`.

        Parameters
        ----------
        log_weight
            A term, see `explore_theory.oracles.expressions`.
        log_cap
            A number, or `[R]`; not NaN in rows that are served. Minus infinity accepts anything.

        Returns
        -------
        Found
            Its `clipped` says where the response that was accepted has a weight above the cap; one that is
            rejected never has.
        """
        log_weight = self._term(log_weight)
        _, asked = self._visit(ctx, rows)
        caps = arguments.per_row("log_cap", log_cap, asked & self._meter.active)
        found = self._search(ctx, log_weight, budget, theta=None, per=1, rows=rows, log_cap=caps)
        weight = log_weight.on(Draws(found.features[:, None, :], found.response[:, None]))[:, 0]
        return replace(found, clipped=found.ok & (weight > caps))

    @answers
    def log_mean_exp(self, ctx: Ctx, log_weight: Term, m: int, *, rows: Bools | None = None) -> Floats:
        """Log of the average of ``exp(log_weight)`` over `m` fresh responses from ``pi_ref``, `[R]`.

        `m` *weak* calls; NaN in rows that are not served. The responses themselves stay unknown.
        """
        log_weight = self._term(log_weight)
        visit, asked = self._visit(ctx, rows)
        m = whole("m", m, least=1)
        served = self._meter.charge("weak", float(m), asked)
        return np.where(served, self._log_mean(visit, log_weight, m, served), np.nan)

    @answers
    def reward(self, ctx: Ctx, y: npt.ArrayLike, y2: npt.ArrayLike, rows: Bools | None = None) -> Floats:
        """Noisy rewards `[R, 2]` of the responses `y` and `y2` (`[R]` or one index); one *reward* round.

        NaN in rows that are not served. Any response may be named, seen or not.

        Raises
        ------
        OracleMisuse
            If the prompt has paid for a reward round already, or a response does not exist; nothing is
            charged.
        """
        visit, asked = self._visit(ctx, rows)
        live = asked & self._meter.active
        if np.any(again := visit.rewarded & live):
            raise OracleMisuse(
                f"ctx must be a fresh prompt in every reward round, got a second round in replicate "
                f"{int(np.argmax(again))}"
            )
        pair = np.stack(
            [arguments.named(name, side, self._facts, live) for name, side in (("y", y), ("y2", y2))], axis=-1
        )
        served = self._meter.charge("reward", 1, asked)
        visit.rewarded |= served
        mean = self._problem.mean_reward(visit.prompts, pair)
        seen = self._problem.noise.observe(mean, self._noise, served)
        if (row := self._watched) is not None and served[row]:
            self._told.append((int(visit.prompts[row]), *pair[row].tolist(), *seen[row].tolist()))
        return np.where(served[:, None], seen, np.nan)

    @answers
    def search_rounds(
        self,
        hit: Condition,
        rounds: npt.ArrayLike,
        per_round: int,
        *,
        pair: bool = False,
        rows: Bools | None = None,
    ) -> Rounds:
        """Rounds of a fresh prompt and a search of at most `per_round` tries, until one of them finds
        something.

        A round that finds nothing costs one prompt and all of its tries. At most `rounds` rounds, one number
        or `[R]`; statuses as for `search`.
        """
        hit = self._condition(hit, pair)
        limit, cap, _ = self._rounds_asked(rounds, per_round, pair, rows)
        return search_rounds(inside(self), hit, limit, cap, pair, arguments.asked_rows(rows, self._R))

    @answers
    def span(self, ridge: Ridge, plan: Span, rows: Bools | None = None) -> Spanned:
        """The spanner phase of `plan`, starting from `ridge`; see `oracles.phases.rounds`."""
        return span(inside(self), *self._phase_asked(ridge, plan, Span), arguments.asked_rows(rows, self._R))

    @answers
    def explore(self, ridge: Ridge, plan: Exploration, rows: Bools | None = None) -> Explored:
        """The exploration rounds of `plan`, starting from `ridge`; see `oracles.phases.rounds`."""
        return explore(
            inside(self), *self._phase_asked(ridge, plan, Exploration), arguments.asked_rows(rows, self._R)
        )

    def _heard(self) -> dict[str, Any]:
        """What the row that is watched has been told: its reward rounds, and how much was drawn for it."""
        read = {"prompts": self._prompts, "atoms": self._atoms, "members": self._members}
        return {"rewards": self._told} | {
            name: int(stream.position[self._watched]) for name, stream in read.items()
        }

    @abstractmethod
    def _first_hit(self, hunt: Hunt) -> tuple[Floats, Ints]:
        """Tries made `[R]`, and the responses `[R, per]` of the one accepted (`NO_RESPONSE` if none was)."""

    @abstractmethod
    def _log_mean(self, visit: Visit, log_weight: Term, m: int, served: Bools) -> Floats:
        """Log of the average of ``exp(log_weight)`` over `m` responses, `[R]`."""

    def _search(
        self,
        ctx: Ctx,
        question: Condition | Term,
        budget: npt.ArrayLike,
        *,
        theta: npt.ArrayLike | None,
        per: int,
        rows: Bools | None,
        log_cap: Floats | None = None,
    ) -> Found:
        visit, asked = self._visit(ctx, rows)
        live = asked & self._meter.active
        policy = self._policy(theta, live)
        limit = arguments.limits(budget, live)
        affordable = np.floor(self._ledger.remaining(_kind(theta)) / per)
        cap = np.where(live, np.minimum(limit, affordable), 0.0)
        if np.any(endless := np.isinf(cap)):
            raise OracleMisuse(
                f"budget must be finite where the ledger sets no limit, got budget=inf in replicate "
                f"{int(np.argmax(endless))}"
            )
        # Rows without a call to make are turned away, or raise, as for any call.
        served = self._meter.charge(_kind(theta), 0, asked)
        hunt = Hunt(visit, policy, question, np.where(served, cap, 0.0), per, log_cap)
        # Without a try that is paid for nothing is evaluated.
        if hunt.cap.any():
            used, response = self._first_hit(hunt)
        else:
            used, response = np.zeros(self._R), np.full((self._R, per), NO_RESPONSE)
        self._meter.charge(_kind(theta), per * used, served)
        status = np.full(self._R, Status.IDLE)
        status[served] = Status.MISS
        status[served & (cap < limit)] = Status.EXHAUSTED
        status[response[:, 0] != NO_RESPONSE] = Status.OK
        self._meter.retire(status == Status.EXHAUSTED)
        features = self._features(visit, response)
        if per == 1:
            response, features = response[:, 0], features[:, 0]
        clipped = np.zeros(self._R, dtype=bool)
        return Found(status=status, response=response, features=features, used=used, clipped=clipped)

    def _condition(self, hit: Any, pair: bool) -> Condition:
        return questions.condition("hit", hit, replicates=self._R, d=self._facts.d, pair=pair)

    def _term(self, log_weight: Any) -> Term:
        return questions.term("log_weight", log_weight, replicates=self._R, d=self._facts.d)

    def _phase_asked(self, ridge: Any, plan: Any, kind: type[Plan]) -> tuple[Ridge, Plan]:
        """Copies of the arguments of a whole phase, checked."""
        d = self._facts.d
        plan = checked_plan(plan, kind, self._R, d)
        if isinstance(plan, Exploration) and not (plan.sampler.normaliser or self._yardsticks):
            raise OracleMisuse(
                "normaliser must be at least 1 without yardsticks (see oracles.open), got normaliser=0"
            )
        return checked_ridge(ridge, self._R, d), plan

    def _rounds_asked(
        self, rounds: npt.ArrayLike, per_round: int, pair: bool, rows: Bools | None
    ) -> tuple[Floats, float, int]:
        """Rounds `[R]`, tries per round and draws per try, checked."""
        limit = arguments.limits(rounds, arguments.asked_rows(rows, self._R) & self._meter.active)
        if np.any(np.isinf(limit)):
            raise OracleMisuse(f"rounds must be finite, got rounds={rounds!r}")
        return limit, float(whole("per_round", per_round, least=1)), 2 if pair else 1

    def _drawn_prompts(self, served: Bools) -> Ints:
        if isinstance(self._problem, DrawsPrompts):
            return self._problem.draw_prompts(self._prompts, served)
        mass = np.cumsum(self._problem.prompt_mass)
        level = self._prompts.uniform(1, served)[:, 0] * mass[-1]
        return np.asarray(np.searchsorted(mass, level, side="right"), dtype=np.int64)

    def _issue(self, prompts: Ints, rows: Bools) -> Ctx:
        """A ticket for `prompts` `[R]` in `rows`."""
        ctx = Ctx(np.where(rows, prompts, NO_RESPONSE))
        self._visits[ctx] = Visit(prompts=prompts, rows=rows, rewarded=np.zeros(self._R, dtype=bool))
        return ctx

    def _policy(self, theta: npt.ArrayLike | None, live: Bools) -> LawPolicy:
        return Base() if theta is None else Softmax(arguments.admitted(theta, self._facts, live))

    def _cdf(self, visit: Visit, policy: LawPolicy) -> Floats:
        """`[R, K]`: the distribution function of the atoms under `policy`."""
        return np.cumsum(np.exp(policy.log_law(visit.atoms(self._problem), self._facts.beta)), axis=-1)

    def _respond(self, visit: Visit, cdf: Floats, m: int, served: Bools) -> Ints:
        """`[R, m]`: responses drawn by the distribution function `cdf` `[R, K]` of the atoms."""
        atom = inverse_cdf(cdf, self._atoms.uniform(m, served) * cdf[:, -1:])
        member = self._problem.member(visit.prompts, atom, self._members, served)
        return np.where(served[:, None], member, NO_RESPONSE)

    def _features(self, visit: Visit, response: Ints) -> Floats:
        """``phi(x, y)``, `[R, m, d]`; zero where there is no response."""
        found = self._problem.response_features(visit.prompts, np.maximum(response, 0))
        return np.where(response[..., None] == NO_RESPONSE, 0.0, found)

    def _look_up(self, ctx: Ctx, drawn: Ints) -> Floats:
        """The features of responses `drawn` `[R, m]` that have been paid for."""
        if self._busy:
            return self._features(self._visits[ctx], drawn)
        return self._looked_up(ctx, drawn)

    @partial(answers, paid=True)
    def _looked_up(self, ctx: Ctx, drawn: Ints) -> Floats:
        return self._features(self._visits[ctx], drawn)

    def _visit(self, ctx: Ctx, rows: Bools | None) -> tuple[Visit, Bools]:
        """What `ctx` stands for, and the rows that the call asks for."""
        # The exact type: a subclass could compare equal to a ticket it is not.
        visit = self._visits.get(ctx) if type(ctx) is Ctx else None
        if visit is None:
            raise OracleMisuse(f"ctx must be a prompt drawn from this oracle, got ctx={ctx!r}")
        asked = arguments.asked_rows(rows, self._R)
        if rows is None:
            return visit, asked & visit.rows
        if np.any(without := asked & self._meter.active & ~visit.rows):
            row = int(np.argmax(without))
            raise OracleMisuse(f"ctx must hold a prompt in every row asked for, got none in replicate {row}")
        return visit, asked


def _kind(theta: npt.ArrayLike | None) -> str:
    return "weak" if theta is None else "strong"

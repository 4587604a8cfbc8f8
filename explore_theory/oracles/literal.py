"""The literal law: every sample a learner pays for is drawn.

Letters: `R` replicates, `m` draws, `K` atoms, `d` feature dimension. Each replicate has streams of random
words of its own (prompts, atoms, members, noise), keyed by the seed and its row, so what happens to one
replicate does not depend on how many others there are, nor a sample on how draws are grouped into calls.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.oracles.expressions import Condition, Draws
from explore_theory.oracles.ledger import Ledger, Meter
from explore_theory.oracles.protocol import NO_RESPONSE, Ctx, Found, Sample, Status
from explore_theory.oracles.sampling import inverse_cdf
from explore_theory.policies import Base, LawPolicy, Softmax
from explore_theory.problems.protocol import Atoms, Bools, DrawsPrompts, Facts, Floats, Ints, Problem
from explore_theory.streams import Streams
from explore_theory.validation import whole

#: A literal search looks at this many numbers (draws times dimension) at a time.
_CHUNK = 1 << 16


@dataclass
class _Visit:
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

    ``cap`` `[R]` is the most tries a row can make and pay for, zero for rows that are not served; ``per`` the
    draws per try.
    """

    visit: _Visit
    policy: LawPolicy
    hit: Condition
    cap: Floats
    per: int

    @property
    def rows(self) -> Bools:
        """`[R]`: the rows that search."""
        return self.cap > 0

    def asked_of(self, features: Floats, response: Ints) -> Bools:
        """`[R, t]`: which tries hit, for `features` `[R, t * per, d]` and `response` `[R, t * per]`."""
        if self.per == 1:
            return self.hit.on(Draws(features, response))
        return self.hit.on(Draws(features[:, 0::2] - features[:, 1::2], None))


class LiteralOracle:
    """Answers by drawing: an atom by inverse CDF on its mass, then a member of the atom.

    Responses whose probability is below 2^-52 are never seen; it would take as many draws to notice.
    Parameters are those of `explore_theory.oracles.open`; the streams' rows are the replicates.
    """

    def __init__(self, problem: Problem, streams: Streams, meter: Meter) -> None:
        self._problem = problem
        self._facts = problem.facts
        self._meter = meter
        self._ledger = Ledger(meter)
        self._R = len(streams.rows)
        self._prompts, self._atoms, self._members, self._noise = (
            streams.child(name) for name in ("prompt", "atom", "member", "noise")
        )
        self._coins = streams.child("learner")
        self._visits: WeakKeyDictionary[Ctx, _Visit] = WeakKeyDictionary()

    @property
    def coins(self) -> Streams:
        """The learner's own randomness: one stream per replicate, independent of every answer."""
        return self._coins

    @property
    def facts(self) -> Facts:
        """What is known for free."""
        return self._facts

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
        return self._meter.phase(name)

    def prompt(self, rows: Bools | None = None) -> Ctx:
        """A fresh prompt ``x ~ rho`` for each of `rows`; one *prompt* call.

        Raises
        ------
        BudgetExceeded
            See `Meter.charge`; so for every other call.
        """
        served = self._meter.charge("prompt", 1, self._asked(rows))
        # Rows that draw nothing get a prompt that is not used.
        found = np.where(served, self._drawn_prompts(served), 0)
        ctx = Ctx(np.where(served, found, NO_RESPONSE))
        self._visits[ctx] = _Visit(prompts=found, rows=served, rewarded=np.zeros(self._R, dtype=bool))
        return ctx

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
        response = self._respond(visit, self._cdf(visit, policy), m, served)
        return Sample(response, served, lambda response: self._features(visit, response))

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
        visit, asked = self._visit(ctx, rows)
        live = asked & self._meter.active
        policy = self._policy(theta, live)
        limit = self._limit(budget, live)
        if not isinstance(hit, Condition):
            raise OracleMisuse(f"hit must be a condition such as Norm() > 0, got hit={hit!r}")
        per = 2 if pair else 1
        affordable = np.floor(self._ledger.remaining(_kind(theta)) / per)
        cap = np.where(live, np.minimum(limit, affordable), 0.0)
        if np.any(endless := np.isinf(cap)):
            raise OracleMisuse(
                f"budget must be finite where the ledger sets no limit, got budget=inf in replicate "
                f"{int(np.argmax(endless))}"
            )
        # Rows without a call to make are turned away, or raise, as for any call.
        served = self._meter.charge(_kind(theta), 0, asked)
        used, response = self._first_hit(Hunt(visit, policy, hit, np.where(served, cap, 0.0), per))
        self._meter.charge(_kind(theta), per * used, served)
        status = np.full(self._R, Status.IDLE)
        status[served] = Status.MISS
        status[served & (cap < limit)] = Status.EXHAUSTED
        status[response[:, 0] != NO_RESPONSE] = Status.OK
        self._meter.retire(status == Status.EXHAUSTED)
        features = self._features(visit, response)
        if not pair:
            response, features = response[:, 0], features[:, 0]
        return Found(status=status, response=response, features=features, used=used)

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
        pair = np.stack([self._named("y", y, live), self._named("y2", y2, live)], axis=-1)
        served = self._meter.charge("reward", 1, asked)
        visit.rewarded |= served
        mean = self._problem.mean_reward(visit.prompts, pair)
        seen = self._problem.noise.observe(mean, self._noise, served)
        return np.where(served[:, None], seen, np.nan)

    def _drawn_prompts(self, served: Bools) -> Ints:
        if isinstance(self._problem, DrawsPrompts):
            return self._problem.draw_prompts(self._prompts, served)
        mass = np.cumsum(self._problem.prompt_mass)
        level = self._prompts.uniform(1, served)[:, 0] * mass[-1]
        return np.asarray(np.searchsorted(mass, level, side="right"), dtype=np.int64)

    def _first_hit(self, hunt: Hunt) -> tuple[Floats, Ints]:
        """Tries made `[R]`, and the responses `[R, per]` of the try that hit (`NO_RESPONSE` if none did).

        Tries are drawn some at a time; the words of those after the first hit are put back, so that a search
        is draw by draw what a loop over `draw` would be.
        """
        visit, per = hunt.visit, hunt.per
        cdf = self._cdf(visit, hunt.policy)
        used, found = np.zeros(self._R), np.full((self._R, per), NO_RESPONSE)
        searching, tries = hunt.rows, 16
        while np.any(searching):
            tries = max(1, min(2 * tries, _CHUNK // self._facts.d))
            before = self._atoms.position, self._members.position
            response = self._respond(visit, cdf, tries * per, searching)
            number = np.minimum(tries, hunt.cap - used)
            hits = hunt.asked_of(self._features(visit, response), response)
            hits &= (np.arange(tries) < number[:, None]) & searching[:, None]
            success, first = np.asarray(hits.any(axis=-1)), hits.argmax(axis=-1)
            number = np.where(searching, np.where(success, first + 1, number), 0).astype(np.int64)
            for stream, start in zip((self._atoms, self._members), before, strict=True):
                stream.put_back((stream.position - start) // tries * (tries - number) * searching)
            used += number
            places = per * first[:, None] + np.arange(per)
            found = np.where(success[:, None], np.take_along_axis(response, places, axis=-1), found)
            searching = searching & ~success & (used < hunt.cap)
        return used, found

    def _policy(self, theta: npt.ArrayLike | None, live: Bools) -> LawPolicy:
        return Base() if theta is None else Softmax(self._admitted(theta, live))

    def _cdf(self, visit: _Visit, policy: LawPolicy) -> Floats:
        """`[R, K]`: the distribution function of the atoms under `policy`."""
        return np.cumsum(np.exp(policy.log_law(visit.atoms(self._problem), self._facts.beta)), axis=-1)

    def _respond(self, visit: _Visit, cdf: Floats, m: int, served: Bools) -> Ints:
        """`[R, m]`: responses drawn by the distribution function `cdf` `[R, K]` of the atoms."""
        atom = inverse_cdf(cdf, self._atoms.uniform(m, served) * cdf[:, -1:])
        member = self._problem.member(visit.prompts, atom, self._members, served)
        return np.where(served[:, None], member, NO_RESPONSE)

    def _features(self, visit: _Visit, response: Ints) -> Floats:
        """``phi(x, y)``, `[R, m, d]`; zero where there is no response."""
        found = self._problem.response_features(visit.prompts, np.maximum(response, 0))
        return np.where(response[..., None] == NO_RESPONSE, 0.0, found)

    def _limit(self, budget: npt.ArrayLike, live: Bools) -> Floats:
        """`budget` as `[R]`; zero in rows that will not be served."""
        array = np.asarray(budget)
        if array.dtype.kind not in "iuf" or array.shape not in ((), (self._R,)):
            raise OracleMisuse(f"budget must be a number, or {self._R} numbers, got budget={budget!r}")
        array = np.where(live, array.astype(np.float64), 0.0)
        bad: Bools = ~(array >= 0) | (np.floor(array) != array)
        if np.any(bad):
            row = int(np.argmax(bad))
            raise OracleMisuse(
                f"budget must be a whole number of tries >= 0, got {float(array[row])!r} in replicate {row}"
            )
        return array

    def _asked(self, rows: Bools | None) -> Bools:
        if rows is None:
            return np.ones(self._R, dtype=bool)
        array = np.asarray(rows)
        if array.dtype != bool or array.shape != (self._R,):
            raise InvalidProblem(
                f"rows must be {self._R} booleans, got rows of type {array.dtype} and shape {array.shape}"
            )
        return array.copy()

    def _visit(self, ctx: Ctx, rows: Bools | None) -> tuple[_Visit, Bools]:
        """What `ctx` stands for, and the rows that the call asks for."""
        # The exact type: a subclass could compare equal to a ticket it is not.
        visit = self._visits.get(ctx) if type(ctx) is Ctx else None
        if visit is None:
            raise OracleMisuse(f"ctx must be a prompt drawn from this oracle, got ctx={ctx!r}")
        asked = self._asked(rows)
        if rows is None:
            return visit, asked & visit.rows
        if np.any(without := asked & self._meter.active & ~visit.rows):
            row = int(np.argmax(without))
            raise OracleMisuse(f"ctx must hold a prompt in every row asked for, got none in replicate {row}")
        return visit, asked

    def _admitted(self, theta: npt.ArrayLike, live: Bools) -> Floats:
        """`theta` as `[R, d]` inside ``Theta``; rows that will not be served hold zeros."""
        if (allowed := self._facts.parameters) is None:
            raise OracleMisuse(f"theta must be None, since the problem declares no parameters, got {theta!r}")
        try:
            array = np.array(theta, dtype=np.float64)
        except (TypeError, ValueError):
            raise OracleMisuse(f"theta must be an array of real numbers, got theta={theta!r}") from None
        d = self._facts.d
        if array.shape not in ((d,), (self._R, d)):
            raise OracleMisuse(
                f"theta must have shape ({d},) or ({self._R}, {d}), got theta.shape={array.shape}"
            )
        array = np.where(live[:, None], np.broadcast_to(array, (self._R, d)), 0.0)
        if np.any(outside := ~allowed.contains(array)):
            row = int(np.argmax(outside))
            with np.errstate(over="ignore", invalid="ignore"):
                length = float(np.linalg.norm(array[row]))
            raise OracleMisuse(
                f"theta must satisfy {allowed}, got |theta|_2={length!r}, "
                f"max_i |theta_i|={float(np.max(np.abs(array[row])))!r} in replicate {row}"
            )
        return array

    def _named(self, name: str, response: npt.ArrayLike, live: Bools) -> Ints:
        """`response` as `[R]` indices of responses that exist; rows that will not be served hold zeros."""
        array = np.asarray(response)
        if array.dtype.kind not in "iu" or array.shape not in ((), (self._R,)):
            raise OracleMisuse(
                f"{name} must be {self._R} response indices, got {array.dtype} of shape {array.shape}"
            )
        array = np.where(live, array, 0)
        count = self._facts.responses
        if np.any(unknown := (array < 0) | (False if count is None else array > count - 1)):
            row = int(np.argmax(unknown))
            limit = "" if count is None else f" and below {count}"
            raise OracleMisuse(
                f"{name} must be a response, at least 0{limit}, "
                f"got {name}={int(array[row])} in replicate {row}"
            )
        return array.astype(np.int64)


def _kind(theta: npt.ArrayLike | None) -> str:
    return "weak" if theta is None else "strong"

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
from explore_theory.oracles.ledger import Ledger, Meter
from explore_theory.oracles.protocol import NO_RESPONSE, Ctx, Sample
from explore_theory.policies import Base, LawPolicy, Softmax
from explore_theory.problems.protocol import Bools, Facts, Floats, Ints, Problem
from explore_theory.streams import Streams
from explore_theory.validation import whole


@dataclass
class _Visit:
    """What a `Ctx` stands for: prompts `[R]` (0 where none), rows that hold one, rows that rewarded it."""

    prompts: Ints
    rows: Bools
    rewarded: Bools


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
        self._visits: WeakKeyDictionary[Ctx, _Visit] = WeakKeyDictionary()

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
        mass = np.cumsum(self._problem.prompt_mass)
        level = self._prompts.uniform(1, served)[:, 0] * mass[-1]
        # Rows that draw nothing get level 0, and a prompt that is not used.
        found = np.where(served, np.searchsorted(mass, level, side="right"), 0)
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
        policy: LawPolicy = Base() if theta is None else Softmax(self._admitted(theta, live))
        served = self._meter.charge("weak" if theta is None else "strong", m, asked)
        atoms = self._problem.atoms(visit.prompts)
        cdf = np.cumsum(np.exp(policy.log_law(atoms.without_reward(), self._facts.beta)), axis=-1)
        atom = _inverse_cdf(cdf, self._atoms.uniform(m, served) * cdf[:, -1:])
        member = self._problem.member(visit.prompts, atom, self._members, served)
        prompts, problem = visit.prompts, self._problem

        def look_up(response: Ints) -> Floats:
            found = problem.response_features(prompts, np.maximum(response, 0))
            return np.where(response[..., None] == NO_RESPONSE, 0.0, found)

        return Sample(np.where(served[:, None], member, NO_RESPONSE), served, look_up)

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


def _inverse_cdf(cdf: Floats, level: Floats) -> Ints:
    """`[R, m]`: the first `k` with ``cdf[k] > level``, for `cdf` `[R, K]` and `level` `[R, m]`, by bisection.

    An atom of mass zero is never the first. Levels lie below the last entry of `cdf`.
    """
    low = np.zeros(level.shape, dtype=np.int64)
    high = np.full(level.shape, cdf.shape[-1] - 1, dtype=np.int64)
    for _ in range((cdf.shape[-1] - 1).bit_length()):
        middle = (low + high) // 2
        above = np.take_along_axis(cdf, middle, axis=-1) <= level
        low, high = np.where(above, middle + 1, low), np.where(above, high, middle)
    return low

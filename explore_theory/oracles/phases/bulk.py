"""The exact law of whole phases: what the kernels need of a problem, and what they leave in the books.

Letters: `R` replicates, `W` worlds, `X` prompts, `K` atoms, `d` feature dimension, `S` policies kept.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem, OracleFault
from explore_theory.foundation.compiled import threads
from explore_theory.foundation.row_generators import RowGenerators
from explore_theory.oracles.kernels import exploration, segments, spanner
from explore_theory.oracles.ledger import KINDS, Meter
from explore_theory.oracles.plans import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.problems.noise import Bernoulli, Gaussian, NoiseLaw, NoNoise
from explore_theory.problems.protocol import Bools, Floats, Ints, Problem

#: Where a kernel's `purse` holds what.
_KINDS = {"weak": exploration.WEAK, "prompt": exploration.PROMPT, "reward": exploration.REWARD}
#: What is done for a row, by its number and generator.
Row = Callable[[int, np.random.Generator], None]
_LONGEST = 2.0  # |phi(x, y, y')|, since |phi| <= 1
#: Rows of so many rounds are played on several processors.
_LONG = 1024


def span(
    problem: Problem,
    meter: Meter,
    generators: RowGenerators,
    ridge: Ridge,
    plan: Span,
    rows: Bools,
) -> Spanned:
    """`rounds.span`, drawn at once between acceptances."""
    books = Books(problem, meter, ridge, rows)
    terms = terms_of(problem)
    accepted, begun = np.zeros(rows.size), np.zeros(rows.size)
    exhausted = np.zeros(rows.size, dtype=bool)

    def one(row: int, generator: np.random.Generator) -> None:
        accepted[row], begun[row], exhausted[row] = spanner.spans(
            generator,
            books.table(row),
            terms,
            plan.rounds,
            float(plan.per_round),
            float(plan.radius),
            books.covariance[row],
            books.moment[row],
            books.purse[row],
            books.spent[row],
        )

    books.play(one, generators, plan.rounds)
    books.settle(exhausted)
    return Spanned(ridge=books.ridge, accepted=accepted, rounds=begun)


def explore(
    problem: Problem,
    meter: Meter,
    generators: RowGenerators,
    ridge: Ridge,
    plan: Exploration,
    rows: Bools,
) -> Explored:
    """`rounds.explore`, drawn by compiled rounds, or in bulk where ``theta`` rarely changes."""
    books = Books(problem, meter, ridge, rows)
    terms = terms_of(problem, plan)
    left = Left(ridge, plan)
    limited = not np.all(np.isinf(books.purse))

    def one(row: int, generator: np.random.Generator) -> None:
        table = books.table(row)
        allowed = left.allowed(table.features, row)
        left.require_room(row, table, allowed)
        shared = books.covariance[row], books.moment[row]
        if plan.growth is not None and not limited:
            left.done[row] = segments.play_in_bulk(
                generator,
                table,
                terms,
                allowed,
                plan.rounds,
                left.log_growth,
                *shared,
                books.spent[row],
                *left.of(row),
            )
            left.require_enough(row)
            left.done[row] = plan.rounds
            return
        left.done[row] = exploration.play(
            generator,
            table,
            terms,
            allowed,
            0,
            plan.rounds,
            left.log_growth,
            left.keep(row),
            np.empty(0, dtype=np.int64),
            np.full(table.mass.shape, np.nan),
            *left.carried(row),
            *shared,
            books.purse[row],
            books.spent[row],
            *left.of(row),
        )
        left.require_enough(row)

    books.play(one, generators, plan.rounds)
    books.settle(left.done < plan.rounds)
    return left.explored(books.ridge)


class Left:
    """What exploration leaves, by replicate, and what it carries from one block of rounds to the next."""

    def __init__(self, ridge: Ridge, plan: Exploration) -> None:
        count, d = ridge.moment.shape
        self._plan = plan
        self._most = _most_policies(ridge, plan) if plan.keep is None else plan.keep.shape[1]
        self.log_growth = 0.0 if plan.growth is None else math.log(plan.growth)
        self.done = np.zeros(count)
        self._thetas, self._weights = np.zeros((count, self._most, d)), np.zeros((count, self._most))
        self._covariances = np.zeros((count, self._most, d, d))
        self._tally = np.zeros((count, 2))
        self._inverse, self._theta = np.zeros((count, d, d)), np.zeros((count, d))
        self._marks = np.zeros((count, 4))
        #: Features, an inverse (if there is none, the features again), and what they allow.
        self._allowed: tuple[Floats, Floats, exploration.Bytes] | None = None

    def allowed(self, features: Floats, row: int) -> exploration.Bytes:
        """`allowed_by` of this plan; rows of equal features and inverses come one after another."""
        inverse, known = self._plan.inverse, self._allowed
        own = features if inverse is None else inverse[row]
        if known is not None and known[0] is features and np.array_equal(known[1], own):
            return known[2]
        allowed = allowed_by(features, self._plan, row)
        self._allowed = features, own, allowed
        return allowed

    def of(self, row: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Estimates, covariances, weights and tally of replicate `row`, to be filled."""
        return self._thetas[row], self._covariances[row], self._weights[row], self._tally[row]

    def carried(self, row: int) -> tuple[Floats, Floats, Floats]:
        """The inverse, the estimate and the marks of replicate `row`, see `exploration.play`."""
        return self._inverse[row], self._theta[row], self._marks[row]

    def require_room(self, row: int, table: exploration.Table, allowed: exploration.Bytes) -> None:
        """Raise where a kernel would write beyond what is there: it does not look where it writes.

        Raises
        ------
        OracleFault
            If arrays do not fit each other or the plan.
        """
        (prompts, count), d = table.mass.shape, table.features.shape[-1]
        policies = len(self.keep(row)) if self._plan.keep is not None else self._most
        have: list[Any] = [allowed, table.kind, table.order, table.tail, *self.of(row), *self.carried(row)]
        want = [(prompts, count, count), *[(prompts, count)] * 3]
        want += [(policies, d), (policies, d, d), (policies,), (2,), (d, d), (d,), (4,)]
        if [array.shape for array in have] == want:
            return
        for array, shape in zip(have, want, strict=True):
            if array.shape != shape:
                raise OracleFault(f"room must be {shape} for this plan, got shape={array.shape}")

    def require_enough(self, row: int) -> None:
        """Raise if a kernel found more policies than there is room for.

        Raises
        ------
        OracleFault
            If it did.
        """
        if self.done[row] == exploration.FULL:
            raise OracleFault(f"policies must be at most {self._most}, got more in replicate {row}")

    def keep(self, row: int) -> Ints:
        """The rounds whose estimates replicate `row` keeps, in order."""
        return np.empty(0, dtype=np.int64) if self._plan.keep is None else np.sort(self._plan.keep[row])

    def explored(self, ridge: Ridge) -> Explored:
        """The answer."""
        reached = (self._weights > 0).any(axis=0)
        used = max(1, int(reached.sum())) if self._plan.keep is None else self._most
        # Room is left for the most policies there may be; memory that nobody wrote to is not touched.
        thetas, covariances = self._thetas[:, :used], self._covariances[:, :used]
        weights = self._weights[:, :used]
        # An estimate whose first round could not be paid for was none.
        thetas[weights == 0] = 0.0
        covariances[weights == 0] = 0.0
        return Explored(
            ridge=ridge,
            rounds=self.done,
            thetas=thetas,
            covariances=covariances,
            weights=weights,
            clipped=self._tally[:, 0],
            missed=self._tally[:, 1],
        )


class Books:
    """The regression and the purses of the replicates while kernels work on them."""

    def __init__(self, problem: Problem, meter: Meter, ridge: Ridge, rows: Bools) -> None:
        self._meter, self._problem = meter, problem
        self.served = meter.charge("weak", 0, rows)
        self.covariance, self.moment = ridge.covariance.copy(), ridge.moment.copy()
        spent = meter.counts.sum(axis=(-2, -1))
        self.purse = np.empty((rows.size, len(_KINDS)))
        for kind, place in _KINDS.items():
            self.purse[:, place] = meter.budgets.get(kind, math.inf) - spent[:, KINDS.index(kind)]
        self.spent = np.zeros_like(self.purse)

    @property
    def ridge(self) -> Ridge:
        """The regression as it stands."""
        return Ridge(covariance=self.covariance, moment=self.moment)

    @cached_property
    def _tables(self) -> "_Tables":
        return _Tables(self._problem)

    def table(self, row: int) -> exploration.Table:
        """The problem of replicate `row`, all of its prompts."""
        return self._tables.of(row)

    def play(self, one: Row, generators: RowGenerators, rounds: int, live: Bools | None = None) -> None:
        """Run `one`, up to `rounds` rounds, for every row that is served (of `live`, if given).

        On all processors of this process where rows are long; handing over short ones takes longer than they
        do.
        """
        rows = np.flatnonzero(self.served if live is None else live).tolist()
        workers = min(threads(), len(rows)) if rounds >= _LONG else 1
        if workers <= 1:
            for row in rows:
                one(row, generators[row])
            return
        own = [generators.own(row) for row in rows]
        # Compiles before threads start.
        one(rows[0], own[0])
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(one, rows[1:], own[1:]):
                pass

    def settle(self, exhausted: Bools) -> None:
        """Charge what was spent; rows that are `exhausted` idle from now on, or raise as any call would."""
        for kind, place in _KINDS.items():
            self._meter.charge(kind, self.spent[:, place], self.served)
        self._meter.exhaust(exhausted & self.served)


class _Tables:
    """The atoms of a problem as the kernels read them: one table for all rows, or one per world."""

    def __init__(self, problem: Problem) -> None:
        prompts = np.arange(problem.facts.prompts, dtype=np.int64)[None, :]
        self._atoms = problem.atoms(prompts)
        # Writable like all others: a kernel is compiled for one kind of arrays.
        self._rho = np.array(problem.prompt_mass, dtype=np.float64)
        self._mass = np.exp(self._atoms.log_mass)
        self._known: dict[int, exploration.Table] = {}

    def of(self, row: int) -> exploration.Table:
        """The table of replicate `row`."""
        shared = len(self._mass) == len(self._atoms.features) == 1
        if (key := 0 if shared else row) not in self._known:
            self._known[key] = self._build(key)
        return self._known[key]

    def _build(self, row: int) -> exploration.Table:
        mass, features, reward = (
            np.array(table[min(row, len(table) - 1)], dtype=np.float64)
            for table in (self._mass, self._atoms.features, self._atoms.reward)
        )
        order = np.argsort(mass, axis=-1, kind="stable")
        rho_order = np.argsort(self._rho, kind="stable")
        return exploration.Table.locked(
            rho=self._rho,
            rho_sum=np.cumsum(self._rho),
            rho_order=rho_order,
            rho_tail=_tail(self._rho, rho_order),
            mass=mass,
            mass_sum=np.cumsum(mass, axis=-1),
            order=order,
            tail=np.stack([_tail(m, o) for m, o in zip(mass, order, strict=True)]),
            features=features,
            reward=reward,
            kind=np.stack([_kinds(phi) for phi in features]),
        )


def _tail(mass: Floats, order: Ints) -> Floats:
    return np.ascontiguousarray(np.cumsum(mass[order][::-1])[::-1])


def _kinds(features: Floats) -> Ints:
    """`[K]`: the first response with the same features."""
    _, first, which = np.unique(features, axis=0, return_index=True, return_inverse=True)
    return np.ascontiguousarray(first[which.ravel()].astype(np.int64))


def allowed_by(features: Floats, plan: Exploration, row: int) -> exploration.Bytes:
    """`[X, K, K]`: whether ``phi(x, y, y')``, indexed ``[x, y', y]``, is short enough not to be truncated."""
    prompts, count, _ = features.shape
    if plan.inverse is None:
        return np.ones((prompts, count, count), dtype=np.uint8)
    square = np.zeros((prompts, count, count))
    spanner.pair_norms(features, np.ascontiguousarray(plan.inverse[row]), square)
    square += np.swapaxes(square, -1, -2)
    return (square <= plan.radius * plan.radius).astype(np.uint8)


def terms_of(problem: Problem, plan: Exploration | None = None) -> exploration.Terms:
    """The numbers a round is played by; without a plan those that it would set mean nothing."""
    law, scale = _noise(problem.noise)
    sampler = None if plan is None else plan.sampler
    return exploration.Terms(
        beta=problem.facts.beta,
        ratio=1.0 if sampler is None else float(sampler.ratio),
        normaliser=0.0 if sampler is None else float(sampler.normaliser),
        tries=1.0 if sampler is None else float(sampler.tries),
        noise=law,
        scale=scale,
        ridge=0.0 if plan is None else float(plan.ridge),
        within=math.inf if plan is None else float(plan.within),
    )


def _noise(noise: NoiseLaw) -> tuple[int, float]:
    if isinstance(noise, Gaussian):
        return exploration.GAUSSIAN, noise.scale
    if isinstance(noise, Bernoulli):
        return exploration.BERNOULLI, 0.0
    if isinstance(noise, NoNoise):
        return exploration.NO_NOISE, 0.0
    raise InvalidProblem(
        f"noise must be gaussian, bernoulli or none under the exact law, got noise={noise!r}; "
        f"the literal law takes any"
    )


def _most_policies(ridge: Ridge, plan: Exploration) -> int:
    """No run has more: every refresh takes a factor of ``det Sigma``, which grows as the trace allows."""
    assert plan.growth is not None
    d = ridge.covariance.shape[-1]
    trace = np.trace(ridge.covariance, axis1=-2, axis2=-1) + _LONGEST**2 * plan.rounds
    log_growth = d * np.log(trace / d) - ridge.log_det
    return 2 + int(np.max(log_growth) / math.log(plan.growth))

"""The exact law of whole phases: what the kernels need of a plan, and what they leave in the books.

Letters: `R` replicates, `m` of them rows, `X` prompts, `K` atoms, `d` feature dimension, `S` policies kept.
"""

import math

import numpy as np

from explore_theory.errors import OracleFault
from explore_theory.foundation.compiled import threads
from explore_theory.foundation.row_generators import RowGenerators, Rows, Seat, Turns, Words
from explore_theory.oracles.kernels import exploration, turns
from explore_theory.oracles.ledger import KINDS, Meter
from explore_theory.oracles.phases.tables import tables_of, terms_of
from explore_theory.oracles.plans import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.problems.protocol import Bools, Floats, Ints, Problem

#: Where a kernel's `purse` holds what.
_KINDS = {"weak": exploration.WEAK, "prompt": exploration.PROMPT, "reward": exploration.REWARD}
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
    books = Books(meter, ridge, rows)
    tables, terms = tables_of(problem), terms_of(problem)
    accepted, begun = np.zeros(rows.size), np.zeros(rows.size)
    exhausted = np.zeros(rows.size, dtype=bool)

    def all_of(seat: Seat, states: Words, rows: Rows) -> None:
        turns.span(
            seat,
            states,
            rows,
            tables,
            terms,
            plan.rounds,
            float(plan.per_round),
            float(plan.radius),
            books.account,
            accepted,
            begun,
            exhausted,
        )

    books.play(all_of, generators, plan.rounds)
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
    books, left = Books(meter, ridge, rows), Left(ridge, plan)
    unlimited = bool(np.all(np.isinf(books.account.purse)))
    play = left.rounds_of(
        tables_of(problem),
        terms_of(problem, plan),
        books.account,
        (0, plan.rounds),
        in_bulk=plan.growth is not None and unlimited,
    )
    books.play(play, generators, plan.rounds)
    left.require_enough()
    books.settle(left.notes.done < plan.rounds)
    return left.explored(books.ridge)


class Left:
    """What exploration leaves, by replicate, and what it carries from one block of rounds to the next."""

    def __init__(self, ridge: Ridge, plan: Exploration) -> None:
        (count, d), most = ridge.moment.shape, None if plan.keep is None else plan.keep.shape[1]
        self._plan, self._count, self._d = plan, count, d
        self._most = _most_policies(ridge, plan) if most is None else most
        self._log_growth = 0.0 if plan.growth is None else math.log(plan.growth)
        #: The rounds whose estimates are kept, in order, `[R, S]`; none where all are.
        self._keep = np.empty((count, 0), dtype=np.int64)
        if plan.keep is not None:
            self._keep = np.ascontiguousarray(np.sort(plan.keep, axis=1), dtype=np.int64)
        inverse = np.empty((0, d, d)) if plan.inverse is None else np.array(plan.inverse, dtype=np.float64)
        self._truncation = turns.Truncation(np.ascontiguousarray(inverse), plan.radius * plan.radius)
        self.notes = turns.Notes(
            done=np.zeros(count),
            thetas=np.zeros((count, self._most, d)),
            covariances=np.zeros((count, self._most, d, d)),
            weights=np.zeros((count, self._most)),
            tally=np.zeros((count, 2)),
            inverse=np.zeros((count, d, d)),
            theta=np.zeros((count, d)),
            marks=np.zeros((count, 4)),
        )

    def rounds_of(
        self,
        tables: exploration.Table,
        terms: exploration.Terms,
        account: turns.Account,
        rounds: tuple[int, int],
        *,
        ahead: tuple[Ints, Floats] | None = None,
        in_bulk: bool = False,
    ) -> Turns:
        """What plays the `rounds` from the first to before the last; `ahead`: places and what is known there,
        see `turns.explore`, if prompts are drawn ahead.
        """
        if ahead is None:
            ahead = np.empty((self._count, 0), dtype=np.int64), np.empty((0, 0, 0))
        self.require_room(tables, account, ahead, rounds)

        def all_of(seat: Seat, states: Words, rows: Rows) -> None:
            turns.explore(
                seat,
                states,
                rows,
                tables,
                terms,
                self._truncation,
                *rounds,
                self._log_growth,
                in_bulk,
                self._keep,
                *ahead,
                account,
                self.notes,
            )

        return all_of

    def require_room(
        self,
        tables: exploration.Table,
        account: turns.Account,
        ahead: tuple[Ints, Floats],
        rounds: tuple[int, int],
    ) -> None:
        """Raise where a kernel would write beyond what is there: it does not look where it writes.

        Raises
        ------
        OracleFault
            If arrays do not fit each other or the plan.
        """
        count, d, most, notes = self._count, self._d, self._most, self.notes
        several, prompts, atoms = tables.mass.shape
        in_table = several, prompts, atoms
        have = [*tables[4:8], tables.reward, tables.kind, tables.features]
        want: list[tuple[int, ...]] = [*[in_table] * 6, (*in_table, d)]
        have += [account.covariance, account.moment, account.purse, account.spent, *notes]
        want += [(count, d, d), (count, d), (count, 3), (count, 3)]
        want += [(count,), (count, most, d), (count, most, d, d), (count, most), (count, 2)]
        want += [(count, d, d), (count, d), (count, 4)]
        if self._plan.keep is not None:
            have, want = [*have, self._keep], [*want, (count, most)]
        if self._plan.inverse is not None:
            have, want = [*have, self._truncation.inverse], [*want, (count, d, d)]
        if (place := ahead[0]).shape[1]:
            have, want = [*have, place], [*want, (count, rounds[1] - rounds[0])]
            have, want = [*have, ahead[1]], [*want, (count, ahead[1].shape[1], atoms)]
            if place.min(initial=0) < 0 or place.max(initial=0) >= ahead[1].shape[1]:
                raise OracleFault(f"places must be 0 to {ahead[1].shape[1] - 1}, got {place.max()}")
        for array, shape in zip(have, want, strict=True):
            if array.shape != shape:
                raise OracleFault(f"room must be {shape} for this plan, got shape={array.shape}")
        if several not in (1, count):
            raise OracleFault(f"tables must be 1 or {count}, got {several}")

    def require_enough(self) -> None:
        """Raise if a kernel found more policies than there is room for.

        Raises
        ------
        OracleFault
            If it did.
        """
        if (full := np.flatnonzero(self.notes.done == exploration.FULL)).size:
            raise OracleFault(f"policies must be at most {self._most}, got more in replicate {full[0]}")

    def explored(self, ridge: Ridge) -> Explored:
        """The answer."""
        notes = self.notes
        reached = (notes.weights > 0).any(axis=0)
        used = max(1, int(reached.sum())) if self._plan.keep is None else self._most
        # Room is left for the most policies there may be; memory that nobody wrote to is not touched.
        thetas, covariances = notes.thetas[:, :used], notes.covariances[:, :used]
        weights = notes.weights[:, :used]
        # An estimate whose first round could not be paid for was none.
        thetas[weights == 0] = 0.0
        covariances[weights == 0] = 0.0
        return Explored(
            ridge=ridge,
            rounds=notes.done,
            thetas=thetas,
            covariances=covariances,
            weights=weights,
            clipped=notes.tally[:, 0],
            missed=notes.tally[:, 1],
        )


class Books:
    """The regression and the purses of the replicates while kernels work on them."""

    def __init__(self, meter: Meter, ridge: Ridge, rows: Bools) -> None:
        self._meter = meter
        self.served = meter.charge("weak", 0, rows)
        spent = meter.counts.sum(axis=(-2, -1))
        purse = np.empty((rows.size, len(_KINDS)))
        for kind, place in _KINDS.items():
            purse[:, place] = meter.budgets.get(kind, math.inf) - spent[:, KINDS.index(kind)]
        #: What kernels change.
        self.account = turns.Account(
            covariance=np.array(ridge.covariance, dtype=np.float64, order="C"),
            moment=np.array(ridge.moment, dtype=np.float64, order="C"),
            purse=purse,
            spent=np.zeros_like(purse),
        )

    @property
    def ridge(self) -> Ridge:
        """The regression as it stands."""
        return Ridge(covariance=self.account.covariance, moment=self.account.moment)

    def play(self, all_of: Turns, generators: RowGenerators, rounds: int, live: Bools | None = None) -> None:
        """Run `all_of`, up to `rounds` rounds, for the rows that are served (of `live`, if given).

        On all processors of this process where rows are long; handing over short ones takes longer than they
        do.
        """
        rows = np.flatnonzero(self.served if live is None else live)
        generators.take_turns(all_of, rows, threads() if rounds >= _LONG else 1)

    def settle(self, exhausted: Bools) -> None:
        """Charge what was spent; rows that are `exhausted` idle from now on, or raise as any call would."""
        for kind, place in _KINDS.items():
            self._meter.charge(kind, self.account.spent[:, place], self.served)
        self._meter.exhaust(exhausted & self.served)


def _most_policies(ridge: Ridge, plan: Exploration) -> int:
    """No run has more: every refresh takes a factor of ``det Sigma``, which grows as the trace allows."""
    assert plan.growth is not None
    d = ridge.covariance.shape[-1]
    trace = np.trace(ridge.covariance, axis1=-2, axis2=-1) + _LONGEST**2 * plan.rounds
    log_growth = d * np.log(trace / d) - ridge.log_det
    return 2 + int(np.max(log_growth) / math.log(plan.growth))

"""The exact law of whole phases where there are too many prompts to list: blocks of them, drawn ahead.

Kernels that tabulate a problem (`phases.bulk`) need the atoms of every prompt, and a sum over all of them
for every pair that a spanner takes. A problem that draws its own prompts (`DrawsPrompts`) may have more than
that allows. Its rounds are played in their order: prompts are independent of everything before them, so those
of the next rounds can be drawn, and their atoms looked up, before it is known what the rounds do; a round
that is never reached takes its prompt with it unseen. Within a round all is as before: the pairs of a search
are skipped by a geometric number, capped; the normaliser is a function of multinomial counts; tries are
geometric. So the joint law of what is learned and paid is that of the literal run, round for round, and the
only waiting times drawn one by one are rounds. In a spanner phase a round costs the norms of one prompt.

What a replicate draws does not depend on how its rounds are cut into blocks.

Letters: `R` replicates, `B` rounds of a block, `K` atoms, `d` feature dimension.
"""

from collections.abc import Iterator

import numpy as np

from explore_theory.foundation.row_generators import RowGenerators
from explore_theory.foundation.streams import Streams
from explore_theory.oracles.kernels import exploration, spanner
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.phases.bulk import Books, Left, allowed_by, terms_of
from explore_theory.oracles.plans import Exploration, Explored, Ridge, Span, Spanned
from explore_theory.problems.protocol import Bools, DrawsPrompts, Floats, Ints, Problem

#: So many numbers are looked up at once, at least one round of every replicate.
_AHEAD = 1 << 20
_FIRST = 16


def span(
    problem: Problem,
    meter: Meter,
    prompts: Streams,
    generators: RowGenerators,
    ridge: Ridge,
    plan: Span,
    rows: Bools,
) -> Spanned:
    """`rounds.span`; a search in one draw, round by round."""
    books, terms = Books(problem, meter, ridge, rows), terms_of(problem)
    accepted, begun = np.zeros(rows.size), np.zeros(rows.size)
    exhausted = np.zeros(rows.size, dtype=bool)
    inverse = np.zeros_like(books.covariance)
    for _, block in _blocks(problem, prompts, plan.rounds, books.served, exhausted):

        def one(row: int, generator: np.random.Generator, block: "_Block" = block) -> None:
            accepted[row], begun[row], exhausted[row] = spanner.spans_in_order(
                generator,
                block.table(row),
                terms,
                float(plan.per_round),
                float(plan.radius),
                accepted[row],
                begun[row],
                inverse[row],
                books.covariance[row],
                books.moment[row],
                books.purse[row],
                books.spent[row],
            )

        books.play(one, generators, block.size, block.live)
    books.settle(exhausted)
    return Spanned(ridge=books.ridge, accepted=accepted, rounds=begun)


def explore(
    problem: Problem,
    meter: Meter,
    prompts: Streams,
    generators: RowGenerators,
    ridge: Ridge,
    plan: Exploration,
    rows: Bools,
) -> Explored:
    """`rounds.explore`, round by round."""
    books, terms = Books(problem, meter, ridge, rows), terms_of(problem, plan)
    left = Left(ridge, plan)
    exhausted = np.zeros(rows.size, dtype=bool)
    known = _Known(rows.size, rarely=plan.growth is not None)
    for first, block in _blocks(problem, prompts, plan.rounds, books.served, exhausted):
        end = first + block.size
        known.meet(block)

        def one(
            row: int,
            generator: np.random.Generator,
            first: int = first,
            end: int = end,
            block: "_Block" = block,
        ) -> None:
            table = block.table(row)
            allowed = allowed_by(table.features, plan, row)
            left.require_room(row, table, allowed)
            left.done[row] = exploration.play(
                generator,
                table,
                terms,
                allowed,
                first,
                end,
                left.log_growth,
                left.keep(row),
                *known.of(row),
                *left.carried(row),
                books.covariance[row],
                books.moment[row],
                books.purse[row],
                books.spent[row],
                *left.of(row),
            )
            left.require_enough(row)
            exhausted[row] = left.done[row] < end

        books.play(one, generators, block.size, block.live)
    books.settle(exhausted)
    return left.explored(books.ridge)


class _Block:
    """Prompts `[R, B]` of the next rounds and their atoms, as kernels read them."""

    def __init__(self, problem: Problem, prompts: Ints, live: Bools) -> None:
        self.prompts, self.live = prompts, live
        atoms = problem.atoms(prompts)
        shape = (*prompts.shape, atoms.log_mass.shape[-1])
        self._mass = _whole(np.exp(atoms.log_mass), shape)
        self._features = _whole(atoms.features, (*shape, atoms.features.shape[-1]))
        self._reward = _whole(atoms.reward, shape)
        self._order = np.argsort(self._mass, axis=-1, kind="stable")
        ascending = np.take_along_axis(self._mass, self._order, axis=-1)
        self._tail = np.ascontiguousarray(np.cumsum(ascending[..., ::-1], axis=-1)[..., ::-1])
        self._sum = np.cumsum(self._mass, axis=-1)
        self._kind = _kinds(self._features)

    @property
    def size(self) -> int:
        """`B`."""
        return int(self.prompts.shape[1])

    @property
    def atoms(self) -> int:
        """`K`."""
        return int(self._mass.shape[-1])

    @property
    def numbers(self) -> int:
        """The size of the features of one round of all replicates."""
        return self._features[:, 0].size

    def table(self, row: int) -> exploration.Table:
        """The prompts of replicate `row`, in the order of its rounds; they are not drawn by mass."""
        nothing = np.empty(0)
        return exploration.Table.locked(
            rho=nothing,
            rho_sum=nothing,
            rho_order=np.empty(0, dtype=np.int64),
            rho_tail=nothing,
            mass=self._mass[row],
            mass_sum=self._sum[row],
            order=self._order[row],
            tail=self._tail[row],
            features=self._features[row],
            reward=self._reward[row],
            kind=self._kind[row],
        )


class _Known:
    """Estimated normalisers by replicate: where a prompt that was met stands among them.

    With an estimate per round nothing is remembered, and every prompt stands in one place.
    """

    def __init__(self, replicates: int, *, rarely: bool) -> None:
        self._rarely = rarely
        self._places: list[dict[int, int]] = [{} for _ in range(replicates)]
        self._known: list[Floats] = [np.empty((0, 0))] * replicates
        self._place = np.zeros((replicates, 0), dtype=np.int64)

    def meet(self, block: _Block) -> None:
        """Give every prompt of the block a place, the same that it had."""
        self._place = np.zeros(block.prompts.shape, dtype=np.int64)
        for row in np.flatnonzero(block.live).tolist():
            places = self._places[row]
            if self._rarely:
                self._place[row] = [places.setdefault(x, len(places)) for x in block.prompts[row].tolist()]
            before = self._known[row]
            if (short := max(1, len(places)) - len(before)) > 0:
                new = np.full((short, block.atoms), np.nan)
                self._known[row] = np.concatenate([before, new]) if before.size else new

    def of(self, row: int) -> tuple[Ints, Floats]:
        """Places `[B]`, and what is known there `[., K]`."""
        return self._place[row], self._known[row]


def _blocks(
    problem: Problem, prompts: Streams, rounds: int, served: Bools, exhausted: Bools
) -> Iterator[tuple[int, _Block]]:
    """The rounds by blocks, with the number of the first; rows that become `exhausted` leave."""
    assert isinstance(problem, DrawsPrompts)
    first, ahead = 0, _FIRST
    while first < rounds and np.any(live := served & ~exhausted):
        count = min(ahead, rounds - first)
        drawn = _drawn(problem, prompts, count, live)
        block = _Block(problem, np.where(live[:, None], drawn, 0), live)
        yield first, block
        first += count
        ahead = max(1, _AHEAD // block.numbers)


def _drawn(problem: DrawsPrompts, prompts: Streams, count: int, live: Bools) -> Ints:
    """The prompts of `count` rounds, `[R, count]`: at once where the problem can, to the same words."""
    at_once = getattr(problem, "draw_many_prompts", None)
    if at_once is not None:
        return np.asarray(at_once(prompts, count, live))
    return np.stack([problem.draw_prompts(prompts, live) for _ in range(count)], axis=1)


def _whole(values: Floats, shape: tuple[int, ...]) -> Floats:
    return np.ascontiguousarray(np.broadcast_to(values, shape), dtype=np.float64)


def _kinds(features: Floats) -> Ints:
    """`[R, B, K]`: the first response with the same features."""
    count = features.shape[-2]
    kind = np.broadcast_to(np.arange(count, dtype=np.int64), features.shape[:-1]).copy()
    # The first of them is written last.
    for k in range(count - 1, -1, -1):
        same = (features == features[..., k : k + 1, :]).all(axis=-1)
        kind[same] = k
    return kind

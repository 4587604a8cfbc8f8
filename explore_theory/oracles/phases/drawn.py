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

from explore_theory.foundation.row_generators import RowGenerators, Rows, Seat, Words
from explore_theory.foundation.streams import Streams
from explore_theory.oracles.kernels import turns
from explore_theory.oracles.ledger import Meter
from explore_theory.oracles.phases.bulk import Books, Left
from explore_theory.oracles.phases.tables import tables_in_order, terms_of
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
    books, terms = Books(meter, ridge, rows), terms_of(problem)
    accepted, begun = np.zeros(rows.size), np.zeros(rows.size)
    exhausted = np.zeros(rows.size, dtype=bool)
    inverse = np.zeros_like(books.account.covariance)
    for _, block in _blocks(problem, prompts, plan.rounds, books.served, exhausted):

        def all_of(seat: Seat, states: Words, rows: Rows, block: "_Block" = block) -> None:
            turns.span_in_order(
                seat,
                states,
                rows,
                block.tables,
                terms,
                float(plan.per_round),
                float(plan.radius),
                inverse,
                books.account,
                accepted,
                begun,
                exhausted,
            )

        books.play(all_of, generators, block.size, block.live)
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
    books, terms = Books(meter, ridge, rows), terms_of(problem, plan)
    left = Left(ridge, plan)
    exhausted = np.zeros(rows.size, dtype=bool)
    known = _Known(rows.size, rarely=plan.growth is not None)
    for first, block in _blocks(problem, prompts, plan.rounds, books.served, exhausted):
        end = first + block.size
        ahead = known.meet(block)
        play = left.rounds_of(block.tables, terms, books.account, (first, end), ahead=ahead)
        books.play(play, generators, block.size, block.live)
        left.require_enough()
        exhausted |= block.live & (left.notes.done < end)
    books.settle(exhausted)
    return left.explored(books.ridge)


class _Block:
    """Prompts `[R, B]` of the next rounds and their atoms, as kernels read them."""

    def __init__(self, problem: Problem, prompts: Ints, live: Bools) -> None:
        self.prompts, self.live = prompts, live
        self.tables = tables_in_order(problem, prompts)

    @property
    def size(self) -> int:
        """`B`."""
        return int(self.prompts.shape[1])

    @property
    def atoms(self) -> int:
        """`K`."""
        return int(self.tables.mass.shape[-1])

    @property
    def numbers(self) -> int:
        """The size of the features of one round of all replicates."""
        return self.tables.features[:, 0].size


class _Known:
    """Estimated normalisers by replicate: where a prompt that was met stands among them.

    With an estimate per round nothing is remembered, and every prompt stands in one place.
    """

    def __init__(self, replicates: int, *, rarely: bool) -> None:
        self._rarely = rarely
        self._places: list[dict[int, int]] = [{} for _ in range(replicates)]
        self._known = np.empty((replicates, 0, 0))

    def meet(self, block: _Block) -> tuple[Ints, Floats]:
        """Give every prompt of the block a place, the same that it had.

        Returns the places `[R, B]`, and what is known there `[R, W, K]`, `W` the most places of a replicate.
        """
        place = np.zeros(block.prompts.shape, dtype=np.int64)
        if self._rarely:
            for row in np.flatnonzero(block.live).tolist():
                places = self._places[row]
                place[row] = [places.setdefault(x, len(places)) for x in block.prompts[row].tolist()]
        most = max(1, max(map(len, self._places), default=0))
        known = np.full((len(self._places), most, block.atoms), np.nan)
        if (before := self._known).size:
            known[:, : before.shape[1]] = before
        self._known = known
        return place, known


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

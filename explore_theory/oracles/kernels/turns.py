"""The compiled loops over replicates: each takes its turn at one generator, and plays its phase.

A call of a compiled function takes longer to prepare than a short phase takes to play, so all replicates are
played in one. Each draws from the stream that is its own, so what it draws does not depend on the others.

Letters: `R` replicates, `m` of them `rows`, `T` tables, one for all or one for each, `X` prompts, `K` atoms,
`d` feature dimension, `S` policies kept, `W` places of known normalisers.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.compiled import compiled
from explore_theory.foundation.row_generators import Rows, Seat, Words
from explore_theory.oracles.kernels.exploration import Bytes, Floats, Ints, Table, Terms, play
from explore_theory.oracles.kernels.seats import enter, leave
from explore_theory.oracles.kernels.segments import play_in_bulk
from explore_theory.oracles.kernels.spanner import pair_norms, spans, spans_in_order

Flags = npt.NDArray[np.bool_]


class Account(NamedTuple):
    """What all phases change, by replicate: ``Sigma`` `[R, d, d]`, moments `[R, d]`, `purse` and `spent`
    `[R, 3]`.
    """

    covariance: Floats
    moment: Floats
    purse: Floats
    spent: Floats


class Notes(NamedTuple):
    """What exploration leaves, by replicate, and carries from one block of rounds to the next.

    `done` `[R]` is what a kernel returned; `thetas` `[R, S, d]`, `covariances` `[R, S, d, d]`, `weights` `[R,
    S]`, `tally` `[R, 2]`, `inverse` `[R, d, d]`, `theta` `[R, d]`, `marks` `[R, 4]`: see `exploration.play`.
    """

    done: Floats
    thetas: Floats
    covariances: Floats
    weights: Floats
    tally: Floats
    inverse: Floats
    theta: Floats
    marks: Floats


class Truncation(NamedTuple):
    """Which responses an exploration looks at: those shorter than the root of `limit` in an inverse.

    `inverse` is that of every replicate `[R, d, d]`, or none `[0, d, d]`: all are looked at.
    """

    inverse: Floats
    limit: float


@compiled
def table_of(tables: Table, row: int) -> Table:
    """The table of a replicate, of `tables` whose fields have `T` in front; prompts have one mass for all."""
    at = row if tables.mass.shape[0] > 1 else 0
    return Table(
        tables.rho,
        tables.rho_sum,
        tables.rho_order,
        tables.rho_tail,
        tables.mass[at],
        tables.mass_sum[at],
        tables.order[at],
        tables.tail[at],
        tables.features[at],
        tables.reward[at],
        tables.kind[at],
    )


@compiled
def allow(features: Floats, truncation: Truncation, row: int, square: Floats, allowed: Bytes) -> None:
    """Fill `allowed` `[X, K, K]`: whether ``phi(x, y, y')``, indexed ``[x, y', y]``, is not truncated.

    `square` `[X, K, K]` is scratch, with zeros on its diagonal.
    """
    prompts, count, _ = features.shape
    pair_norms(features, truncation.inverse[row], square)
    for x in range(prompts):
        for a in range(count):
            for b in range(count):
                norm = square[x, a, b] if a <= b else square[x, b, a]
                allowed[x, a, b] = 1 if norm <= truncation.limit else 0


@compiled
def _alike(inverse: Floats, one: int, other: int) -> bool:
    d = inverse.shape[1]
    for i in range(d):
        for j in range(d):
            if inverse[one, i, j] != inverse[other, i, j]:
                return False
    return True


@compiled
def explore(
    seat: Seat,
    states: Words,
    rows: Rows,
    tables: Table,
    terms: Terms,
    truncation: Truncation,
    first: int,
    end: int,
    log_growth: float,
    in_bulk: bool,
    keep: Ints,
    place: Ints,
    known: Floats,
    account: Account,
    notes: Notes,
) -> None:
    """`exploration.play` for all `rows`, or `segments.play_in_bulk`.

    `keep` is `[R, S]`; `place` `[R, end - first]` and `known` `[R, W, K]` are those of prompts that are drawn
    ahead, or `[R, 0]` and `[1, X, K]`, room for each replicate in turn.
    """
    _, prompts, count = tables.mass.shape
    square = np.zeros((prompts, count, count))
    allowed = np.ones((prompts, count, count), dtype=np.uint8)
    shared = tables.mass.shape[0] == 1
    before = -1
    own = np.empty((prompts, count))
    for i in range(rows.size):
        row = rows[i]
        table = table_of(tables, row)
        if truncation.inverse.shape[0] > 0:
            # Rows of equal features and inverses come one after another.
            if before < 0 or not shared or not _alike(truncation.inverse, before, row):
                allow(table.features, truncation, row, square, allowed)
            before = row
        enter(seat, states[row])
        if in_bulk:
            found = play_in_bulk(
                seat.generator, table, terms, allowed, end, log_growth, account.covariance[row],
                account.moment[row], account.spent[row], notes.thetas[row], notes.covariances[row],
                notes.weights[row], notes.tally[row],
            )  # fmt: skip
            notes.done[row] = end if found >= 0 else found
        else:
            if place.shape[1] > 0:
                own = known[row]
            else:
                own[:] = np.nan
            notes.done[row] = play(
                seat.generator, table, terms, allowed, first, end, log_growth, keep[row], place[row], own,
                notes.inverse[row], notes.theta[row], notes.marks[row], account.covariance[row],
                account.moment[row], account.purse[row], account.spent[row], notes.thetas[row],
                notes.covariances[row], notes.weights[row], notes.tally[row],
            )  # fmt: skip
        leave(seat, states[row])


@compiled
def span(
    seat: Seat,
    states: Words,
    rows: Rows,
    tables: Table,
    terms: Terms,
    rounds: int,
    per_round: float,
    radius: float,
    account: Account,
    accepted: Floats,
    begun: Floats,
    exhausted: Flags,
) -> None:
    """`spanner.spans` for all `rows`, into `accepted`, `begun` and `exhausted` `[R]`."""
    for i in range(rows.size):
        row = rows[i]
        enter(seat, states[row])
        accepted[row], begun[row], exhausted[row] = spans(
            seat.generator, table_of(tables, row), terms, rounds, per_round, radius,
            account.covariance[row], account.moment[row], account.purse[row], account.spent[row],
        )  # fmt: skip
        leave(seat, states[row])


@compiled
def span_in_order(
    seat: Seat,
    states: Words,
    rows: Rows,
    tables: Table,
    terms: Terms,
    per_round: float,
    radius: float,
    inverse: Floats,
    account: Account,
    accepted: Floats,
    begun: Floats,
    exhausted: Flags,
) -> None:
    """`spanner.spans_in_order` for all `rows`, whose prompts are those of their tables; `inverse` `[R, d, d]`
    is carried from one block to the next.
    """
    for i in range(rows.size):
        row = rows[i]
        enter(seat, states[row])
        accepted[row], begun[row], exhausted[row] = spans_in_order(
            seat.generator, table_of(tables, row), terms, per_round, radius, accepted[row], begun[row],
            inverse[row], account.covariance[row], account.moment[row], account.purse[row],
            account.spent[row],
        )  # fmt: skip
        leave(seat, states[row])

"""How rows take turns at one generator inside compiled code, and counts that they draw so.

Letters: `R` rows, `m` of them, `K` atoms.
"""

import numpy as np

from explore_theory.foundation.compiled import compiled
from explore_theory.foundation.row_generators import Rows, Seat, Words
from explore_theory.oracles.kernels.counting import Floats, Ints, scatter, tails


@compiled
def enter(seat: Seat, state: Words) -> None:
    """The generator goes on where `state` `[13]` is."""
    for i in range(4):
        seat.counter[i] = state[i]
        seat.buffer[i] = state[6 + i]
    seat.key[0], seat.key[1] = state[4], state[5]
    seat.place[0], seat.has_half[0], seat.half[0] = state[10], state[11], state[12]


@compiled
def leave(seat: Seat, state: Words) -> None:
    """Fill `state` `[13]` with where the generator is."""
    for i in range(4):
        state[i] = seat.counter[i]
        state[6 + i] = seat.buffer[i]
    state[10], state[11], state[12] = seat.place[0], seat.has_half[0], seat.half[0]


@compiled
def multinomials_of(
    seat: Seat, states: Words, rows: Rows, n: float, mass: Floats, order: Ints, counts: Floats
) -> None:
    """Fill the `rows` of `counts` `[R, K]`: ``Multinomial(n, mass)``, as `counting.multinomial` of each.

    `order` `[R, K]` is that of `mass` `[R, K]`, ascending.
    """
    tail = np.empty(mass.shape[1])
    for i in range(rows.size):
        row = rows[i]
        enter(seat, states[row])
        tails(mass[row], order[row], tail)
        scatter(seat.generator, n, mass[row], order[row], tail, counts[row])
        leave(seat, states[row])

"""The worst acceptance process of a spanner phase, by backward induction in whole numbers.

In each of `T` rounds a pair is accepted with a probability that the adversary sets, knowing the past, among
multiples of ``1/g``, never above the last (``Sigma`` only grows); `n` acceptances at most can ever happen, so
that after the last of them the probability is zero. The adversary wins if the probability ends at `level`/g
or above.
"""

import math
from fractions import Fraction


def worst(rounds: int, grid: int, most: int, level: int, *, falling: bool = True) -> Fraction:
    """The adversary's best chance to win; unless `falling`, the probability may go up again."""
    levels = range(grid + 1)
    # value[a][j] / grid^t: with t rounds left, a acceptances so far and a probability of at most j/grid.
    value = [[int(a < most and (j >= level or not falling)) for j in levels] for a in range(most + 1)]
    for _ in range(rounds):
        before = value
        value = []
        for a in range(most + 1):
            row, best = [], 0
            for i in levels if a < most else (0,):
                accepted = i * before[a + 1][i] if i else 0
                best = max(best, accepted + (grid - i) * before[a][i])
                row.append(best)
            value.append(row if a < most else row * (grid + 1))
        if not falling:
            value = [[row[-1]] * (grid + 1) for row in value]
    return Fraction(value[0][-1], grid**rounds)


def tail(rounds: int, chance: Fraction, most: int) -> Fraction:
    """``P(Binomial(T, chance) <= n - 1)``."""
    return sum(
        (
            math.comb(rounds, k) * chance**k * (1 - chance) ** (rounds - k)
            for k in range(min(most, rounds + 1))
        ),
        Fraction(0),
    )

"""Estimates that serve a segment each, and an adversary who says how long segments last, in rationals.

At the start of each segment the mass `m` of the prompts and ``y'`` whose estimate fails is drawn, from a law
that the adversary chooses among those with mean at most `p`, on multiples of ``1/grid``; seeing `m`, the
adversary says how many rounds the segment lasts. There are at most `segments` of them in `rounds` rounds; the
last one lasts to the end. The adversary wins if `m`, summed over the rounds, is at least `total`/grid.
"""

from fractions import Fraction
from functools import cache


def worst(rounds: int, segments: int, grid: int, p: Fraction, total: int) -> Fraction:
    """The adversary's best chance to win."""

    @cache
    def value(left: int, unused: int, so_far: int) -> Fraction:
        """With `left` rounds and `unused` segments, after masses that sum to `so_far`/grid."""
        if left == 0:
            return Fraction(int(so_far >= total))
        if unused == 0:
            return Fraction(0)
        shortest = left if unused == 1 else 1
        seen = [
            max(value(left - n, unused - 1, so_far + m * n) for n in range(shortest, left + 1))
            for m in range(grid + 1)
        ]
        return mean_at_most(seen, p * grid)

    return value(rounds, segments, 0)


def mean_at_most(values: list[Fraction], mean: Fraction) -> Fraction:
    """The largest mean of ``values[m]`` over laws on `m` = 0, 1, .. with mean at most `mean`.

    Two points suffice for a linear program with two constraints.
    """
    best = max(value for m, value in enumerate(values) if m <= mean)
    for low in range(len(values)):
        for high in range(low + 1, len(values)):
            if low <= mean < high:
                weight = (mean - low) / (high - low)
                best = max(best, (1 - weight) * values[low] + weight * values[high])
    return best

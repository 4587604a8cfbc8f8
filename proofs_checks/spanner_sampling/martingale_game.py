"""The worst predictable sequence against a martingale bound, by backward induction in whole numbers.

In each of `T` rounds the adversary, knowing the past, names a mean ``V`` that is a multiple of ``1/L``; then
``d`` is 1 with probability ``V`` and 0 otherwise. It wins if ``sum V - c sum d`` ends above a threshold; it
may stop by naming ``V = 0`` from then on.
"""

from collections.abc import Sequence
from fractions import Fraction


def worst(rounds: int, grid: int, means: Sequence[int], factor: int, threshold: int) -> Fraction:
    """The largest probability of ``L (sum V - factor sum d) > threshold``.

    Parameters
    ----------
    rounds, grid
        `T` and `L`.
    means
        The multiples of ``1/L`` that the adversary may name, besides zero; at most `L`.
    factor
        The constant in front of ``sum d``.
    threshold
        In units of ``1/L``, at least 0.
    """
    step, drop = max(means), factor * grid
    # wins[s + offset] / grid^t: the value with t rounds left at L (sum V - factor sum d) = s <= threshold.
    # With t rounds left nothing below threshold - t step can still win, so that much is kept.
    low = threshold - rounds * step - drop
    offset = -low
    wins = [0] * (threshold - low + 1)
    for left in range(1, rounds + 1):
        sure = grid ** (left - 1)
        before, wins = wins, [0] * len(wins)
        for s in range(max(low, threshold - left * step + 1), threshold + 1):
            best = grid * before[s + offset]
            for mean in means:
                up = sure if s + mean > threshold else before[s + mean + offset]
                # A round rises by less than it falls, so no fall wins.
                fallen = s + mean - drop
                down = before[fallen + offset] if fallen >= low else 0
                best = max(best, (grid - mean) * up + mean * down)
            wins[s + offset] = best
    return Fraction(wins[offset], grid**rounds)

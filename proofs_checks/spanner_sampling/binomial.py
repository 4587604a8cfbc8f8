"""Binomial probabilities as balls, for numbers of trials that no sum over all outcomes could reach.

Letters: `m` trials with success probability `q`, a rational in (0, 1); `k` successes.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

#: Bits of the balls: sums of 10^5 terms, none of them below e^-10000 in what is compared, keep 300 of them.
BITS = 400
_NEGLIGIBLE = 2.0**-90


def chance(m: int, q: Fraction, k: int) -> Any:
    """The ball around ``P(Binomial(m, q) = k)``."""
    from flint import arb

    from explore_theory.certify.balls import ball

    choose = arb(m + 1).lgamma() - arb(k + 1).lgamma() - arb(m - k + 1).lgamma()
    return (choose + k * ball(q).log() + (m - k) * ball(1 - q).log()).exp()


def chances(m: int, q: Fraction) -> Iterator[Any]:
    """The probabilities of 0 to `m`, by the ratio of neighbours."""
    from explore_theory.certify.balls import ball

    current, odds = ball(1 - q) ** m, ball(q / (1 - q))
    for k in range(m + 1):
        yield current
        current = current * odds * (m - k) / (k + 1)


def below(m: int, q: Fraction, k: int) -> Any:
    """The ball around ``P(Binomial(m, q) < k)``, `k` at most the mean, say: the terms from the largest on."""
    from explore_theory.certify.balls import ball

    return _outwards(m, q, min(k - 1, m), -1) if k > 0 else ball(0)


def from_on(m: int, q: Fraction, k: int) -> Any:
    """The ball around ``P(Binomial(m, q) >= k)``, `k` at least the mean, say."""
    from explore_theory.certify.balls import ball

    return _outwards(m, q, max(k, 0), 1) if k <= m else ball(0)


def _outwards(m: int, q: Fraction, start: int, step: int) -> Any:
    """The sum of probabilities from `start` to the end of the range in the direction of `step`."""
    from flint import arb

    from explore_theory.certify.balls import ball

    odds = ball(q / (1 - q) if step > 0 else (1 - q) / q)
    term, total, k = chance(m, q, start), arb(0), start
    while 0 <= k <= m:
        total += term
        growth = odds * (m - k) / (k + 1) if step > 0 else odds * k / (m - k + 1)
        term, k = term * growth, k + step
        # The ratio of neighbours only falls on the way out, so the rest is at most a geometric series.
        if growth < 1 and term / (1 - growth) < total * _NEGLIGIBLE:
            return total + arb(0).union(term / (1 - growth))
    return total

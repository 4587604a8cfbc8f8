"""How many candidates a response takes when the normaliser is estimated for it alone, without the estimate.

``Zhat`` is the mean of ``w(y_i)`` over `m` base responses, and if no weight exceeds ``Zhat M`` a candidate is
accepted with probability ``h = Z/(Zhat M)``. Then what is accepted follows ``pi_f`` whatever ``Zhat`` was,
which shows in the number of candidates `T` alone; and `T` can be drawn without the counts of the `m` draws:

- ``T - 1``, geometric from zero, is ``Poisson(G (1/h - 1))`` with ``G ~ Exp(1)``;
- ``1/h - 1 = M Zhat/Z - 1 = sum_i a(y_i)`` with ``a(y) = (M w(y)/Z - 1)/m``, so given `G` it is the sum of
  `m` independent numbers, each ``Poisson(G a(y_i))`` with a `y_i` of its own;
- of these, those that are at least `j` number ``Binomial(n_{j-1}, P_j/P_{j-1})``, where ``P_j`` is the chance
  of at least `j`; and ``T - 1 = sum_j n_j``.

A handful of binomials take the place of one for every atom. All weights lie in ``[Z/M, Zhat M]``, whatever
``Zhat`` turns out to be, if the largest is at most `M` times the smallest, which is what `plain` asks.

Letters: `K` atoms, `m` calls of the normaliser, `M` the sampler's ratio.
"""

import math

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.compiled import compiled
from explore_theory.oracles.kernels.counting import Generator, binomial

Floats = npt.NDArray[np.float64]

#: No more than this is ``G a`` at ``G = 1``: beyond it the numbers per draw are many, and so their binomials.
LARGEST = 0.25
#: Chances below this part of the first are left out, which is below what a double tells of their sum.
_NOTHING = 1e-18
#: Room for the chances of one number; they are below `_NOTHING` long before, as ``G`` is hardly above 40.
MOST = 128
_SHARE = 1.0 / np.arange(1.0, MOST + 1.0)


@compiled
def sums(mass: Floats, weight: Floats, cumulative: Floats) -> tuple[float, float]:
    """Fill `cumulative` `[K]` with sums of ``mass weight``; returns the last, ``Z``, and the least weight.

    Weights of atoms without mass do not count.
    """
    total, least = 0.0, 1.0
    for k in range(weight.size):
        total += mass[k] * weight[k]
        cumulative[k] = total
        least = min(least, weight[k] if mass[k] > 0.0 else 1.0)
    return total, least


@compiled
def plain(total: float, least: float, ratio: float, calls: float) -> bool:
    """Whether `tries` draws the right law: no estimate can make a weight clip, and ``a`` is small.

    `total` and `least` as in `sums`, the largest weight of an atom with mass being one.
    """
    return least * ratio >= 1.0 and ratio <= total * (1.0 + LARGEST * calls)


@compiled
def tries(
    gen: Generator,
    mass: Floats,
    weight: Floats,
    total: float,
    ratio: float,
    calls: float,
    chances: Floats,
) -> float:
    """Candidates up to the accepted one, for `mass`, `weight` `[K]` and `total` that are `plain`.

    `chances` `[MOST]` is room to work in.
    """
    scale = gen.standard_exponential() / calls
    lift = scale * ratio / total
    # The largest rate is that of weight one: as many terms as count at it count anywhere.
    largest = max(0.0, lift - scale)
    terms, share = 1, 1.0
    chances[0] = 0.0
    while share > _NOTHING and terms < MOST:
        chances[terms] = 0.0
        terms += 1
        share *= largest / terms
    # Chances that a number is 1, 2, ..; then that it is at least that. Four atoms at a time, whose products
    # do not wait for each other.
    atoms = weight.size
    whole = atoms - atoms % 4
    for k in range(0, whole, 4):
        rate0 = max(0.0, lift * weight[k] - scale)
        rate1 = max(0.0, lift * weight[k + 1] - scale)
        rate2 = max(0.0, lift * weight[k + 2] - scale)
        rate3 = max(0.0, lift * weight[k + 3] - scale)
        term0 = mass[k] * math.exp(-rate0)
        term1 = mass[k + 1] * math.exp(-rate1)
        term2 = mass[k + 2] * math.exp(-rate2)
        term3 = mass[k + 3] * math.exp(-rate3)
        for n in range(terms):
            share = _SHARE[n]
            term0 *= rate0 * share
            term1 *= rate1 * share
            term2 *= rate2 * share
            term3 *= rate3 * share
            chances[n] += (term0 + term1) + (term2 + term3)
    for k in range(whole, atoms):
        rate = max(0.0, lift * weight[k] - scale)
        term = mass[k] * math.exp(-rate)
        for n in range(terms):
            term *= rate * _SHARE[n]
            chances[n] += term
    for n in range(terms - 2, -1, -1):
        chances[n] += chances[n + 1]
    number = binomial(gen, calls, min(1.0, chances[0]))
    count = 1.0 + number
    n = 1
    while number > 0.0 and n < terms:
        number = binomial(gen, number, min(1.0, chances[n] / chances[n - 1]))
        count += number
        n += 1
    return count

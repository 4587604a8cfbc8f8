"""Counts drawn at once: binomials at any scale, multinomials, capped geometrics and their sums.

Counts are float64: whole numbers, exact to 2^53, right to a relative 2^-52 beyond, up to 1e300. A learner
whose best response has base probability 1e-194 asks for more draws than an int64 can count.

Kernels (`foundation.compiled`): they draw from one NumPy generator each, that of their replicate.
Letters: `K` atoms.
"""

import math

import numpy as np
import numpy.typing as npt

from explore_theory.foundation.compiled import compiled

Generator = np.random.Generator
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Ratios of masses this many steps apart are multiplied out.
_NEAR = 20.0
#: Mean counts below this are found by inversion.
_FEW = 10.0
#: Beyond this a float64 does not hold every whole number.
_WHOLE = 2.0**53
#: Beyond this a square overflows, and Stirling's series is its first term.
_VAST = 1e100
#: ``log n! - log(sqrt(2 pi n) (n/e)^n)`` for n = 0..15; for 0, ``log 1 - log sqrt(2 pi)`` is never needed.
_STIRLING = np.array(
    [0.0]
    + [math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi) for n in range(1, 16)]
)


@compiled
def binomial(gen: Generator, n: float, p: float) -> float:
    """``Binomial(n, p)``, however large `n` and however small `p` or ``1 - p``.

    Beyond 2^53 `n`, and a count that is as large, stand for the whole numbers that round to them.

    Few successes are found by inversion, many by transformed rejection (Hoermann, *The generation of binomial
    random variates*, 1993, algorithm BTRS), with ratios of masses in Loader's form (*Fast and accurate
    computation of binomial probabilities*, 2000), which loses no digits at large `n`.
    """
    size = float(n)
    if size <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return size
    if p > 0.5:
        return size - _below_half(gen, size, 1.0 - p)
    return _below_half(gen, size, p)


@compiled
def _below_half(gen: Generator, size: float, p: float) -> float:
    if size * p < _FEW:
        return _inverted(gen, size, p)
    spread = math.sqrt(size * p * (1.0 - p))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre = size * p + 0.5
    accepted_at = 0.92 - 4.2 / b
    mode = np.floor((size + 1.0) * p)
    at_mode = math.nan
    while True:
        u = gen.random() - 0.5
        v = 1.0 - gen.random()
        us = 0.5 - abs(u)
        k = np.floor((2.0 * a / us + b) * u + centre)
        if us >= 0.07 and v <= accepted_at:
            return float(k)
        if k < 0.0 or k > size:
            continue
        v *= (2.83 + 5.1 / b) * spread / (a / (us * us) + b)
        steps = abs(k - mode)
        # Steps can be told apart below 2^53 only.
        if steps <= _NEAR and mode < _WHOLE / 2.0:
            if v <= _ratio_of_masses(k, mode, size, p):
                return float(k)
            continue
        log_v = math.log(v)
        variance = spread * spread
        if steps < variance / 2.0 - 1.0:
            # Bounds on the log-ratio of masses (Kachitvichyanukul and Schmeiser, 1988, step 5.2).
            gauss = -steps * steps / (2.0 * variance)
            inner = ((steps / 3.0 + 0.625) * steps + 1.0 / 6.0) / variance + 0.5
            width = steps / variance * inner
            if log_v < gauss - width:
                return float(k)
            if log_v > gauss + width:
                continue
        if math.isnan(at_mode):
            at_mode = log_mass(mode, size, p)
        if log_v <= log_mass(k, size, p) - at_mode:
            return float(k)


@compiled
def _ratio_of_masses(k: float, mode: float, n: float, p: float) -> float:
    """``P(k)/P(mode)`` of ``Binomial(n, p)``, step by step."""
    odds = p / (1.0 - p)
    low, high = min(k, mode), max(k, mode)
    ratio = 1.0
    i = low + 1.0
    while i <= high:
        ratio *= (n - i + 1.0) / i * odds
        i += 1.0
    return ratio if k > mode else 1.0 / ratio


@compiled
def _inverted(gen: Generator, n: float, p: float) -> float:
    """The first `k` whose cumulative mass exceeds a uniform."""
    mass = math.exp(n * math.log1p(-p))
    odds = p / (1.0 - p)
    level, k = gen.random(), 0.0
    # Beyond 100 the mass is below 1e-60: only rounding of the sum can lead there.
    while level >= mass and k < n and k < 100.0:
        level -= mass
        k += 1.0
        mass *= odds * (n - k + 1.0) / k
    return k


@compiled
def log_mass(k: float, n: float, p: float) -> float:
    """``log P(Binomial(n, p) = k)``, off by ``16 eps (1 + |log P| + |k - n p| / (1 - p))`` at most.

    The last term is what a rounding of `p` alone would cost; it is what counts at large `n` (step X3).
    """
    if k == 0.0:
        return n * math.log1p(-p)
    if k == n:
        return n * math.log(p)
    rest = n - k
    if n > _WHOLE:
        # ``n - k`` is rounded, so how far the two counts lie from their means is taken from `k` alone.
        gap = k - n * p
        return (
            _stirling(n)
            - _stirling(k)
            - _stirling(rest)
            - _deviance_by(gap, k, n * p)
            - _deviance_by(-gap, rest, n * (1.0 - p))
            + 0.5 * math.log(n / rest / (2.0 * math.pi * k))
        )
    return (
        _stirling(n)
        - _stirling(k)
        - _stirling(rest)
        - _deviance(k, n * p)
        - _deviance(rest, n * (1.0 - p))
        + 0.5 * math.log(n / (2.0 * math.pi * k * rest))
    )


@compiled
def _stirling(n: float) -> float:
    if n <= 15.0:
        return float(_STIRLING[int(n)])
    if n > _VAST:
        return 1.0 / 12.0 / n
    square = n * n
    series = 1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square
    return float((1.0 / 12.0 - (1.0 / 360.0 - series / square) / square) / n)


@compiled
def _deviance(x: float, mean: float) -> float:
    """``x log(x/mean) + mean - x``, by its series where the two are close."""
    return _deviance_by(x - mean, x, mean)


@compiled
def _deviance_by(gap: float, x: float, mean: float) -> float:
    """The same, given ``gap = x - mean`` to more digits than the difference of the two has."""
    if abs(gap) >= 0.1 * (x + mean):
        return x * math.log(x / mean) - gap
    v = gap / (x + mean)
    total, term, j = gap * v, 2.0 * x * v, 1
    while j < 100:
        term *= v * v
        longer = total + term / (2 * j + 1)
        if longer == total:
            break
        total = longer
        j += 1
    return total


@compiled
def tails(mass: Floats, order: Ints, tail: Floats) -> None:
    """Fill `tail` `[K]`: the mass of ``order[k:]``. With `order` ascending no small mass is lost in it."""
    total = 0.0
    for k in range(mass.size - 1, -1, -1):
        total += mass[order[k]]
        tail[k] = total


@compiled
def scatter(gen: Generator, n: float, mass: Floats, order: Ints, tail: Floats, counts: Floats) -> None:
    """Fill `counts` `[K]`: ``Multinomial(n, mass)``, one conditional binomial per atom, rarest first."""
    left = float(n)
    last = mass.size - 1
    for k in range(last + 1):
        atom = order[k]
        if left == 0.0 or mass[atom] <= 0.0:
            counts[atom] = 0.0
        elif k == last:
            counts[atom] = left
        else:
            found = binomial(gen, left, mass[atom] / tail[k])
            counts[atom] = found
            left -= found


def multinomial(gen: Generator, n: float, mass: Floats) -> Floats:
    """``Multinomial(n, mass)``, `[K]`, for any non-negative `mass`, which need not sum to one exactly."""
    order = np.argsort(mass, kind="stable")
    tail, counts = np.empty(mass.size), np.zeros(mass.size)
    tails(mass, order, tail)
    scatter(gen, float(n), np.ascontiguousarray(mass), order, tail, counts)
    return counts


@compiled
def waiting(level: float, p: float, miss: float) -> float:
    """``Geometric(p)`` from a uniform `level`: the least `k >= 1` with ``(1 - p)^k <= level``.

    `miss` is ``1 - p``, summed by itself: it is what counts where `p` is above one half.
    """
    if p <= 0.0:
        return math.inf
    if miss <= 0.0:
        return 1.0
    log_miss = math.log1p(-p) if p <= 0.5 else math.log(miss)
    return float(max(1.0, np.ceil(math.log(level) / log_miss)))


@compiled
def capped_waiting(level: float, p: float, cap: float) -> float:
    """A waiting time given that it is at most `cap`, from a uniform `level`."""
    if p >= 1.0:
        return 1.0
    log_miss = math.log1p(-p)
    within = -math.expm1(cap * log_miss)
    found = np.ceil(math.log1p(-level * within) / log_miss)
    return float(min(cap, max(1.0, found)))


@compiled
def total_capped_waiting(gen: Generator, n: float, p: float, cap: float) -> float:
    """The sum of `n` independent waiting times given that each is at most `cap`, exact in law.

    On ``{0, ..., 2^b - 1}`` a geometric law has independent bits, bit `i` being one with probability
    ``r^(2^i) / (1 + r^(2^i))``, ``r = 1 - p``: its mass at ``sum_i 2^i b_i`` is the product of ``r^(2^i
    b_i)``. Waiting times minus one lie on ``{0, ..., cap - 1}``, which the binary digits of `cap` cut into
    intervals of that kind; within each, by lack of memory, the law is the same from its start. So the sum
    takes one binomial per interval, and one per bit of each: about ``log2(cap)^2 / 2`` at most, whatever `n`
    (beyond 2^53 a float64 has 53 binary digits, so ``53 log2(cap)``).
    """
    if n <= 0:
        return 0.0
    if p >= 1.0:
        return float(n)
    log_miss = math.log1p(-p)
    # Powers of two, and what is left of a float64 without its leading ones, are exact.
    total, left, start, rest = float(n), float(n), 0.0, float(cap)
    while left > 0.0 and rest > 0.0:
        size, bits = 1.0, 0
        while 2.0 * size <= rest:
            size *= 2.0
            bits += 1
        # The chance of this interval among what is left: all of it if it is the last.
        share = math.expm1(size * log_miss) / math.expm1(rest * log_miss)
        here = left if size == rest else binomial(gen, left, min(1.0, share))
        total += here * start
        step = 1.0
        for _ in range(bits):
            if here == 0.0:
                break
            ratio = math.exp(step * log_miss)
            total += step * binomial(gen, here, ratio / (1.0 + ratio))
            step *= 2.0
        left -= here
        start += size
        rest -= size
    return total


# --- many at once, for experiments on these laws ------------------------------------------------------------


@compiled
def binomials(gen: Generator, n: float, p: float, draws: Floats) -> None:
    """Fill `draws` with independent draws of `binomial`."""
    for i in range(draws.size):
        draws[i] = binomial(gen, n, p)


@compiled
def multinomials(gen: Generator, n: float, mass: Floats, order: Ints, tail: Floats, counts: Floats) -> None:
    """Fill the rows of `counts` `[D, K]` with independent draws of `scatter`."""
    for i in range(counts.shape[0]):
        scatter(gen, n, mass, order, tail, counts[i])


@compiled
def capped_totals(gen: Generator, n: float, p: float, cap: float, draws: Floats) -> None:
    """Fill `draws` with independent draws of `total_capped_waiting`."""
    for i in range(draws.size):
        draws[i] = total_capped_waiting(gen, n, p, cap)


@compiled
def log_masses(first: int, n: float, p: float, masses: Floats) -> None:
    """Fill `masses` with ``log P(Binomial(n, p) = k)`` for ``k = first, first + 1, ...``."""
    for i in range(masses.size):
        masses[i] = log_mass(float(first + i), n, p)

"""Confidence sequences: intervals that hold at all sample sizes at once, so that one may look and stop.

An interval of fixed size misses with probability `alpha` at the size fixed before; looked at after every
replicate, it misses sooner or later. A confidence sequence ``(I_n)`` misses at *any* `n` with probability at
most `alpha`, whatever rule decides when to stop. Both sequences below come from one inequality (Ville, 1939):
a non-negative martingale that starts at one ever reaches ``1/alpha`` with probability at most `alpha`.

Letters: `R` rows, `n` values or trials.
"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import above, floats, one_of, positive, real_array
from explore_theory.statistics.arguments import Floats, counts, error_level

#: Ends are moved outward by this fraction, which covers every rounding error made on the way to them.
OUTWARD = 1e-12
#: Beyond this many trials a comparison counts as undecidable at the observed frequency.
MOST_TRIALS = 1e15


def bernoulli_sequence(
    successes: npt.ArrayLike,
    trials: npt.ArrayLike,
    alpha: float,
    *,
    mixture: tuple[float, float] = (0.5, 0.5),
) -> tuple[Floats, Floats]:
    """Interval ``[lo, hi]`` for a success probability, valid at all `trials` simultaneously.

    With `k` successes among `n` trials and a mixture ``Beta(a, b)``,

        M_n(p) = B(a + k, b + n - k) / (B(a, b) p^k (1 - p)^(n - k)),

    the likelihood of the mixture over that of `p`, is a martingale from one when `p` is the truth, so the `p`
    with ``M_n(p) < 1/alpha`` contain it for all `n` with probability ``1 - alpha`` (Robbins, *Statistical
    methods related to the law of the iterated logarithm*, 1970; Howard, Ramdas, McAuliffe and Sekhon,
    *Time-uniform, nonparametric, nonasymptotic confidence sequences*, 2021). They are an interval around
    ``k/n``, because ``log M_n`` is convex and at most zero there. The trials may depend on the past as long
    as each has conditional success probability `p`.

    The default mixture is Jeffreys' (Krichevsky and Trofimov, 1981): it costs ``log(n)/2`` wherever `p` lies,
    where the uniform ``(1, 1)`` costs ``log(n)`` near 0 and 1.

    Parameters
    ----------
    successes, trials
        `[...]`, broadcast together: whole numbers, ``0 <= successes <= trials``, ``trials >= 0``. Without
        trials the interval is ``[0, 1]``.
    alpha
        Error level in (0, 1), for both ends and all sizes together.
    mixture
        ``(a, b)``, positive; to be fixed before looking at the data.

    Returns
    -------
    lo, hi
        `[...]`, rounded outward; ``lo`` is 0 without successes and ``hi`` is 1 without failures, exactly.
        Intersecting the intervals of one run over time keeps the level.

    Raises
    ------
    InvalidProblem
        If an argument is out of range.
    """
    alpha = error_level(alpha)
    a, b = _mixture(mixture)
    k, n = counts(successes, trials, least_trials=0)
    return _ends(k, n, alpha, a, b)


def trials_to_decide(
    successes: int,
    trials: int,
    relation: Literal["<=", ">=", "=="],
    bound: float,
    alpha: float,
    *,
    resolution: float = 0.0,
    mixture: tuple[float, float] = (0.5, 0.5),
) -> float:
    """About how many more trials decide ``p relation bound`` if the frequency stays as it is; maybe infinite.

    A comparison is decided when `bernoulli_sequence` at this `alpha` lies on one side of `bound`, or on the
    claimed side of it up to `resolution`. The answer is the least such size by bisection at the fractional
    count ``(k/n) m``; advice to a reader, not a guarantee.

    Raises
    ------
    InvalidProblem
        If an argument is out of range.
    """
    alpha = error_level(alpha)
    a, b = _mixture(mixture)
    found = counts(successes, trials)
    if found[0].ndim:
        raise InvalidProblem(f"successes and trials must be one number each, got shape={found[0].shape}")
    k, n = (float(count) for count in found)
    one_of("relation", relation, ("<=", ">=", "=="))
    bound, resolution = above("bound", bound, -math.inf), above("resolution", resolution, -math.inf)
    if resolution < 0:
        raise InvalidProblem(f"resolution must be at least 0, got resolution={resolution!r}")

    def decided(size: float) -> bool:
        lo, hi = (float(end) for end in _ends(np.asarray(k / n * size), np.asarray(size), alpha, a, b))
        below, above = hi <= bound + resolution, lo >= bound - resolution
        holds = {"<=": below, ">=": above, "==": below and above}[relation]
        refuted = (relation != ">=" and lo > bound) or (relation != "<=" and hi < bound)
        return holds or refuted

    if decided(n):
        return 0.0
    low, high = n, 2 * n
    while not decided(high):
        low, high = high, 2 * high
        if high > MOST_TRIALS:
            return math.inf
    while high - low > max(1.0, 1e-3 * high):
        middle = (low + high) / 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return float(math.ceil(high - n))


def bounded_mean_sequence(
    values: npt.ArrayLike, lower: float, upper: float, alpha: float
) -> tuple[Floats, Floats]:
    """Running intervals for the mean of values in ``[lower, upper]``, valid at all sizes simultaneously.

    The predictable plug-in empirical-Bernstein sequence (Waudby-Smith and Ramdas, *Estimating means of
    bounded random variables by betting*, JRSS B 2024, theorem 2). For values in ``[0, 1]`` with conditional
    mean `mu`, any predictable ``m_i`` and ``l_i`` in ``[0, 1)``, and ``psi(l) = -log(1 - l) - l``,

        prod_i exp(l_i (x_i - mu) - psi(l_i) (x_i - m_i)^2)

    is a supermartingale from one (Fan, Grama and Liu, *Exponential inequalities for martingales with
    applications*, 2015: ``exp(l y - psi(l) y^2) <= 1 + l y`` for ``y >= -1``, with ``y = x_i - m_i``), and so
    is its mirror image; each reaches ``2/alpha`` with probability at most ``alpha/2``. Solved for `mu`:

        sum l_i x_i / sum l_i  +-  (log(2/alpha) + sum psi(l_i) (x_i - m_i)^2) / sum l_i .

    ``m_i`` is the mean of what came before (and of one value at 1/2), ``l_i = min(3/4, sqrt(2 log(2/alpha) /
    (s^2 i log(1 + i))))`` with `s` the deviation so far: the width adapts to the true variance. It was chosen
    over hedged betting, which is somewhat narrower at small `n`, because it is closed form: two cumulative
    sums, no root to find at each `n`, nothing to trust but the formula above.

    Parameters
    ----------
    values
        `[R, n]` or `[n]`, in the order in which they came, in ``[lower, upper]``.
    lower, upper
        Bounds known beforehand, in the units of the values.
    alpha
        Error level in (0, 1), of each row.

    Returns
    -------
    lo, hi
        Shaped like `values`: entry `i` is the intersection of the intervals after 1 to ``i + 1`` values. If
        that is empty, both are NaN from there on: the conditional mean was not constant (or chance `alpha`).

    Raises
    ------
    InvalidProblem
        If an argument is out of range.
    """
    alpha = error_level(alpha)
    lower, upper = above("lower", lower, -math.inf), above("upper", upper, -math.inf)
    if not lower < upper:
        raise InvalidProblem(f"lower must be below upper, got lower={lower!r}, upper={upper!r}")
    given = real_array("values", values)
    array = floats("values", given, (None,) if given.ndim < 2 else (None, None))
    if not np.all((array >= lower) & (array <= upper)):
        worst = float(array.flat[int(np.argmin((array >= lower) & (array <= upper)))])
        raise InvalidProblem(f"values must lie in [{lower:g}, {upper:g}], got {worst!r}")
    width = upper - lower
    x = (array - lower) / width
    step = np.arange(1.0, x.shape[-1] + 1)
    means = (0.5 + np.cumsum(x, axis=-1)) / (step + 1)
    variances = (0.25 + np.cumsum((x - means) ** 2, axis=-1)) / (step + 1)
    before_mean, before_variance = _previous(means, 0.5), _previous(variances, 0.25)
    log_level = math.log(2 / alpha)
    bets = np.minimum(0.75, np.sqrt(2 * log_level / (before_variance * step * np.log1p(step))))
    stake = np.cumsum(bets, axis=-1)
    centre = np.cumsum(bets * x, axis=-1) / stake
    penalty = np.cumsum((-np.log1p(-bets) - bets) * (x - before_mean) ** 2, axis=-1)
    # Cumulative sums of n terms lose n ulps at most; n OUTWARD/1000 exceeds that.
    radius = (log_level + penalty) / stake + OUTWARD * (1 + 1e-3 * step)
    lo = np.maximum.accumulate(np.maximum(centre - radius, 0.0), axis=-1)
    hi = np.minimum.accumulate(np.minimum(centre + radius, 1.0), axis=-1)
    empty = lo > hi
    lo, hi = lower + width * lo, lower + width * hi
    return np.where(empty, np.nan, lo), np.where(empty, np.nan, hi)


def _mixture(mixture: tuple[float, float]) -> tuple[float, float]:
    if not isinstance(mixture, tuple | list) or len(mixture) != 2:
        raise InvalidProblem(f"mixture must be two numbers (a, b), got mixture={mixture!r:.80}")
    return positive("mixture[0]", mixture[0]), positive("mixture[1]", mixture[1])


def _previous(running: Floats, first: float) -> Floats:
    """The running statistic one step earlier, `first` before the first."""
    shifted = np.empty_like(running)
    shifted[..., 0] = first
    shifted[..., 1:] = running[..., :-1]
    return shifted


def _ends(k: Floats, n: Floats, alpha: float, a: float, b: float) -> tuple[Floats, Floats]:
    lo, _ = _lower_end(k, n, alpha, a, b)
    # Failures are successes of the mirror image.
    _, hi = _lower_end(n - k, n, alpha, b, a)
    return lo, hi


def _lower_end(k: Floats, n: Floats, alpha: float, a: float, b: float) -> tuple[Floats, Floats]:
    """The root `p` of ``M_n(p) = 1/alpha`` below ``k/n``, 0 where ``k = 0``; and ``1 - p``, with its digits.

    With ``p = (k/n) exp(-u)``, ``log M_n = log M_n(k/n) + n KL(k/n, p)`` is convex and increasing in `u`, so
    Newton's iterates from a point beyond the root converge, and stay beyond it but for rounding. As
    ``n KL >= k (u - 1 + exp(-u)) >= k u^2/(2 + u)``, such a point is the root of the right side.
    """
    some = k > 0
    k, n = np.where(some, k, 1.0), np.where(some, n, 1.0)
    goal = -math.log(alpha) - _log_martingale_at_frequency(k, n, a, b)
    frequency, rest = k / n, (n - k) / n
    ratio = goal / k
    u = (ratio + np.sqrt(ratio * (ratio + 8))) / 2
    for _ in range(100):
        fallen = -np.expm1(-u)
        gap = frequency * fallen  # k/n - p
        odds = np.divide(gap, rest, out=np.zeros_like(gap), where=rest > 0)
        # n KL as two terms of one sign, each small with `u`: no cancellation of terms of size n.
        divergence = k * (u - fallen) + n * (gap - rest * np.log1p(odds))
        step = (divergence - goal) * (rest + gap) / (n * gap)
        u = u - step
        # Relative changes of `p` and of `1 - p`, a tenth of the margin that is added at the end.
        if np.all(np.abs(step) <= OUTWARD / 10 * np.minimum(1.0, (rest + gap) / frequency)):
            break
    root = frequency * np.exp(-u) * (1 - OUTWARD)
    # Subnormal numbers have not the digits that OUTWARD relies on.
    root = np.where(root < np.finfo(np.float64).tiny, 0.0, root)
    complement = (rest - frequency * np.expm1(-u)) * (1 + OUTWARD)
    return (
        np.asarray(np.where(some, root, 0.0), dtype=np.float64),
        np.asarray(np.where(some, np.minimum(complement, 1.0), 1.0), dtype=np.float64),
    )


def _log_martingale_at_frequency(k: Floats, n: Floats, a: float, b: float) -> Floats:
    """``log M_n(k/n)`` without differences of numbers of size ``n log n``, by Stirling's formula."""
    from scipy.special import betaln

    big_a, big_b, total = k + a, n - k + b, n + a + b
    return np.asarray(
        _times_log1p(k, a)
        + _times_log1p(n - k, b)
        - _times_log1p(n, a + b)
        + a * np.log(big_a / total)
        + b * np.log(big_b / total)
        + 0.5 * np.log(2 * math.pi / big_a * (total / big_b))
        + _stirling_error(big_a)
        + _stirling_error(big_b)
        - _stirling_error(total)
        - betaln(a, b),
        dtype=np.float64,
    )


def _times_log1p(x: Floats, c: float) -> Floats:
    """``x log(1 + c/x)``, 0 at 0."""
    return x * np.log1p(np.divide(c, x, out=np.zeros_like(x), where=x > 0))


def _stirling_error(x: Floats) -> Floats:
    """``log Gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2)``, to 1e-14 (Abramowitz and Stegun 6.1.41)."""
    from scipy.special import gammaln

    large = np.maximum(x, 16.0)
    square = large**-2
    series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / large
    small = np.minimum(x, 16.0)
    exact = gammaln(small) - ((small - 0.5) * np.log(small) - small + 0.5 * math.log(2 * math.pi))
    return np.asarray(np.where(x < 16, exact, series), dtype=np.float64)

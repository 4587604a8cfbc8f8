"""All that samples say of a base model's coverage, with one error level for each interval."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import above
from explore_theory.samples.coverage import (
    BINARY,
    Enclosed,
    Range,
    binary_log_coverages,
    log_coverages,
    log_normalisers,
    profile,
)
from explore_theory.samples.findings import Finding, findings
from explore_theory.samples.pool import Origin, Pool
from explore_theory.samples.success import Average, average, best_of, pass_at_k
from explore_theory.statistics.arguments import error_level

Floats = npt.NDArray[np.float64]
#: The numbers of samples for which pass@k and best-of-N are told unless others are asked for.
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
#: How many times apart the ends of a coverage may be before more samples are asked for.
WIDE = 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """The mean over tasks of ``P_{pi*}[pi*/pi_ref >= M]``, `[K]`, in ``[lo, hi]`` at all `M` at once."""

    at: Floats
    lo: Floats
    hi: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """What samples of `T` tasks say.

    Every interval misses with chance at most `alpha`, taken by itself; `worst` and `profile` are about all
    tasks at once at that level. Logarithms are natural.

    Parameters
    ----------
    tasks
        `[T]`, of those with a scored sample.
    draws, mean, best
        `[T]`: scored samples, the mean and the largest of their rewards.
    log_z, log_c
        Each task's normaliser and coverage.
    worst
        The logarithm of the largest coverage of any task, ``(lo, hi)``.
    profile
        None where the largest reward that there can be is not known.
    pass_at, best_of
        By `k` and by `N`; empty where nothing says what passes, or how large rewards can be.
    passes
        From which reward on a sample passes; None where nothing says so.
    log_token
        A lower end of ``log C_cond``, from the length of a response; None where lengths are not told.
    more
        How many samples a task would take, about, until the ends of every coverage are a factor of two
        apart; infinite where some task shows no sign of one, 0 where they are.
    """

    reward: str
    known: Range
    beta: float
    alpha: float
    tasks: tuple[str, ...]
    draws: npt.NDArray[np.int64]
    mean: Floats
    best: Floats
    log_z: Enclosed
    log_c: Enclosed
    worst: tuple[float, float]
    profile: Profile | None
    passes: float | None
    passed: npt.NDArray[np.int64] | None
    pass_at: dict[int, Average]
    best_of: dict[int, Average]
    log_token: float | None
    more: float
    findings: tuple[Finding, ...]
    origins: tuple[Origin, ...] = field(default=())


def measured(
    pool: Pool,
    *,
    beta: float,
    alpha: float = 0.05,
    known: Range | None = None,
    passes: float | None = None,
    sizes: Sequence[int] | None = None,
) -> Measured:
    """What the samples in `pool` say at the temperature `beta`.

    Parameters
    ----------
    known
        What is known of rewards beforehand; ``passed`` and ``failed`` are known by their format.
    passes
        From which reward on a sample passes; the largest, where that is known.
    sizes
        The `k` of pass@k and the `N` of best-of-N; powers of two where none are named.

    Raises
    ------
    InvalidProblem
        If a reward is out of its declared range, or an argument is out of range.
    """
    beta, alpha = above("beta", beta, 0.0), error_level(alpha)
    if known is None or (pool.binary and known.support is None):
        # What the format knows is more than a range says; what it contradicts is refused below.
        declared, known = known, BINARY if pool.binary else Range()
        if declared is not None:
            declared.require(np.array(known.support), f"in the format, of which reward {pool.reward!r} is")
    order, starts = pool.order, pool.starts
    rewards = [pool.rewards[order[a:b]] for a, b in itertools.pairwise(starts)]
    named = [(name, values) for name, values in zip(pool.tasks, rewards, strict=True) if len(values)]
    for name, of_task in named:
        known.require(of_task, f"in task {name!r}")
    tasks, values = tuple(name for name, _ in named), [of_task for _, of_task in named]
    draws = np.array([len(one) for one in values])
    log_c = _log_coverages(values, beta, alpha, known)
    joint = _log_coverages(values, beta, alpha / len(values), known)
    passes = known.most if passes is None else _threshold(passes, known)
    _sizes(draws, sizes)  # also where nothing is told by them
    passed = None if passes is None else np.array([int((one >= passes).sum()) for one in values])
    return Measured(
        reward=pool.reward,
        known=known,
        beta=beta,
        alpha=alpha,
        tasks=tasks,
        draws=draws,
        mean=np.array([one.mean() for one in values]),
        best=np.array([one.max() for one in values]),
        log_z=log_normalisers(values, beta, alpha, known),
        log_c=log_c,
        worst=(float(joint.lo.max()), float(joint.hi.max())),
        profile=_profile(values, beta, alpha, known, joint),
        passes=passes,
        passed=passed,
        pass_at={} if passed is None else _passing(passed, draws, alpha, sizes),
        best_of=_best_of(values, draws, alpha, known, sizes),
        log_token=_log_token(pool, beta, alpha, known),
        more=_more(values, beta, alpha, known, log_c),
        findings=findings(pool),
        origins=pool.origins,
    )


def _threshold(passes: float, known: Range) -> float:
    """From where on a sample passes, as the user says."""
    if not math.isfinite(passes):
        raise InvalidProblem(f"passes must be finite, got passes={passes!r}")
    if known.most is not None and passes > known.most:
        raise InvalidProblem(
            f"passes must be at most the largest reward that there can be, {known.most:g}, "
            f"got passes={passes!r}"
        )
    return passes


def _log_coverages(values: list[Floats], beta: float, alpha: float, known: Range) -> Enclosed:
    if known.support == BINARY.support:
        counts = np.array([one.sum() for one in values])
        return binary_log_coverages(counts, [len(one) for one in values], beta, alpha)
    return log_coverages(values, beta, alpha, known)


def _profile(
    values: list[Floats], beta: float, alpha: float, known: Range, joint: Enclosed
) -> Profile | None:
    if known.most is None:
        return None
    ends = float(np.max(joint.hi))
    top = min(ends, math.log(1e12))
    at = np.exp(np.linspace(0.0, max(top, math.log(2)), 49))
    seen: dict[bytes, tuple[Floats, Floats]] = {}
    total = np.zeros((2, len(at)))
    for one in values:
        key = np.sort(one).tobytes()
        if key not in seen:
            seen[key] = profile(one, beta, alpha / len(values), known, at)
        total += seen[key]
    lo, hi = total / len(values)
    return Profile(at=at, lo=lo, hi=hi)


def _sizes(draws: npt.NDArray[np.int64], sizes: Sequence[int] | None) -> list[int]:
    """The sizes that every task, or if they are named that some task, has samples for."""
    if sizes is None:
        return [k for k in SIZES if k <= draws.min()]
    for k in sizes:
        if not 1 <= k <= draws.max():
            raise InvalidProblem(
                f"k must be at least 1 and at most the samples of some task, got k={k}, where the task "
                f"with the "
                f"most samples has {draws.max()}"
            )
    return sorted(set(sizes))


def _passing(
    passed: npt.NDArray[np.int64], draws: npt.NDArray[np.int64], alpha: float, sizes: Sequence[int] | None
) -> dict[int, Average]:
    return {k: average(pass_at_k(passed, draws, k), draws, k, alpha) for k in _sizes(draws, sizes)}


def _best_of(
    values: list[Floats],
    draws: npt.NDArray[np.int64],
    alpha: float,
    known: Range,
    sizes: Sequence[int] | None,
) -> dict[int, Average]:
    if known.least is None or known.most is None:
        return {}
    found = {}
    for N in _sizes(draws, sizes):
        estimates = np.array([best_of(one, N) for one in values])
        found[N] = average(estimates, draws, N, alpha, low=known.least, high=known.most)
    return found


def _log_token(pool: Pool, beta: float, alpha: float, known: Range) -> float | None:
    """A lower end of ``log C_cond``: of `H` ratios one is as large as the root of their product.

    The response's own ratio is ``e^{r/beta}/Z``, its tokens and one end of text; `Z` from above, all tasks
    at once.
    """
    there = pool.tokens >= 0
    if known.most is None or not there.any():
        return None
    scored = [rewards for rewards in pool.by_task() if len(rewards)]
    high = log_normalisers(scored, beta, alpha / len(scored), known).hi
    by_task = np.full(len(pool.tasks), np.inf)
    by_task[[len(rewards) > 0 for rewards in pool.by_task()]] = high
    ratio = pool.rewards[there] / beta - by_task[pool.task[there]]
    return float(max(0.0, np.max(ratio / (pool.tokens[there] + 1.0))))


def _more(values: list[Floats], beta: float, alpha: float, known: Range, log_c: Enclosed) -> float:
    """About how many samples a task needs; 0 if none needs any.

    For passes and failures by the normal law with the variance seen, else, as the band around a whole law is
    wider than one interval, by how far its own ends are apart, which falls like ``1/sqrt(n)``.
    """
    from scipy.special import ndtri

    wide = log_c.hi - log_c.lo > math.log(WIDE)
    if not wide.any():
        return 0.0
    if known.most is None:
        return math.inf
    z = -float(ndtri(alpha / 2))
    needed = [0.0]
    widths = log_c.hi - log_c.lo
    for one, asks, width in zip(values, wide, widths, strict=True):
        if not asks:
            continue
        weights = np.exp((one - known.most) / beta)
        mean = float(weights.mean())
        if one.max() < known.most or mean == 0:
            return math.inf
        # Ends a factor of two apart are at 1 -+ 1/3 of the mean, one like the other on its scale.
        normal = float(weights.var()) / mean**2 * (3 * z) ** 2
        if known.support != BINARY.support or normal <= len(one):
            normal = len(one) * (float(width) / math.log(WIDE)) ** 2
        needed.append(normal)
    return max(needed)

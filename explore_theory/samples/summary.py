"""All that samples say of a base model's coverage, with one error level for each interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

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
from explore_theory.samples.finding import Finding
from explore_theory.samples.findings import findings
from explore_theory.samples.laws import cut_off, require_one_law
from explore_theory.samples.pool import Origin, Pool
from explore_theory.samples.reweighted import Reweighted, Weighted, weighted
from explore_theory.samples.success import Average, average, best_of, pass_at_k
from explore_theory.statistics.arguments import error_level
from explore_theory.statistics.tails import temperature

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
        apart; infinite where some task shows no sign of one, 0 where they are, NaN where draws are weighted.
    named
        Whether the numbers of samples of `pass_at` and `best_of` were named; else they are those that every
        task has samples for.
    reweighted
        Where draws stand for the model's own law by their weights: how far they do.
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
    named: bool = False
    reweighted: Reweighted | None = None


def measured(
    pool: Pool,
    *,
    beta: float,
    alpha: float = 0.05,
    known: Range | None = None,
    passes: float | None = None,
    sizes: Sequence[int] | None = None,
    as_drawn: bool = False,
    heaviest: float | None = None,
) -> Measured:
    """What the samples in `pool` say at the temperature `beta`.

    Where each draw tells its log-probability under the model and under the law that it was drawn from, all is
    about the model (`reweighting`), unless `as_drawn`.

    Parameters
    ----------
    known
        What is known of rewards beforehand; ``passed`` and ``failed`` are known by their format.
    passes
        From which reward on a sample passes; the largest, where that is known.
    sizes
        The `k` of pass@k and the `N` of best-of-N; powers of two where none are named.
    heaviest
        No response at all is so many times as likely by the model as by the law that was drawn from.

    Raises
    ------
    InvalidProblem
        If a reward is out of its declared range, an argument is out of range, or draws of a task are of
        several laws.
    """
    beta, alpha = above("beta", beta, 0.0), error_level(alpha)
    require_one_law(pool)
    log_weights = None if as_drawn else pool.log_weights
    _require_weights(pool, heaviest, there=log_weights is not None)
    if known is None or (pool.binary and known.support is None):
        # What the format knows is more than a range says; what it contradicts is refused below.
        declared, known = known, BINARY if pool.binary else Range()
        if declared is not None:
            declared.require(np.array(known.support), f"in the format, of which reward {pool.reward!r} is")
    rewards = pool.by_task()
    named = [(name, values) for name, values in zip(pool.tasks, rewards, strict=True) if len(values)]
    for name, of_task in named:
        known.require(of_task, f"in task {name!r}")
    tasks, values = tuple(name for name, _ in named), [of_task for _, of_task in named]
    draws = np.array([len(one) for one in values])
    passes = known.most if passes is None else _threshold(passes, known)
    asked = _sizes(draws, sizes)
    passed = None if passes is None else np.array([int((one >= passes).sum()) for one in values])
    if log_weights is None:
        found = _as_drawn(values, beta, alpha, known, passed, asked)
    else:
        weights = [one for one in pool.split(log_weights) if len(one)]
        found = _by_weights(weighted(values, weights, heaviest), beta, alpha, known, passes, draws, asked)
    return Measured(
        reward=pool.reward,
        known=known,
        beta=beta,
        alpha=alpha,
        tasks=tasks,
        draws=draws,
        best=np.array([one.max() for one in values]),
        passes=passes,
        passed=passed,
        log_token=_log_token(pool, beta, known, found.pop("joint_z")),
        findings=findings(pool, reweighted=log_weights is not None),
        origins=pool.origins,
        named=sizes is not None,
        **found,
    )


def _as_drawn(
    values: list[Floats],
    beta: float,
    alpha: float,
    known: Range,
    passed: npt.NDArray[np.int64] | None,
    sizes: Sequence[int],
) -> dict[str, Any]:
    """The numbers of `Measured` about the law that was drawn from, and `joint_z` for all tasks at once."""
    draws = np.array([len(one) for one in values])
    log_c = _log_coverages(values, beta, alpha, known)
    joint = _log_coverages(values, beta, alpha / len(values), known)
    return {
        "mean": np.array([one.mean() for one in values]),
        "log_z": log_normalisers(values, beta, alpha, known),
        "joint_z": log_normalisers(values, beta, alpha / len(values), known),
        "log_c": log_c,
        "worst": (float(joint.lo.max()), float(joint.hi.max())),
        "profile": _profile(values, beta, alpha, known, joint),
        "pass_at": {} if passed is None else _passing(passed, draws, alpha, sizes),
        "best_of": _best_of(values, draws, alpha, known, sizes),
        "more": _more(values, beta, alpha, known, log_c),
    }


def _by_weights(
    tasks: Weighted,
    beta: float,
    alpha: float,
    known: Range,
    passes: float | None,
    draws: npt.NDArray[np.int64],
    sizes: Sequence[int],
) -> dict[str, Any]:
    """The same about the model's own law; what needs draws of it falls away."""
    ends = [end for end in (known.least, known.most) if end is not None]
    for task in tasks.tasks:
        temperature(beta, task.rewards, *ends)
    joint = tasks.log_coverages(beta, alpha / len(tasks), known)
    return {
        "mean": np.array([task.mean for task in tasks.tasks]),
        "log_z": tasks.log_normalisers(beta, alpha, known),
        "joint_z": tasks.log_normalisers(beta, alpha / len(tasks), known),
        "log_c": tasks.log_coverages(beta, alpha, known),
        "worst": (float(joint.lo.max()), float(joint.hi.max())),
        "profile": None,
        "pass_at": {} if passes is None else {k: tasks.pass_at(k, passes, draws, alpha) for k in sizes},
        "best_of": {},
        "more": math.nan,
        "reweighted": tasks.told(alpha),
    }


def _require_weights(pool: Pool, heaviest: float | None, *, there: bool) -> None:
    """Refuse a bound on weights where there are none, or where the law says that there is no bound."""
    if heaviest is None:
        return
    above("heaviest", heaviest, 0.0)
    if not there:
        raise InvalidProblem(
            "heaviest must be left out where draws are not weighted (no sampling_logprob, or as drawn), "
            f"got heaviest={heaviest!r}"
        )
    for origin in pool.origins:
        if settings := cut_off(origin.law):
            raise InvalidProblem(
                f"heaviest must be left out where {settings} cuts responses off, whose weight is infinite, "
                f"got heaviest={heaviest!r}"
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
    passed: npt.NDArray[np.int64], draws: npt.NDArray[np.int64], alpha: float, sizes: Sequence[int]
) -> dict[int, Average]:
    return {k: average(pass_at_k(passed, draws, k), draws, k, alpha) for k in sizes}


def _best_of(
    values: list[Floats],
    draws: npt.NDArray[np.int64],
    alpha: float,
    known: Range,
    sizes: Sequence[int],
) -> dict[int, Average]:
    if known.least is None or known.most is None:
        return {}
    found = {}
    for N in sizes:
        estimates = np.array([best_of(one, N) for one in values])
        found[N] = average(estimates, draws, N, alpha, low=known.least, high=known.most)
    return found


def _log_token(pool: Pool, beta: float, known: Range, joint_z: Enclosed) -> float | None:
    """A lower end of ``log C_cond``: of `H` ratios one is as large as the root of their product.

    The response's own ratio is ``e^{r/beta}/Z``, its tokens and one end of text; `Z` from above, all tasks
    at once.
    """
    there = pool.tokens >= 0
    if known.most is None or not there.any():
        return None
    by_task = np.full(len(pool.tasks), np.inf)
    by_task[[len(rewards) > 0 for rewards in pool.by_task()]] = joint_z.hi
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

"""Draws of one law that speak of another, by weights: limits that need no bound on the weights.

Letters: for one task `n` draws ``y ~ mu`` with rewards `r` and weights ``w = pi(y)/mu(y)``; `pi` is the
model's own law, `mu` the one that was sampled (a temperature, top-p, ..); ``E`` is under `mu`.

Two facts carry everything. For any ``f >= 0``, ``E_pi f >= E w f``, with equality where `mu` goes wherever
`pi` does. And a mean of something that is never negative has a lower limit however large it may be
(`mean_from_below`). So for ``0 <= f <= 1`` both ends of ``E_pi f`` are lower limits: of ``E w f``, and of
``E w (1 - f)``, which ``1 - E_pi f`` exceeds. What `mu` never draws, and weights that no draw showed, only
move the ends apart. Where it is declared that ``w <= W`` everywhere, ``E w f`` has an upper limit of its own.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.samples.coverage import Floats, Range
from explore_theory.statistics.arguments import error_level
from explore_theory.statistics.tails import tail_band

#: Parts of the draws of which each chooses one reward, for limits by the others.
_PARTS = 8
Ends = tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """The draws of one task, as weights.

    Parameters
    ----------
    rewards, log_weights
        `[n]`: rewards, and ``log pi(y)/mu(y)``, finite.
    log_most
        ``log W`` where it is declared that no response at all has a larger weight; else None.
    """

    rewards: Floats
    log_weights: Floats
    log_most: float | None = None

    def __post_init__(self) -> None:
        n = len(self.rewards)
        if n == 0 or self.rewards.shape != self.log_weights.shape or not np.isfinite(self.log_weights).all():
            raise InvalidProblem(
                f"log_weights must hold a finite number for each of the rewards, one at least, got "
                f"{n} rewards and shape {self.log_weights.shape}"
            )
        if self.log_most is not None and self.log_weights.max() > self.log_most:
            raise InvalidProblem(
                "heaviest must be at least every weight of a draw, got "
                f"heaviest={math.exp(self.log_most):.6g}, a weight of {math.exp(self.log_weights.max()):.6g}"
            )

    @property
    def effective(self) -> float:
        """``(sum w)^2/sum w^2``, Kish's effective number of draws."""
        w = np.exp(self.log_weights - self.log_weights.max())
        return float(w.sum() ** 2 / (w * w).sum())

    @property
    def mean(self) -> float:
        """The mean reward under `pi` by weights that are made to sum to one: an estimate without a limit."""
        w = np.exp(self.log_weights - self.log_weights.max())
        return float((w * self.rewards).sum() / w.sum())


def mean_from_below(logs: Floats, n: int, level: float) -> float:
    """The logarithm of a lower limit of ``E X``, ``X >= 0``, from `n` draws; misses with chance `level`.

    ``E X`` is the integral of ``P(X >= s)``, and a band holds all of those from below at once (`tail_band`);
    a step that no draw reaches counts for nothing.

    Parameters
    ----------
    logs
        `[m]`: logarithms of the draws that are not zero.
    """
    if len(logs) == 0:
        return -math.inf
    values, counts = _steps(logs)
    lo, _ = tail_band(n, 2 * _one_sided(level))
    with np.errstate(divide="ignore"):
        return float(np.logaddexp.reduce(np.log(lo[counts]) + _rises(values)))


def mean_from_above(logs: Floats, n: int, level: float, log_most: float) -> float:
    """The logarithm of an upper limit of ``E X``, ``0 <= X <= e^log_most``, as `mean_from_below`."""
    values, counts = _steps(logs)
    _, hi = tail_band(n, 2 * _one_sided(level))
    top = max(log_most, values[-1]) if len(values) else log_most
    ends, above = np.append(values, top), np.append(counts, 0)
    with np.errstate(divide="ignore"):
        return float(np.logaddexp.reduce(np.log(hi[above]) + _rises(ends)))


def _one_sided(level: float) -> float:
    """A level of which twice is one, too: half of a band's is above and half below."""
    return min(error_level(level), 0.499)


def _steps(logs: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The distinct values, rising, and how many draws are at least each."""
    ordered = np.sort(logs)
    values = np.unique(ordered)
    return values, np.asarray(len(ordered) - np.searchsorted(ordered, values), dtype=np.int64)


def _rises(x: Floats) -> Floats:
    """``log(e^{x[i]} - e^{x[i - 1]})``, from zero on."""
    before = np.concatenate(([-np.inf], x[:-1]))
    with np.errstate(divide="ignore"):
        return np.asarray(x + np.log(-np.expm1(before - x)))


def _complement(log_f: Floats | float) -> Floats:
    """``log(1 - f)`` for ``f <= 1``."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(-np.expm1(np.minimum(log_f, 0.0))))


def log_mean(task: Task, log_f: Floats, level: float) -> Ends:
    """Ends of ``log E_pi f``, ``0 <= f <= 1``, that miss with chance `level` at most: half of it each.

    Parameters
    ----------
    log_f
        `[n]`: ``log f`` of the draws, minus infinity for zero.
    """
    there = log_f > -np.inf
    lo = mean_from_below(task.log_weights[there] + log_f[there], len(log_f), level / 2)
    hi = log_mean_at_most(task, log_f, level / 2)
    lo = min(lo, 0.0)
    return lo, max(hi, lo)


def log_mean_at_most(task: Task, log_f: Floats, level: float) -> float:
    """The upper end of `log_mean` alone, at `level`."""
    n, ways = len(log_f), 1 if task.log_most is None else 2
    rest = _complement(log_f)
    there = rest > -np.inf
    missed = mean_from_below(task.log_weights[there] + rest[there], n, level / ways)
    found = float(_complement(missed))
    if task.log_most is not None:
        there = log_f > -np.inf
        seen = task.log_weights[there] + log_f[there]
        found = min(found, mean_from_above(seen, n, level / ways, task.log_most))
    return min(found, 0.0)


def log_normaliser(task: Task, beta: float, level: float, known: Range) -> Ends:
    """``log Z``, ``Z = E_pi e^{r/beta}``; from above only where `Range.most` is known."""
    lo = _log_normaliser_at_least(task, beta, level / 2, known)
    if known.most is None:
        return lo, math.inf
    hi = log_mean_at_most(task, (task.rewards - known.most) / beta, level / 2) + known.most / beta
    return lo, max(hi, lo)


def _log_normaliser_at_least(task: Task, beta: float, level: float, known: Range) -> float:
    """``Z = e^{least/beta} + E_pi (e^{r/beta} - e^{least/beta})``: what is known, what draws tell."""
    if known.least is None:
        return mean_from_below(task.log_weights + task.rewards / beta, len(task.rewards), level)
    least = known.least / beta
    more = task.rewards > known.least
    x = task.rewards[more] / beta
    logs = task.log_weights[more] + x + np.log(-np.expm1(least - x))
    lo = float(np.logaddexp(least, mean_from_below(logs, len(task.rewards), level)))
    return lo if known.most is None else min(lo, known.most / beta)


def log_coverage(task: Task, beta: float, level: float, known: Range) -> Ends:
    """``log C``, ``C = e^{max r/beta}/Z`` with the largest reward that `pi` can have.

    From above by `Range.most`. From below for any `m` up to the largest reward, ``1/C <= E_pi e^{min(r - m,
    0)/beta}``: of declared values each that was drawn, at its share of the level; else, for each of a few
    parts of the draws, the largest reward in it, by a limit from the draws outside, which know nothing of it.
    """
    hi = math.inf
    if known.most is not None:
        hi = max(0.0, known.most / beta - _log_normaliser_at_least(task, beta, level / 2, known))
    return min(_coverage_at_least(task, beta, level / 2, known), hi), hi


def _coverage_at_least(task: Task, beta: float, level: float, known: Range) -> float:
    best = 0.0
    if known.support is not None:
        above = known.support[1:]
        for m in above:
            if m <= task.rewards.max():
                best = max(best, -_clipped(task, m, beta, level / len(above)))
        return best
    n = len(task.rewards)
    parts = np.array_split(np.arange(n), min(_PARTS, n // 2)) if n >= 4 else []
    for part in parts:
        others = np.ones(n, dtype=bool)
        others[part] = False
        rest = Task(
            rewards=task.rewards[others], log_weights=task.log_weights[others], log_most=task.log_most
        )
        best = max(best, -_clipped(rest, float(task.rewards[part].max()), beta, level / len(parts)))
    return best


def _clipped(task: Task, m: float, beta: float, level: float) -> float:
    """An upper end of ``log E_pi e^{min(r - m, 0)/beta}``."""
    return log_mean_at_most(task, np.minimum(task.rewards - m, 0.0) / beta, level)


def success(task: Task, passes: float, level: float) -> Ends:
    """``P_pi(r >= passes)`` between two ends."""
    lo, hi = log_mean(task, np.where(task.rewards >= passes, 0.0, -np.inf), level)
    return math.exp(lo), math.exp(hi)


def reached(task: Task, level: float) -> float:
    """A lower limit of ``E w``: the mass of `pi` where `mu` goes; beyond one the weights are none."""
    return math.exp(mean_from_below(task.log_weights, len(task.log_weights), level))

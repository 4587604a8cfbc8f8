"""SoftmaxSamplerDensity (Algorithm 2): an action of a tilted base law, and an estimate of its density ratio.

One call at a state, for scores ``g(a) = f(a)/beta``: `normaliser` base draws give ``Zhat``, their mean of
``e^g``; of at most `tries` candidates one is accepted with chance ``min(1, e^{g(a)}/(Zhat M))``; if none is,
the answer is one more base draw. In either case it comes with ``log rho = g(a) - log Zhat``, which is biased:
``E log Zhat < log Z`` (LF2).

A simulator knows the base law, so `density_draws` takes the counts of the first draws, the number of
candidates and the action that is accepted at once; `density_law` adds up all counts, where few scores differ.

Letters: `S` states, `A` actions, `n` calls, `G` different scores, `K` outcomes of the counts.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import floats, positive
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems.protocol import Floats, Ints

#: The most outcomes of the counts that `density_law` adds up for one state.
MOST_OUTCOMES = 1 << 20


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class AnchoredPolicy:
    """Truncated softmax policies of Algorithm 4 as data, one per row: what learners know, and all that a call
    needs.

    At layer `h` the score of an action is ``<theta_h, phi(a) - phi(anchor)>`` where the difference is at most
    `radius` long in the norm of ``precision_h``, and zero elsewhere ((78), page 78).

    Parameters
    ----------
    theta
        `[R, H, d]`, in units of reward per feature.
    precision
        `[R, H, d, d]`: inverses of ``Sigma_h``.
    radius
        ``nu``.
    sampler
        The numbers of Algorithm 2: ``M``, base draws for ``Zhat``, candidates at most.

    Raises
    ------
    InvalidProblem
        If shapes differ or a number is out of range.
    """

    theta: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]
    radius: float
    sampler: SoftmaxSampler

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "theta", floats("theta", self.theta, (None, None, None)))
        rows, steps, d = self.theta.shape
        put(self, "precision", floats("precision", self.precision, (rows, steps, d, d)))
        put(self, "radius", positive("radius", self.radius))
        if self.sampler.normaliser < 1:
            raise InvalidProblem(f"normaliser must be at least 1, got normaliser={self.sampler.normaliser!r}")

    def scores(self, relative: Floats, h: int, beta: float, rows: Ints) -> Floats:
        """``f(a)/beta`` `[k, ...]` for differences from the anchor's features `[k, ..., d]`, or `[1, ..., d]`
        for all, by the policies of the rows `[k]`.
        """
        inside = self.lengths(relative, h, rows) <= self.radius * self.radius
        theta = self.theta[rows, h].reshape(rows.size, *(1,) * (relative.ndim - 2), -1)
        return np.asarray(np.where(inside, (relative * theta).sum(axis=-1), 0.0) / beta)

    def lengths(self, relative: Floats, h: int, rows: Ints) -> Floats:
        """``|phi|^2`` `[k, ...]` of the differences in the norm of ``precision_h``."""
        d = self.theta.shape[-1]
        precision = self.precision[rows, h].reshape(rows.size, *(1,) * (relative.ndim - 2), d, d)
        return np.asarray(((relative[..., None, :] * precision).sum(axis=-1) * relative).sum(axis=-1))


@brief
@dataclass(frozen=True, eq=False)
class DensityDraws:
    """Actions `[n]`, their ``log rho`` `[n]` and the base draws that were paid for `[n]`."""

    action: Ints
    log_ratio: Floats
    calls: Floats


def density_draws(
    generator: np.random.Generator, law: Floats, score: Floats, sampler: SoftmaxSampler
) -> DensityDraws:
    """`n` calls, for base masses and scores ``f/beta`` `[n, A]`; randomness as in `density_words`.

    Scores outside the support do not count, but must be finite.
    """
    return density_answers(law, score, *density_words(generator, law, sampler), sampler)


def density_words(
    generator: np.random.Generator, law: Floats, sampler: SoftmaxSampler
) -> tuple[npt.NDArray[np.int64], Floats]:
    """What is random in `n` calls: counts `[n, A]` of the draws for ``Zhat``, and three uniforms `[n, 3]`."""
    return generator.multinomial(sampler.normaliser, law), generator.random((len(law), 3))


def density_answers(
    law: Floats, score: Floats, counts: npt.NDArray[np.int64], u: Floats, sampler: SoftmaxSampler
) -> DensityDraws:
    """The answers of `n` calls from what is random in them."""
    log_mean = _log_mean(counts, score, sampler.normaliser)
    accept = np.exp(np.minimum(score - log_mean[:, None] - math.log(sampler.ratio), 0.0))
    mass = np.cumsum(law * accept, axis=-1)
    chance = np.minimum(mass[:, -1], 1.0)
    with np.errstate(divide="ignore"):
        # 1 - u is never zero; a chance of one gives the first candidate.
        tries = np.maximum(np.ceil(np.log1p(-u[:, 0]) / np.log1p(-chance)), 1.0)
    failed = ~(tries <= sampler.tries)
    taken = (u[:, 1:2] * mass[:, -1:] >= mass).sum(axis=-1)
    whole = np.cumsum(law, axis=-1)
    fallback = (u[:, 2:] * whole[:, -1:] >= whole).sum(axis=-1)
    action = np.where(failed, fallback, taken)
    log_ratio = np.take_along_axis(score, action[:, None], axis=-1)[:, 0] - log_mean
    calls = sampler.normaliser + np.where(failed, sampler.tries + 1.0, tries)
    return DensityDraws(action, log_ratio, calls)


def _log_mean(counts: npt.NDArray[np.int64], score: Floats, draws: int) -> Floats:
    """``log Zhat`` `[...]`, from counts and scores `[..., A]`; relative to the largest that was seen."""
    seen = counts > 0
    top = np.where(seen, score, -np.inf).max(axis=-1, keepdims=True)
    weight = np.exp(np.where(seen, score - top, -np.inf))
    return np.asarray(np.log((counts * weight).sum(axis=-1) / draws) + top[..., 0])


@brief
@dataclass(frozen=True, eq=False)
class DensityLaw:
    """What one call does at each state: `log_law` `[S, A]` of its action, and means `[S]` of ``log rho`` and
    of base draws.
    """

    log_law: Floats
    log_ratio: Floats
    calls: Floats

    def bias(self, log_base: Floats) -> Floats:
        """``E log rho - E log pi^(a)/pi_ref(a)``, `[S]`: what the plug-in ratio adds to a return over
        ``beta``.
        """
        mass = np.exp(self.log_law)
        with np.errstate(invalid="ignore"):
            ratio = np.where(mass > 0, self.log_law - log_base, 0.0)
        return np.asarray(self.log_ratio - (mass * ratio).sum(axis=-1))


def density_law(base: Floats, score: Floats, sampler: SoftmaxSampler) -> DensityLaw:
    """The exact law of a call at every state, for `base` and ``f/beta`` `[S, A]`: all counts, added up.

    Raises
    ------
    InvalidProblem
        If a state has so many different scores that there are more than `MOST_OUTCOMES` counts.
    """
    found = [_law_of(law, own, sampler) for law, own in zip(base, score, strict=True)]
    with np.errstate(divide="ignore"):
        return DensityLaw(
            np.log(np.array([mass for mass, _, _ in found])),
            np.array([ratio for _, ratio, _ in found]),
            np.array([calls for _, _, calls in found]),
        )


def outcome_count(law: Floats, score: Floats, sampler: SoftmaxSampler) -> int:
    """How many counts `density_law` adds up at one state, for base masses and scores `[A]`."""
    parts = np.unique(score[law > 0]).size
    return math.comb(sampler.normaliser + parts - 1, parts - 1)


def nearby_law(base: Floats, score: Floats, sampler: SoftmaxSampler) -> Floats:
    """``(1 - p) pi_f + p pi_ref`` `[S, A]` in logs, ``p = departure``: within `p` of the law of a call."""
    chance = departure(base, score, sampler)[:, None]
    weight = base * np.exp(score - np.where(base > 0, score, -np.inf).max(axis=-1, keepdims=True))
    with np.errstate(divide="ignore"):
        return np.asarray(np.log((1 - chance) * weight / weight.sum(axis=-1, keepdims=True) + chance * base))


def _law_of(law: Floats, score: Floats, sampler: SoftmaxSampler) -> tuple[Floats, float, float]:
    """Masses `[A]`, mean ``log rho`` and mean calls at one state."""
    from scipy.special import gammaln

    values, group = np.unique(score[law > 0], return_inverse=True)
    mass = np.bincount(group, weights=law[law > 0])
    n, tries = sampler.normaliser, sampler.tries
    if (outcomes := outcome_count(law, score, sampler)) > MOST_OUTCOMES:
        raise InvalidProblem(
            f"counts must have at most {MOST_OUTCOMES} outcomes to be added up, got {outcomes} "
            f"({n} draws, {mass.size} different scores)"
        )
    counts = _compositions(n, mass.size)
    chance = np.exp(gammaln(n + 1) - gammaln(counts + 1).sum(axis=-1) + (counts * np.log(mass)).sum(axis=-1))
    log_mean = _log_mean(counts, np.broadcast_to(values, counts.shape), n)
    weight = mass * np.exp(np.minimum(values - log_mean[:, None] - math.log(sampler.ratio), 0.0))
    # Where a double holds no chance to accept, none is accepted.
    accepted = np.clip(weight.sum(axis=-1), 1e-300, 1.0)
    with np.errstate(divide="ignore"):
        failed = np.exp(tries * np.log1p(-accepted))
        some = -np.expm1(tries * np.log1p(-accepted))
    by_group = (chance * some / accepted) @ weight + (chance @ failed) * mass
    by_group /= by_group.sum()
    action = np.zeros(law.size)
    action[law > 0] = by_group[group] * law[law > 0] / mass[group]
    # The least of a geometric number and the cap has mean (1 - failed)/accepted; a failure costs one more.
    candidates = some / accepted + failed
    return action, float(by_group @ values - chance @ log_mean), float(n + chance @ candidates)


def _compositions(total: int, parts: int) -> npt.NDArray[np.int64]:
    """All `[K, parts]` ways to write `total` as a sum of whole numbers, in order."""
    found = np.zeros((1, 0), dtype=np.int64)
    left = np.array([total], dtype=np.int64)
    for _ in range(parts - 1):
        width = left + 1
        first = np.repeat(np.cumsum(width) - width, width)
        next_part = np.arange(width.sum()) - first
        found = np.column_stack([np.repeat(found, width, axis=0), next_part])
        left = np.repeat(left, width) - next_part
    return np.column_stack([found, left])


def departure(base: Floats, score: Floats, sampler: SoftmaxSampler) -> Floats:
    """`[S]`: a bound on the chance that a call does not draw from ``pi_f`` itself, at any ``M`` and `N`.

    With ``C = max pi_f/pi_ref`` and ``w = Zhat/Z``: nothing clips unless ``w < v = C/M``, of chance at most
    ``e^{-N (1 - v + v log v)/C}``; and no candidate is accepted with chance at most ``e^{-N ((1+x) log(1+x) -
    x)/C} + (1 - 1/((1+x) M))^tries``, for every ``x > 0`` (Chernoff's bounds for means of numbers in ``[0,
    C]`` of mean one; as in LF2).
    """
    inside = base > 0
    top = np.where(inside, score, -np.inf).max(axis=-1, keepdims=True)
    log_mean = np.log((base * np.exp(np.where(inside, score - top, -np.inf))).sum(axis=-1))
    ratio = np.exp(-log_mean)
    level = np.minimum(ratio / sampler.ratio, 1.0)
    clips = np.exp(-sampler.normaliser * (1 - level + level * np.log(level)) / ratio)
    x = np.geomspace(0.05, 50.0, 60)
    above = np.exp(-sampler.normaliser * ((1 + x) * np.log1p(x) - x) / ratio[:, None])
    misses = np.exp(sampler.tries * np.log1p(-1 / ((1 + x) * sampler.ratio)))
    return np.asarray(np.minimum(clips + (above + misses).min(axis=-1), 1.0))

"""The law of the best of several draws, in log space.

Arrays are `[..., K]`: the last axis runs over atoms. With `F` the distribution function of the score of one
draw, the best of `N` independent draws scores `s` with probability ``F(s)^N - F(s-)^N``; given its score it
has the law of one draw, since draws that tie are exchangeable. Sums run over the last axis and segments of
it, so a row's value does not depend on how many rows there are.
"""

import math

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation import laws
from explore_theory.foundation.validation import real_array, whole

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def best_of(log_base: npt.ArrayLike, score: npt.ArrayLike, draws: int) -> Floats:
    """Log of the law of the draw of highest `score` among `draws` from the law `log_base`, `[..., K]`.

    Atoms tie if their scores are the same double; within a tie the law is proportional to the base law. Atoms
    of log-mass down to the smallest double and below are as accurate as any: each probability is right to a
    relative ``1e-15 N K`` at worst, and to about ``1e-15 K`` where ``N (1 - F)`` is of order one.
    """
    draws = whole("draws", draws, least=1)
    # A score that is not a number would be sorted last, and win.
    given = real_array("score", score)
    if not np.isfinite(given).all():
        raise InvalidProblem(f"score must be finite, got score={given!r:.80}")
    base, value = np.broadcast_arrays(laws.masses("log_base", log_base)[0], given)
    order = np.argsort(value, axis=-1, kind="stable")
    mass = np.take_along_axis(base, order, axis=-1)
    first, last = _ties(np.take_along_axis(value, order, axis=-1))
    # Inclusive sums of mass from below and from above; whichever is less than a half keeps the digits.
    below = np.logaddexp.accumulate(mass, axis=-1)
    above = np.logaddexp.accumulate(mass[..., ::-1], axis=-1)[..., ::-1]
    worse = np.where(first > 0, np.take_along_axis(below, np.maximum(first - 1, 0), axis=-1), -np.inf)
    here = _tie_mass(mass, first)
    log_best = _log_power_difference(
        here=here,
        worse=worse,
        up_to=_complement(_after(above, last), np.take_along_axis(below, last, axis=-1)),
        power=draws,
    )
    with np.errstate(invalid="ignore"):
        law = np.where(np.isneginf(mass), -np.inf, log_best + (mass - here))
    out = np.empty_like(law)
    np.put_along_axis(out, order, law, axis=-1)
    return laws.log_normalise(out)


def _ties(score: Floats) -> tuple[Ints, Ints]:
    """The first and the last place with the same score, `[..., K]` each, for sorted scores."""
    count = score.shape[-1]
    place = np.broadcast_to(np.arange(count), score.shape)
    opens = np.ones(score.shape, dtype=bool)
    opens[..., 1:] = score[..., 1:] != score[..., :-1]
    closes = np.ones(score.shape, dtype=bool)
    closes[..., :-1] = opens[..., 1:]
    first = np.maximum.accumulate(np.where(opens, place, 0), axis=-1)
    last = np.minimum.accumulate(np.where(closes, place, count)[..., ::-1], axis=-1)[..., ::-1]
    return first, last


def _tie_mass(mass: Floats, first: Ints) -> Floats:
    """Log of the mass of each place's tie, `[..., K]`: a difference of two `F` would lose small ones."""
    starts = np.flatnonzero(first.ravel() == np.broadcast_to(np.arange(mass.shape[-1]), mass.shape).ravel())
    total = np.logaddexp.reduceat(mass.ravel(), starts)
    lengths = np.diff(np.append(starts, mass.size))
    return np.repeat(total, lengths).reshape(mass.shape)


def _after(above: Floats, last: Ints) -> Floats:
    """Log of the mass beyond the place `last`, `[..., K]`."""
    count = above.shape[-1]
    after = np.take_along_axis(above, np.minimum(last + 1, count - 1), axis=-1)
    return np.where(last + 1 < count, after, -np.inf)


def _complement(log_other: Floats, log_self: Floats) -> Floats:
    """``log p`` from ``log(1 - p)``, which keeps more digits if it is small, and ``log p`` itself."""
    small = log_other < -math.log(2)
    return np.where(small, np.log1p(-np.exp(np.where(small, log_other, -np.inf))), log_self)


def _log_power_difference(*, here: Floats, worse: Floats, up_to: Floats, power: int) -> Floats:
    """``log(F^N - (F-p)^N)``, `[..., K]`: `here` is ``log p``, `worse` ``log(F-p)``, `up_to` ``log F``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        # log(p / F): of either sign of rounding where the tie is all there is.
        share = np.minimum(np.where(np.isneginf(here), -np.inf, here - up_to), 0.0)
        # a = -N log(1 - p/F), so that the difference is F^N (1 - e^-a). For tiny p/F only log a is a double.
        survival = np.where(share < -math.log(2), np.log1p(-np.exp(share)), worse - up_to)
        tiny = share < -600.0
        log_a = math.log(power) + np.where(tiny, share, np.log(-np.where(tiny, -1.0, survival)))
        a = np.exp(log_a)
        # log(1 - e^-a) = log a - a/2 + a^2/24 - ..
        log_hit = np.where(log_a < -18.0, log_a - a / 2, np.log(-np.expm1(-a)))
    return np.where(np.isneginf(here), -np.inf, power * up_to + log_hit)

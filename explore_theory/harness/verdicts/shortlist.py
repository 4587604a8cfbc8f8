"""Which of many comparisons can be extreme, found in floating point: the others are never looked at exactly.

For doubles the shortlist holds one comparison per score. For exact numbers scores are first taken of the
nearest doubles, with a bound on their error; whoever could still be the largest stays.
"""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.harness.measures.columns import Number, as_float
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.verdicts.scores import SCORES, Sides

Floats = npt.NDArray[np.float64]

#: So few are all looked at.
_FEW, _FEW_EXACT = 64, 8

#: Sizes between which no operation on doubles under- or overflows here, and each errs by 2^-53 of its result.
_SMALL, _BIG = 1e-290, 1e290

#: Of the sizes that enter a score, its error at most: six operations on operands that are rounded themselves.
_ERROR = 2.0**-49


def shortlist(
    lo: npt.NDArray[Any],
    hi: npt.NDArray[Any],
    bound_lo: npt.NDArray[Any],
    bound_hi: npt.NDArray[Any],
    applicable: npt.NDArray[np.bool_],
    resolution: Resolution,
) -> list[int]:
    """Indices, in order, among which is the first largest of every score, of the comparisons that apply.

    Parameters
    ----------
    lo, hi, bound_lo, bound_hi
        `[K]`, float64 or exact numbers.
    applicable
        `[K]`.
    resolution
        How far a measurement may pass its bound.
    """
    live = np.flatnonzero(applicable)
    sides = [side[live] for side in (lo, hi, bound_lo, bound_hi)]
    exact = any(side.dtype == object for side in sides)
    if live.size <= (_FEW_EXACT if exact else _FEW):
        return [int(k) for k in live]
    chosen = _exactly(sides, resolution) if exact else _among_doubles(sides, resolution)
    return [int(live[k]) for k in sorted(chosen)]


def _among_doubles(sides: list[npt.NDArray[Any]], resolution: Resolution) -> set[int]:
    nan = np.isnan(sides).any(axis=0)
    # The operations of the exact scores, one by one, so that both round alike: the first largest is the one.
    chosen = {int(np.argmax(np.where(nan, -np.inf, score))) for score, _ in _scores(sides, resolution)}
    return chosen | ({int(np.argmax(nan))} if nan.any() else set())


def _exactly(sides: list[npt.NDArray[Any]], resolution: Resolution) -> set[int]:
    """What doubles do not tell apart is compared exactly, score by score."""
    near = [floats(side) for side in sides]
    plain = np.ones(len(near[0]), dtype=bool)
    for side, rounded in zip(sides, near, strict=True):
        size = np.abs(rounded)
        plain &= ((size > _SMALL) & (size < _BIG)) | np.asarray(side == 0, dtype=bool)
    chosen = set(np.flatnonzero(~plain).tolist())
    places = np.flatnonzero(plain)
    if not places.size:
        return chosen
    doubles = _scores([side[places] for side in near], resolution)
    for exact, (score, error) in zip(SCORES.values(), doubles, strict=True):
        possible = places[score + error >= np.max(score - error)]
        chosen.add(_first_largest(possible.tolist(), exact, sides, resolution))
    return chosen


def _first_largest(
    places: list[int],
    score: Callable[[Sides], Number | None],
    sides: list[npt.NDArray[Any]],
    resolution: Resolution,
) -> int:
    """The first of `places` with the largest score; one that has none is no matter."""
    best, most = places[0], None
    for k in places if len(places) > 1 else ():
        found = score(Sides.of([side[k] for side in sides], resolution))
        if found is not None and (most is None or found > most):
            best, most = k, found
    return best


def floats(numbers: npt.NDArray[Any]) -> Floats:
    """As float64; a fraction beyond its range is the largest double, which is not infinite."""
    if numbers.dtype != object:
        return numbers.astype(np.float64)
    largest = np.finfo(np.float64).max
    values = [as_float(number) for number in numbers]
    return np.array(
        [
            math.copysign(largest, value) if math.isinf(value) and isinstance(number, Fraction) else value
            for number, value in zip(numbers, values, strict=True)
        ],
        dtype=np.float64,
    )


def _scores(sides: list[Floats], resolution: Resolution) -> Iterator[tuple[Floats, Floats]]:
    """`SCORES` in order: of every comparison, `[K]`, and how far it may be from that of the exact numbers."""
    lo, hi, b_lo, b_hi = sides
    finite = np.isfinite(sides).all(axis=0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        b_lo_slack, b_hi_slack = (
            resolution.absolute + resolution.relative * np.where(np.isfinite(b), np.abs(b), 0.0)
            for b in (b_lo, b_hi)
        )
        error = _ERROR * np.abs([lo, hi, b_lo, b_hi, b_lo_slack, b_hi_slack]).sum(axis=0)
        for value, limit in (
            (lo, b_hi),
            (b_lo, hi),
            (lo, b_hi + b_hi_slack),
            (b_lo - b_lo_slack, hi),
            (hi, b_lo + b_lo_slack),
            (b_hi - b_hi_slack, lo),
        ):
            yield np.where(value == limit, 0.0, value - limit), error
        yield np.where(finite, np.abs(b_lo), -np.inf), error
        positive = finite & (lo > 0) & (b_lo > 0)
        for value, limit in ((lo, b_hi), (b_lo, hi)):
            ratio = np.where(positive, value / limit, -np.inf)
            yield ratio, np.where(positive, _ERROR * np.abs(ratio), 0.0)

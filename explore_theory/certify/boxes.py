"""Certified suprema over boxes: best-first branch and bound with outward rounding and a monotonicity test.

Source: the scheme is interval branch and bound (R. E. Moore, *Interval Analysis*, 1966; E. Hansen and G. W.
Walster, *Global Optimization Using Interval Analysis*, 2004, for the monotonicity test).

Letters: `D` coordinates.
"""

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from explore_theory.certify.balls import ball, ends, precision
from explore_theory.certify.intervals import Interval, interval
from explore_theory.certify.jets import Jet, coordinates, jet
from explore_theory.errors import InvalidClaim
from explore_theory.foundation.validation import whole
from explore_theory.harness.measures.measurement import Measurement

_END = (int, float, Fraction, arb)
Box = tuple[tuple[float, float], ...]
#: One end of a side: a float, an integer, a fraction or a ball.
End = Any
Function = Callable[[Sequence[Jet]], Any]


@dataclass(frozen=True, kw_only=True)
class Supremum:
    """``lo <= sup f <= hi`` over the box: `f` is at least `lo` at `point`; `boxes` were examined."""

    lo: float
    hi: float
    point: tuple[float, ...]
    boxes: int


def supremum(
    function: Function,
    box: Sequence[tuple[End, End]],
    *,
    target: float,
    accuracy: float = math.inf,
    budget: int = 20_000,
    bits: int = 128,
) -> Supremum:
    """Enclose the supremum of `function` over the closed `box`.

    Stops when the supremum is proved to exceed `target`; when it is proved to be at most `target` and is
    enclosed to within `accuracy`; when no box can be improved by cutting it; or after `budget` boxes. Always
    returns a valid enclosure, if only ``(lo, inf)``.

    Where a slope of `function` is proved to keep its sign over a box, its supremum lies on one face, and the
    box is replaced by that face: monotone functions are settled at a corner, at full precision.

    Parameters
    ----------
    function
        Takes `D` jets and returns a jet, or a ball (or number) that contains its values, if it has no slopes
        to offer.
    box
        ``(lo, hi)`` per coordinate, ``lo <= hi``, finite, in the units of the coordinate: floats, integers,
        fractions or balls. Ends that are no doubles are rounded outwards; a float is taken as it is, so that
        a third, say, must be given as a fraction.
    target, accuracy, budget, bits
        Not NaN; not negative; at least 1; working precision, at least 24.

    Raises
    ------
    InvalidClaim
        If `box` or a number is none of these, or `function` gives a wrong number of slopes.
    """
    if math.isnan(target) or not accuracy >= 0:
        raise InvalidClaim(
            f"target must be a number and accuracy at least 0, got target={target!r}, accuracy={accuracy!r}"
        )
    whole("budget", budget, least=1)
    with precision(whole("bits", bits, least=24)):
        root: Box = tuple(_side(i, side) for i, side in enumerate(box))
    if not root:
        raise InvalidClaim("box must have one side at least, got none")
    widths = [hi - lo or 1.0 for lo, hi in root]
    best, point = -math.inf, tuple(lo for lo, _ in root)
    with precision(bits):
        upper, face = _settled_face(function, root)
        heap = [(-upper, 0, face)]
        boxes = 1
        while True:
            top, current = -heap[0][0], heap[0][2]
            for candidate in _samples(current):
                value = jet(function([Jet(interval(x)) for x in candidate])).value.floats()[0]
                if value > best:
                    best, point = value, candidate
            halves = _halves(current, widths)
            proved = top <= target and top - best <= accuracy
            if best > target or proved or top <= best or boxes >= budget or not halves:
                return Supremum(lo=best, hi=max(best, top), point=point, boxes=boxes)
            heapq.heappop(heap)
            for half in halves:
                upper, face = _settled_face(function, half)
                heapq.heappush(heap, (-min(upper, top), boxes, face))
                boxes += 1


def largest_ratio(
    log_ratio: Function,
    box: Mapping[str, tuple[End, End]],
    *,
    accuracy: float = 1e-6,
    budget: int = 20_000,
    bits: int = 128,
) -> Measurement:
    """The largest ``measured / bound`` over a box, to be compared with 1.

    The logarithm of the ratio is enclosed to within `accuracy` (or until it is proved to exceed zero) and the
    enclosure is exponentiated outwards, so a supremum of 1 that is approached and not attained comes back as
    exactly 1. The witness names the coordinates of the best point.

    Parameters
    ----------
    log_ratio
        ``log measured - log bound`` as a function of the coordinates, see `supremum`.
    box
        Name of each coordinate -> ``(lo, hi)``.
    """
    found = supremum(log_ratio, list(box.values()), target=0.0, accuracy=accuracy, budget=budget, bits=bits)
    return Measurement(
        lo=np.array([_exp(found.lo)[0]]),
        hi=np.array([_exp(found.hi)[1]]),
        effort=found.boxes,
        unit="boxes",
        witness=lambda _: dict(zip(box, found.point, strict=True)),
    )


def log_box(sides: Mapping[str, tuple[float, float]]) -> dict[str, tuple[End, End]]:
    """Sides ``(log lo, log hi)`` as balls, for `supremum` to round outwards; ``0 < lo <= hi`` are exact."""
    with precision(128):
        return {name: (ball(lo).log(), ball(hi).log()) for name, (lo, hi) in sides.items()}


def _side(place: int, side: Any) -> tuple[float, float]:
    """One side of a box in doubles, rounded outwards."""
    given = f"got box[{place}]={side!r:.80}"
    if not (isinstance(side, tuple | list) and len(side) == 2 and all(isinstance(end, _END) for end in side)):
        raise InvalidClaim(f"box must hold pairs (lo, hi) of numbers, {given}")
    low, high = (ball(end) for end in side)
    if not (low.is_finite() and high.is_finite()):
        raise InvalidClaim(f"box must be finite, {given}")
    # Python compares its own numbers exactly, where two fractions may share a ball.
    if low > high if any(isinstance(end, arb) for end in side) else side[0] > side[1]:
        raise InvalidClaim(f"box must have lo <= hi, {given}")
    return ends(low)[0], ends(high)[1]


def _exp(x: float) -> tuple[float, float]:
    """The doubles around ``e^x``; at most 1 where ``x <= 0``, however close, since ``e^0 = 1``."""
    if math.isinf(x):
        return (0.0, 0.0) if x < 0 else (math.inf, math.inf)
    lo, hi = ends(ball(x).exp())
    return (lo, min(hi, 1.0)) if x <= 0 else (max(lo, 1.0), hi)


def _settled_face(function: Function, box: Box) -> tuple[float, Box]:
    """An upper bound of `function` over `box`, and the face of `box` on which its supremum lies."""
    while True:
        result = jet(function(coordinates(box)))
        face = box
        if len(result.slopes) not in (0, len(box)):
            raise InvalidClaim(
                f"function must give a slope per coordinate ({len(box)}), got {len(result.slopes)}"
            )
        if result.slopes:
            face = tuple(_end(side, slope) for side, slope in zip(box, result.slopes, strict=True))
        if face == box:
            return result.value.floats()[1], box
        box = face


def _end(side: tuple[float, float], slope: Interval) -> tuple[float, float]:
    """The end of one side where a function with this `slope` is largest; both if its sign is open."""
    lo, hi = side
    if slope.lo >= 0:
        return hi, hi
    return (lo, lo) if slope.hi <= 0 else side


def _samples(box: Box) -> Iterator[tuple[float, ...]]:
    """Corners and centre of `box`."""
    yield from itertools.product(*(sorted({lo, hi}) for lo, hi in box))
    yield tuple(lo + 0.5 * (hi - lo) for lo, hi in box)


def _halves(box: Box, widths: Sequence[float]) -> tuple[Box, ...]:
    """Cut the coordinate that is widest relative to the root box; nothing if float64 cannot cut it."""
    axis = max(range(len(box)), key=lambda i: (box[i][1] - box[i][0]) / widths[i])
    lo, hi = box[axis]
    middle = lo + 0.5 * (hi - lo)
    if not lo < middle < hi:
        return ()
    left = (*box[:axis], (lo, middle), *box[axis + 1 :])
    right = (*box[:axis], (middle, hi), *box[axis + 1 :])
    return left, right

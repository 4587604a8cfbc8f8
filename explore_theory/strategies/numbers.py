"""Numbers, laws and vectors that shrink to simple ones.

Everything is made of small whole numbers and flags, in fixed places: what is left out is drawn all the same,
and is then not taken. So the shrinker drops any part by one flag, and nothing else moves. Hypothesis's own
floats would also be taken from constants of whatever modules are loaded, and differ between processes.

Letters: `n` outcomes, `d` dimensions.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import positive, whole

Floats = npt.NDArray[np.float64]
#: A size: a whole number, or the least and the most.
Size = int | tuple[int, int]
Part = TypeVar("Part")

_SIMPLE = (0.0, 1.0, 0.5, 0.25, 0.75, 1 / 3, 2 / 3, 0.1, 0.9, 0.01, 0.99, 1e-3, 0.999)
#: A number is two digits to this base: the first half of the first are simple numbers, the others any.
_BASE = 100


def span(name: str, size: Size, *, least: int) -> tuple[int, int]:
    """`size` as the least and the most, at least `least`.

    Raises
    ------
    InvalidProblem
        If it is neither a whole number nor two of them in order.
    """
    pair = size if isinstance(size, tuple) else (size, size)
    if len(pair) != 2:
        raise InvalidProblem(f"{name} must be a whole number or (least, most), got {name}={size!r}")
    first = whole(name, pair[0], least=least)
    return first, whole(name, pair[1], least=first)


def several(part: st.SearchStrategy[Part], least: int, most: int) -> st.SearchStrategy[list[Part]]:
    """From `least` to `most` parts in a row."""
    return chosen([part] * most, least)


def chosen(parts: Sequence[st.SearchStrategy[Part]], least: int) -> st.SearchStrategy[list[Part]]:
    """Some of `parts`, at least `least`: each is taken by a flag, the first ones where flags take too few."""

    def taken(drawn: tuple[tuple[bool, Part], ...]) -> list[Part]:
        places = [place for place, (flag, _) in enumerate(drawn) if flag]
        others = [place for place in range(len(drawn)) if place not in places]
        return [drawn[place][1] for place in sorted(places + others[: max(0, least - len(places))])]

    return st.tuples(*(st.tuples(st.booleans(), part) for part in parts)).map(taken)


def unit_numbers() -> st.SearchStrategy[float]:
    """Numbers in [0, 1]: 0, 1 and 1/2, other familiar fractions, and any others to 1e-4."""
    return _numbers(_SIMPLE, lambda u: u)


def signed_numbers() -> st.SearchStrategy[float]:
    """Numbers in [-1, 1], simplest first as `unit_numbers`."""
    return _numbers([0.0, *(x for y in _SIMPLE[1:] for x in (y, -y))], lambda u: 2 * u - 1)


def decades(low: int = -12, high: int = 0) -> st.SearchStrategy[float]:
    """Powers of ten from ``10^high``, the simplest, down to ``10^low``."""
    top = whole("high", high, least=-300, most=300)
    bottom = whole("low", low, least=-300, most=top)
    return st.sampled_from(_powers(bottom, top))


def betas(low: float = 1e-3, high: float = 10.0) -> st.SearchStrategy[float]:
    """Temperatures in ``[low, high]``, in units of reward: 1, 1/2 and 2 first, then any, log-uniformly."""
    least, most = positive("low", low), positive("high", high)
    if most < least:
        raise InvalidProblem(f"high must be at least low={low!r}, got high={high!r}")
    simple = [beta for beta in (1.0, 0.5, 2.0, 0.1, 10.0, 0.01) if least <= beta <= most] or [least]
    spread = math.log(most / least)
    return _numbers(simple, lambda u: min(max(least * math.exp(spread * u), least), most))


def weights(tiny: int = -12, *, zeros: bool = False) -> st.SearchStrategy[float]:
    """Positive weights: 1 and 1/2, powers of ten down to ``10^tiny``, and any from there to 1.

    With `zeros`, zero too.
    """
    lowest = whole("tiny", tiny, least=-300, most=0)
    # Zeros are worth more than one draw in thirty.
    simple = [1.0, 0.5, *([0.0] * 4 if zeros else []), *_powers(lowest, -1)]
    return _numbers(simple, lambda u: max(1.0 - u, float(f"1e{lowest}")))


def laws(outcomes: Size = (2, 6), *, tiny: int = -12, zeros: bool = False) -> st.SearchStrategy[Floats]:
    """Laws `[n]` that sum to one up to 2^-50, with masses down to about ``10^tiny``; with `zeros`, zeros too.

    They shrink to few outcomes of equal mass.
    """
    low, high = span("outcomes", outcomes, least=1)
    return several(weights(tiny, zeros=zeros), low, high).map(law_of)


def law_of(given: Sequence[float]) -> Floats:
    """Weights `[n]` as a law that sums to one up to 2^-50; all zeros become equal masses."""
    masses = np.array(given, dtype=np.float64)
    return masses / masses.sum() if masses.any() else np.full(masses.size, 1 / masses.size)


def rationals(largest: int = 12) -> st.SearchStrategy[Fraction]:
    """Fractions in [0, 1] whose denominator is at most `largest`: 0 and 1 first."""
    most = whole("largest", largest, least=1)
    fine = st.tuples(st.integers(1, most), st.integers(0, most)).map(
        lambda pair: Fraction(min(pair), pair[0])
    )
    return st.one_of(st.sampled_from((Fraction(0), Fraction(1))), fine)


def rational_laws(outcomes: Size = (2, 6), *, largest: int = 12) -> st.SearchStrategy[tuple[Fraction, ...]]:
    """Laws `[n]` of positive fractions that sum to one, from whole weights up to `largest`."""
    low, high = span("outcomes", outcomes, least=1)
    most = whole("largest", largest, least=1)
    drawn = several(st.integers(1, most), low, high)
    return drawn.map(lambda parts: tuple(Fraction(part, sum(parts)) for part in parts))


def vectors(dimension: Size = (1, 3), *, radius: float = 1.0) -> st.SearchStrategy[Floats]:
    """Vectors `[d]` of Euclidean norm at most `radius`; they shrink to zero.

    Zeros at the end are left out, down to the least `dimension`.
    """
    low, high = span("dimension", dimension, least=1)
    most = positive("radius", radius)
    return st.tuples(*[signed_numbers()] * high).map(lambda x: most * within_ball(x[: dimensions(x, low)]))


def directions(dimension: Size = (1, 3)) -> st.SearchStrategy[Floats]:
    """Unit vectors `[d]`; they shrink to the first axis."""
    return vectors(dimension).map(_direction)


def dimensions(coordinates: npt.ArrayLike, least: int) -> int:
    """How many `coordinates` `[..., d]` there are up to the last that is not zero, and at least `least`."""
    used = np.flatnonzero(np.any(np.reshape(coordinates, (-1, np.shape(coordinates)[-1])), axis=0))
    return max(least, int(used[-1]) + 1 if used.size else 0)


def within_ball(coordinates: Sequence[float]) -> Floats:
    """`coordinates` `[d]`, shortened to norm one where they are longer."""
    vector = np.array(coordinates, dtype=np.float64)
    length = math.sqrt(float((vector * vector).sum()))
    return vector / length if length > 1 else vector


def _numbers(simple: Sequence[float], fine: Callable[[float], float]) -> st.SearchStrategy[float]:
    """The numbers `simple`, in their order, and ``fine(u)`` for `u` in [0, 1)."""
    half = _BASE // 2

    def number(digits: tuple[int, int]) -> float:
        first, second = digits
        if first < half:
            return simple[first % len(simple)]
        return fine((first - half + second / _BASE) / half)

    digit = st.integers(0, _BASE - 1)
    return st.tuples(digit, digit).map(number)


def _powers(low: int, high: int) -> list[float]:
    """Powers of ten, largest first."""
    return [float(f"1e{k}") for k in range(high, low - 1, -1)]


def _direction(vector: Floats) -> Floats:
    length = math.sqrt(float((vector * vector).sum()))
    # The square of what is shorter than this is no normal double.
    return vector / length if length > 1e-150 else np.eye(1, vector.size)[0]

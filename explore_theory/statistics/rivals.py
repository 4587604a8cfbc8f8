"""Rivals: which families of laws have a member that passes through all simultaneous bands.

A claimed rate is believed when its rivals are not: the bands of one measurement either leave room for a law
(ALLOWED, with a member that passes through them) or do not (REJECTED). The bands hold simultaneously with
probability ``1 - alpha``; with that probability no family that contains the truth is rejected, however many
rivals are named. ALLOWED says only that the data leave room.

Letters: `K` points.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import above, floats, real_array
from explore_theory.statistics.arguments import Floats
from explore_theory.statistics.rates import log_bands, slope_interval

Member = Mapping[str, float]

#: Bands are widened by this, in logarithm relative to its size: a law is not rejected for a rounding error.
ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A named family of laws.

    `member` takes ``(x, log_lo, log_hi)``, each `[K]`, sorted by `x`, and gives the parameters of a member
    that passes through all bands, or None if there is none. `record` is what `rival_of` makes it from again;
    empty for a family that no store can hold.
    """

    name: str
    member: Callable[[Floats, Floats, Floats], Member | None]
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RivalResult:
    """Whether the bands leave room for a family, with the parameters of one of its members if so."""

    name: str
    member: Member | None

    @property
    def allowed(self) -> bool:
        """Whether some member passes through all bands."""
        return self.member is not None

    def describe(self) -> str:
        """``ALLOWED exponential (rate 0.7, log scale 2)`` or ``REJECTED x^2``."""
        return f"{'ALLOWED' if self.allowed else 'REJECTED'} {self.law}"

    @property
    def law(self) -> str:
        """The family, with the parameters of the member that passes through, if one does."""
        values = ", ".join(f"{name} {value:.4g}" for name, value in (self.member or {}).items())
        return f"{self.name} ({values})" if values else self.name


def judge_rivals(
    x: npt.ArrayLike, lo: npt.ArrayLike, hi: npt.ArrayLike, rivals: Sequence[Rival]
) -> tuple[RivalResult, ...]:
    """Each rival against the same bands, in the order given.

    Parameters
    ----------
    x
        `[K]`, positive and finite, in any order.
    lo, hi
        `[K]`, simultaneous bands in the units of the quantity: ``0 <= lo <= hi``, ``lo`` finite, ``hi > 0``.
    rivals
        Families with different names.

    Raises
    ------
    InvalidProblem
        If an argument has the wrong shape or range, or two rivals share a name.
    """
    names = [rival.name for rival in rivals]
    if len(set(names)) != len(names):
        raise InvalidProblem(f"rivals must have different names, got {names!r}")
    log_x, log_lo, log_hi = log_bands(x, lo, hi)
    if log_x.size < 2 or np.ptp(log_x) == 0:
        raise InvalidProblem(f"x must hold two different points at least, got x={np.exp(log_x).tolist()!r}")
    # Infinite ends stay infinite: only finite ones have a size.
    slack = [ROUNDING * (1 + np.where(np.isfinite(end), np.abs(end), 0.0)) for end in (log_lo, log_hi)]
    points = np.sort(real_array("x", x))
    return tuple(
        RivalResult(name=rival.name, member=rival.member(points, log_lo - slack[0], log_hi + slack[1]))
        for rival in rivals
    )


def power(exponent: float | None = None) -> Rival:
    """``c x^exponent`` with a free positive `c`; with None, any exponent."""
    if exponent is not None:
        fixed = above("exponent", exponent, -math.inf)
        return Rival(
            name=f"x^{fixed:g}",
            member=lambda x, lo, hi: _scaled(fixed * np.log(x), lo, hi, exponent=fixed),
            record={"family": "power", "exponent": fixed},
        )

    def member(x: Floats, lo: Floats, hi: Floats) -> Member | None:
        log_x = np.log(x)
        slopes = slope_interval(log_x, lo, hi)
        if not slopes.straight:
            return None
        chosen = _between(slopes.lo, slopes.hi)
        return _scaled(chosen * log_x, lo, hi, exponent=chosen)

    return Rival(name="power law", member=member, record={"family": "power", "exponent": None})


def exponential() -> Rival:
    """``c exp(r x)`` with free positive `c` and rate `r`: ``log y`` is linear in `x` itself, and grows."""

    def member(x: Floats, lo: Floats, hi: Floats) -> Member | None:
        rates = slope_interval(x, lo, hi)
        # A rate of zero is a constant, which is everybody's rival and nobody's exponential.
        if not rates.straight or rates.hi <= 0:
            return None
        chosen = _between(rates.lo if rates.lo > 0 else min(rates.hi, 1.0) / 2, rates.hi)
        return _scaled(chosen * x, lo, hi, rate=chosen)

    return Rival(name="exponential", member=member, record={"family": "exponential"})


def exponential_in(name: str, x: npt.ArrayLike, values: npt.ArrayLike) -> Rival:
    """``c exp(r v(x))`` with free positive `c` and rate `r`, for a quantity `v` known at the points.

    For example ``exponential_in("k", sizes, literals)``: does the budget grow exponentially in the number of
    literals, at whatever rate? Arguments and errors as for `proportional`.
    """
    points, given, values_at = _known_at(name, x, values)

    def member(x: Floats, lo: Floats, hi: Floats) -> Member | None:
        along = values_at(x)
        rates = slope_interval(along, lo, hi)
        if not rates.straight or rates.hi <= 0:
            return None
        chosen = _between(rates.lo if rates.lo > 0 else min(rates.hi, 1.0) / 2, rates.hi)
        return _scaled(chosen * along, lo, hi, rate=chosen)

    record = {"family": "exponential_in", "name": name, "x": points.tolist(), "values": given.tolist()}
    return Rival(name=f"exponential in {name}", member=member, record=record)


def polynomial(degree: float) -> Rival:
    """Laws whose local exponent ``d log y / d log x`` stays between 0 and `degree`.

    All polynomials of that degree with non-negative coefficients are among them (their local exponent is an
    average of the exponents of their terms), times slowly growing factors if `degree` leaves room. Some law
    passes through the bands exactly if the largest one below their upper ends,

        y_k = min_j hi_j + (degree (x_k - x_j) if x_k > x_j else 0)    in logarithms,

    does not fall below a lower end: the constraints are differences, and these are their shortest paths.
    """
    most = above("degree", degree, 0.0)

    def member(x: Floats, lo: Floats, hi: Floats) -> Member | None:
        log_x = np.log(x)
        largest = np.min(hi[None, :] + most * np.maximum(log_x[:, None] - log_x[None, :], 0.0), axis=1)
        if np.any(largest < lo):
            return None
        if not np.all(np.isfinite(largest)):
            return {}
        steps = np.diff(log_x) > 0
        exponents = np.diff(largest)[steps] / np.diff(log_x)[steps]
        return {"least exponent": float(exponents.min()), "largest exponent": float(exponents.max())}

    return Rival(
        name=f"polynomial of degree <= {most:g}",
        member=member,
        record={"family": "polynomial", "degree": most},
    )


def proportional(name: str, x: npt.ArrayLike, values: npt.ArrayLike) -> Rival:
    """``c v(x)`` with a free positive `c`, for another quantity `v` known at the points.

    For example ``proportional("C_cond", coverage, conditional_coverage)``: does the budget follow the
    conditional coverage just as well?

    Parameters
    ----------
    name
        Of the quantity.
    x, values
        The points at which it may be judged, each once, and its positive values there.

    Raises
    ------
    InvalidProblem
        If the values are not positive and finite; when judged, if a point is not among `x`.
    """
    points, given, values_at = _known_at(name, x, values)

    def member(x: Floats, lo: Floats, hi: Floats) -> Member | None:
        return _scaled(np.log(values_at(x)), lo, hi)

    record = {"family": "proportional", "name": name, "x": points.tolist(), "values": given.tolist()}
    return Rival(name=name, member=member, record=record)


def _known_at(
    name: str, x: npt.ArrayLike, values: npt.ArrayLike
) -> tuple[Floats, Floats, Callable[[Floats], Floats]]:
    """Points and positive values, and the values at some of the points."""
    points, given = floats("x", x, (None,)), floats("values", values, (None,))
    if given.shape != points.shape or np.any(given <= 0):
        raise InvalidProblem(f"values must be positive, one for each x, got values={given.tolist()!r}")
    if np.unique(points).size != points.size:
        raise InvalidProblem(f"x must hold each point once, got x={points.tolist()!r}")
    known = dict(zip(points.tolist(), given.tolist(), strict=True))

    def values_at(x: Floats) -> Floats:
        if not known.keys() >= set(x.tolist()):
            raise InvalidProblem(f"x must be points of the rival {name}, got x={x.tolist()!r}")
        return np.array([known[point] for point in x.tolist()])

    return points, given, values_at


def rival_of(record: Mapping[str, Any]) -> Rival:
    """The family that `Rival.record` describes.

    Raises
    ------
    InvalidProblem
        If it describes none.
    """
    made: dict[str, Callable[..., Rival]] = {
        "power": power,
        "exponential": exponential,
        "exponential_in": exponential_in,
        "polynomial": polynomial,
        "proportional": proportional,
    }
    given = dict(record)
    family = given.pop("family", None)
    if family not in made:
        raise InvalidProblem(f"family must be one of {', '.join(made)}, got family={family!r}")
    try:
        return made[family](**given)
    except TypeError:
        raise InvalidProblem(f"a record of {family} must hold its arguments, got {sorted(given)}") from None


def _scaled(shape: Floats, lo: Floats, hi: Floats, **parameters: float) -> Member | None:
    """A scale that puts ``c exp(shape)`` into all bands: ``max(lo - shape) <= log c <= min(hi - shape)``."""
    least, most = float(np.max(lo - shape)), float(np.min(hi - shape))
    # The slope was found by other roundings than these.
    if least > most + ROUNDING * (1 + float(np.max(np.abs(shape)))):
        return None
    return {**parameters, "log scale": _between(least, most)}


def _between(low: float, high: float) -> float:
    """A number between two ends, of which one or both may be infinite."""
    if math.isinf(low) and math.isinf(high):
        return 0.0
    if math.isinf(low) or math.isinf(high):
        return low if math.isinf(high) else high
    return (low + high) / 2

"""Named constants and exponents of a statement: the best value lies between an instance and a proof.

A constant `K` of a bound from above is best if it is the least one with which the bound holds: every instance
shows a number that no smaller `K` survives, and a proof shows one that is enough. (Of a bound from below the
greatest, and the other way round.) Here is what an author says of one; `best_constant` makes a check of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief

Floats = npt.NDArray[np.float64]
#: Instances of a search, `[K]` numbers for each coordinate.
Instances = Mapping[str, Floats]

#: What is best, and how an instance compares with a proved value: it shows no more, or no less.
RELATION_OF_BEST = {"least": "<=", "greatest": ">="}
KINDS = ("constant", "exponent")


@brief
@dataclass(frozen=True)
class Value:
    """A number as it is written, and what it is.

    Parameters
    ----------
    text
        ``"e"``, ``"1/log 2"``, ``"3/2"``.
    number
        Called for the number: whatever `Bound.of` takes, a ball of python-flint for one that is not rational.
        Left out where `text` is a whole number, a fraction or a decimal.
    """

    text: str
    number: Callable[[], Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not self.text.strip():
            raise InvalidClaim(f"value must be written in words, got text={self.text!r}")
        if self.number is None:
            self.exactly()

    def exactly(self) -> Any:
        """The number.

        Raises
        ------
        InvalidClaim
            If `text` is no fraction and there is no `number`.
        """
        if self.number is not None:
            return self.number()
        try:
            return Fraction(self.text)
        except (ValueError, ZeroDivisionError):
            raise InvalidClaim(
                f"value must be a fraction, or bring a function that gives its number, got {self.text!r}"
            ) from None


@brief
@dataclass(frozen=True)
class Span:
    """The range of one coordinate of an instance, ends included; the search covers it evenly.

    Parameters
    ----------
    low, high
        ``low < high``, finite; positive where `log` is set.
    log
        Cover the range evenly on the logarithmic scale.
    whole
        Whole numbers only.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        ends = (self.low, self.high)
        if not all(isinstance(end, int | float) and np.isfinite(end) for end in ends) or not (
            self.low < self.high and (self.low > 0 or not self.log)
        ):
            asks = "0 < low < high" if self.log else "low < high, both finite"
            raise InvalidClaim(f"span must have {asks}, got low={self.low!r}, high={self.high!r}")

    def at(self, place: Floats) -> Floats:
        """Numbers of the range from standard coordinates; the ends are met at infinity, and before it."""
        share = 0.5 * (1.0 + np.tanh(0.5 * place))
        if self.log:
            found = np.exp(np.log(self.low) + share * (np.log(self.high) - np.log(self.low)))
        else:
            found = self.low + share * (self.high - self.low)
        inside = np.clip(np.rint(found) if self.whole else found, self.low, self.high)
        # The exponential of a logarithm may miss an end by its last digit.
        return np.where(share == 0.0, self.low, np.where(share == 1.0, self.high, inside))


@brief
@dataclass(frozen=True, kw_only=True)
class Constant:
    """One named constant of a statement, as its author knows it.

    Parameters
    ----------
    slug
        Stable name; that of the check.
    name, says
        Its letter, and the formula that it stands in: ``"K"``, ``"P[hit] <= K/C"``.
    stated
        Its value in the statement.
    best
        ``"least"`` if the statement holds for every larger value, ``"greatest"`` if for every smaller one.
    coordinates
        What an instance is made of, and the range of each.
    score
        The value that instances need, `[K]`, in floating point, from ``{name: [K]}``: what the search pushes.
    certified
        The same for one instance ``{name: float or int}``, whose doubles are meant exactly: a ball or a
        fraction, from definitions.
    proved, by
        The best value that has a proof, and the claim that carries it; left out where it is the stated one.
    kind
        ``"constant"`` or ``"exponent"``.
    """

    slug: str
    name: str
    says: str
    stated: Value
    best: str
    coordinates: Mapping[str, Span]
    score: Callable[[Instances], Floats]
    certified: Callable[[Mapping[str, Any]], Any]
    proved: Value | None = None
    by: str = ""
    kind: str = "constant"

    def __post_init__(self) -> None:
        where = f"constant {self.slug!r}"
        for name in ("name", "says"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise InvalidClaim(f"{where}: {name} must say something, got {getattr(self, name)!r}")
        for name, allowed in (("best", tuple(RELATION_OF_BEST)), ("kind", KINDS)):
            if getattr(self, name) not in allowed:
                raise InvalidClaim(
                    f"{where}: {name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}"
                )
        for name in ("stated", "proved"):
            value = getattr(self, name)
            if not isinstance(value, Value) and not (name == "proved" and value is None):
                raise InvalidClaim(f"{where}: {name} must be a Value, got {value!r:.60}")
        if (self.proved is None) == bool(self.by):
            raise InvalidClaim(
                f"{where}: proved and by must be given together (a better value, and the claim that proves "
                f"it), got proved={self.proved!r:.60}, by={self.by!r}"
            )
        spans = dict(self.coordinates)
        if not spans or not all(isinstance(span, Span) for span in spans.values()):
            raise InvalidClaim(f"{where}: coordinates must be spans by name, got {self.coordinates!r:.80}")
        object.__setattr__(self, "coordinates", MappingProxyType(spans))

    @property
    def known(self) -> Value:
        """The best value that has a proof."""
        return self.stated if self.proved is None else self.proved

    @property
    def relation(self) -> str:
        """How what an instance shows compares with what is proved."""
        return RELATION_OF_BEST[self.best]

    @property
    def record(self) -> dict[str, str]:
        """What of it goes into a store."""
        return {
            "name": self.name,
            "says": self.says,
            "kind": self.kind,
            "best": self.best,
            "stated": self.stated.text,
            "proved": self.known.text,
            "by": self.by,
        }

    def instances(self, places: Floats) -> Instances:
        """The instances at standard coordinates `[K, D]`, a coordinate a column."""
        spans = self.coordinates.items()
        return {name: span.at(places[:, j]) for j, (name, span) in enumerate(spans)}

    def instance(self, found: Instances, k: int) -> dict[str, float | int]:
        """Instance `k` of several."""
        return {
            name: int(found[name][k]) if span.whole else float(found[name][k])
            for name, span in self.coordinates.items()
        }

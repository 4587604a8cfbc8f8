"""Axes of a drawing: from numbers to places on the page, and which numbers to write beside them.

Places are in printer's points, 1/72 inch, from the upper left corner.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Between the data and the ends of an axis, as a part of the range of the data.
MARGIN = 0.05
#: At most so many numbers beside an axis.
MOST_TICKS = 9
#: Where a number lies that an axis has no place for, such as zero on a logarithmic one.
FAR = 1e4

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Numbers from `low` to `high` (their decimal logarithms, if `log`) between places `start` and `end`."""

    low: float
    high: float
    log: bool
    start: float
    end: float

    @classmethod
    def over(cls, values: Floats, *, log: bool, start: float, end: float) -> "Axis":
        """The axis that shows the finite numbers of `values`, and if `log` the positive ones.

        Raises
        ------
        ValueError
            If they are further apart than a double can tell.
        """
        shown = values[np.isfinite(values) & ((values > 0) | (not log))]
        if log:
            shown = np.log10(shown)
        low, high = (float(shown.min()), float(shown.max())) if shown.size else (0.0, 1.0)
        if low == high:
            half = 0.5 if log or low == 0 else 0.05 * abs(low)
            low, high = low - half, high + half
        more = MARGIN * (high - low)
        if not math.isfinite(high - low + 2 * more):
            raise ValueError("the numbers are too far apart to be drawn on one axis")
        return cls(low=low - more, high=high + more, log=log, start=start, end=end)

    def at(self, values: npt.ArrayLike) -> Floats:
        """Places of `values`; beyond `start` for what a logarithmic axis has no place for."""
        numbers = np.asarray(values, dtype=np.float64)
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                numbers = np.log10(numbers)
            numbers = np.where(np.isnan(numbers) & ~np.isnan(values), -np.inf, numbers)
        with np.errstate(over="ignore"):
            share = (numbers - self.low) / (self.high - self.low)
            return np.asarray(np.clip(self.start + share * (self.end - self.start), -FAR, FAR))

    def ticks(self) -> list[tuple[float, str]]:
        """Place and words of each number that is written."""
        found = self._decades() if self.log else []
        if len(found) < 2:
            found = self._steps()
        places = self.at([value for value, _ in found]) if found else ()
        return [(float(place), words) for place, (_, words) in zip(places, found, strict=True)]

    def minor(self) -> list[float]:
        """Places of the whole multiples between powers of ten, where the powers are close enough."""
        if not self.log or self.high - self.low > MOST_TICKS:
            return []
        powers = range(math.floor(self.low), math.ceil(self.high))
        logs = [power + math.log10(times) for power in powers for times in range(2, 10)]
        places = self.at([10.0**one for one in logs if self.low <= one <= self.high])
        return [float(place) for place in places]

    def _decades(self) -> list[tuple[float, str]]:
        first, last = math.ceil(self.low), math.floor(self.high)
        stride = max(1, math.ceil((last - first + 1) / MOST_TICKS))
        first = stride * math.ceil(first / stride)
        return [
            (10.0**power, f"10{str(power).translate(_RAISED)}") for power in range(first, last + 1, stride)
        ]

    def _steps(self) -> list[tuple[float, str]]:
        """Multiples of 1, 2, 2.5 or 5 times a power of ten."""
        low, high = (10.0**self.low, 10.0**self.high) if self.log else (self.low, self.high)
        raw = (high - low) / (MOST_TICKS - 2)
        power = math.floor(math.log10(raw))
        step = next(times * 10.0**power for times in (1, 2, 2.5, 5, 10) if times * 10.0**power >= raw)
        # One digit more where the step is a multiple of a quarter.
        last = math.floor(math.log10(step)) - (round(step / 10.0**power, 1) == 2.5)
        largest = max(abs(low), abs(high))
        digits = max(1, 1 + math.floor(math.log10(largest)) - last)
        values = [count * step for count in range(math.ceil(low / step), math.floor(high / step) + 1)]
        return [(value, _written(value, max(0, -last), digits, largest)) for value in values]


def _written(value: float, decimals: int, digits: int, largest: float) -> str:
    """`value` with so many decimals, or with so many digits and a power of ten where it would be long."""
    plain = 1e-4 <= largest < 1e7 and decimals <= 8
    return (f"{value:.{decimals}f}" if plain else f"{value:.{digits}g}").replace("-", "−")

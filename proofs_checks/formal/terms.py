"""Rational instances, and how they are written in Coq.

Instances are drawn as fractions of small whole numbers, so that a term of Coq and an array of float64 are the
same instance, up to the last digit.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def real(value: Fraction | int) -> str:
    """A rational number as a term of type R."""
    value = Fraction(value)
    text = (
        f"{abs(value.numerator)}"
        if value.denominator == 1
        else f"{abs(value.numerator)} / {value.denominator}"
    )
    return f"(- ({text}))" if value < 0 else f"({text})"


def listed(terms: Iterable[str]) -> str:
    """Terms as a list of Coq, without its notations: those depend on what is open."""
    found = "nil"
    for term in reversed(list(terms)):
        found = f"(cons {term} {found})"
    return found


def reals(values: Iterable[Fraction]) -> str:
    """A list of reals."""
    return listed(map(real, values))


def table(values: Iterable[Fraction]) -> str:
    """The function from numbers below the length to these values."""
    return f"(Sums.table {reals(values)})"


def table2(rows: Iterable[Sequence[Fraction]]) -> str:
    """The function of two numbers with these rows."""
    return f"(Sums.table2 {listed(map(reals, rows))})"


def numbers(count: int, first: int = 0) -> str:
    """The list of `count` numbers from `first` on, of type ``list nat``."""
    return listed(f"{i}%nat" for i in range(first, first + count))


def chosen(values: Sequence[bool]) -> str:
    """The function from numbers below the length to these truth values; false beyond."""
    return f"(fun i => List.nth i {listed(str(bool(value)).lower() for value in values)} false)"


def fraction(rng: np.random.Generator, low: int, high: int, denominator: int) -> Fraction:
    """A multiple of ``1/denominator`` between ``low/denominator`` and ``high/denominator``, both included."""
    return Fraction(int(rng.integers(low, high + 1)), denominator)


def fractions(rng: np.random.Generator, count: int, low: int, high: int, denominator: int) -> list[Fraction]:
    """`count` of them, no two alike.

    Raises
    ------
    ValueError
        If there are fewer.
    """
    found = rng.choice(np.arange(low, high + 1), size=count, replace=False)
    return [Fraction(int(value), denominator) for value in found]


def masses(rng: np.random.Generator, count: int) -> list[Fraction]:
    """A law on `count` points, no two masses alike."""
    weights = fractions(rng, count, 1, 4 * count, 1)
    return [weight / sum(weights) for weight in weights]


def floats(values: Iterable[Fraction]) -> Floats:
    """The values as an array, ``[1, N]``: one instance, as searches have many."""
    return np.array([[float(value) for value in values]])

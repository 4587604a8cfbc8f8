"""Balls and certified suprema, as authors import them: python-flint is loaded by the first call.

A file of claims is imported to be listed, where nobody needs it, so that importing these names costs nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explore_theory.certify.boxes import Supremum
    from explore_theory.harness.measures.measurement import Measurement


def _balls() -> Any:
    from explore_theory.certify import balls

    return balls


def _boxes() -> Any:
    from explore_theory.certify import boxes

    return boxes


def ball(value: Any) -> Any:
    """The ball around one number: a float or an integer taken exactly, a fraction to working precision."""
    return _balls().ball(value)


def ends(enclosure: Any) -> tuple[float, float]:
    """``(lo, hi)`` in float64 around a ball, as close as float64 allows."""
    found: tuple[float, float] = _balls().ends(enclosure)
    return found


def precision(bits: int) -> AbstractContextManager[None]:
    """Work with `bits` bits inside the block."""
    found: AbstractContextManager[None] = _balls().precision(bits)
    return found


def supremum(
    function: Callable[[Sequence[Any]], Any], box: Sequence[tuple[Any, Any]], **options: Any
) -> "Supremum":
    """Enclose the supremum of `function` over the closed `box`: see `explore_theory.certify.boxes.supremum`.

    Options are `target` (which must be given), `accuracy`, `budget` and `bits`.
    """
    found: Supremum = _boxes().supremum(function, box, **options)
    return found


def largest_ratio(
    log_ratio: Callable[[Sequence[Any]], Any], box: Mapping[str, tuple[Any, Any]], **options: Any
) -> "Measurement":
    """The largest ``measured / bound`` over a box: see `explore_theory.certify.boxes.largest_ratio`.

    Options are `accuracy`, `budget` and `bits`.
    """
    found: Measurement = _boxes().largest_ratio(log_ratio, box, **options)
    return found


def log_box(sides: Mapping[str, tuple[float, float]]) -> dict[str, tuple[Any, Any]]:
    """Sides ``(log lo, log hi)`` as balls, for `supremum` to round outwards; ``0 < lo <= hi`` are exact."""
    found: dict[str, tuple[Any, Any]] = _boxes().log_box(sides)
    return found

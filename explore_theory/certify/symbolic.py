"""Identities and inequalities proved by computer algebra, and refuted by ball arithmetic where they fail.

A policy on N responses is written with positive weights, ``p_i = a_i / sum a``, and a reward as
``r_i = beta log e_i``: every policy with full support and every reward has this form, and the expressions
become rational functions of positive symbols and of logarithms of sums of them, where a normal form decides
equality.

The one inequality used is Gibbs' in its scalar form, ``g(x) = x log x - x + 1 >= 0`` for ``x > 0`` with
equality at 1 only: ``g(1) = 0`` and ``g'(x) = log x`` is negative before 1 and positive after. An inequality
between expressions is proved by exhibiting their difference as a sum of positive weights times values of `g`.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from explore_theory.harness.measurement import Measurement
from explore_theory.streams import Streams

_POINTS = 8
_PRECISION = 200


def weights(letter: str, n: int) -> list[Any]:
    """`n` positive symbols ``letter1 .. lettern``."""
    return list(sp.symbols(f"{letter}1:{n + 1}", positive=True))


def law(letter: str, n: int) -> list[Any]:
    """A generic law on `n` responses with full support: ``letter_i / sum letter``."""
    symbols = weights(letter, n)
    total = sum(symbols)
    return [symbol / total for symbol in symbols]


def tilted(base: Sequence[Any], tilt: Sequence[Any]) -> list[Any]:
    """The law proportional to ``base_i tilt_i`` (with ``tilt_i = exp(r_i / beta)``)."""
    total = sum(b * e for b, e in zip(base, tilt, strict=True))
    return [b * e / total for b, e in zip(base, tilt, strict=True)]


def kl(first: Sequence[Any], second: Sequence[Any]) -> Any:
    """``sum_i first_i log(first_i / second_i)``."""
    return sum(p * sp.log(p / q) for p, q in zip(first, second, strict=True))


def objective(policy: Sequence[Any], base: Sequence[Any], reward: Sequence[Any], beta: Any) -> Any:
    """``E_pi r - beta KL(pi || base)``."""
    return sum(p * r for p, r in zip(policy, reward, strict=True)) - beta * kl(policy, base)


def gibbs(x: Any) -> Any:
    """``g(x) = x log x - x + 1``: at least zero for every ``x > 0``, see the module docstring."""
    return x * sp.log(x) - x + 1


def divergence_terms(first: Sequence[Any], second: Sequence[Any], factor: Any = 1) -> list[tuple[Any, Any]]:
    """Pairs ``(factor second_i, first_i / second_i)``, for `proved_at_most`.

    Their sum of ``weight g(x)`` is ``factor (KL(first || second) - sum first + sum second)``: the divergence
    itself where both are laws.
    """
    return [(factor * q, p / q) for p, q in zip(first, second, strict=True)]


def is_zero(expression: Any) -> bool:
    """Whether the normal form of `expression` is zero: a proof for all values of its positive symbols.

    Logarithms of products are expanded (valid for positive symbols), then the expression is cancelled as a
    rational function with the remaining logarithms as independent generators. False means *not proved*.
    """
    split = sp.expand_log(sp.sympify(expression).replace(sp.log, _log_of_factors))
    return bool(sp.cancel(sp.together(split)) == 0)


def proved_at_most(left: Any, right: Any, excess: Sequence[tuple[Any, Any]]) -> bool:
    """Whether ``left <= right`` is proved: ``right - left`` is ``sum weight g(x)`` over the pairs `excess`.

    Every weight and every `x` must be positive for all values of the symbols. False means *not proved*.
    """
    if not all(sp.together(part).is_positive for pair in excess for part in pair):
        return False
    return is_zero(right - left - sum(weight * gibbs(x) for weight, x in excess))


def has_positive_coefficients(expression: Any) -> bool:
    """Whether `expression` is a quotient of polynomials in its symbols without a negative coefficient.

    Then it is at least zero for all positive values of the symbols. False means *not proved*.
    """
    numerator, denominator = sp.fraction(sp.cancel(sp.together(expression)))
    symbols = sorted(sp.sympify(expression).free_symbols, key=lambda s: s.name)
    if not symbols or not all(part.is_polynomial(*symbols) for part in (numerator, denominator)):
        return False
    parts = [sp.Poly(part, *symbols).coeffs() for part in (numerator, denominator)]
    return all(c > 0 for part in parts for c in part) or all(c < 0 for part in parts for c in part)


def ratio(left: Any, right: Any) -> Measurement:
    """``left / right`` as a measurement: exactly 1 where ``left == right`` is proved.

    Otherwise the enclosure of the ratio, in ball arithmetic, at the derived rational point where it is
    furthest from 1; everything (so INCONCLUSIVE) if no point separates it from 1.
    """
    if is_zero(left - right):
        return Measurement.exact([1.0], effort=1, unit="identities")
    lo, hi = -np.inf, np.inf
    where: Mapping[Any, Fraction] = {}
    for point in _points([left, right]):
        low, high = _enclosed_ratio(left, right, point)
        if max(low - 1, 1 - high) > max(0.0, lo - 1, 1 - hi):
            lo, hi, where = low, high, point
    return _measured(lo, hi, where)


def largest_ratio(
    left: Any, right: Any, *, excess: Sequence[tuple[Any, Any]] | None = None, equal_at: Mapping[Any, Any]
) -> Measurement:
    """The supremum of ``left / right`` over all values of the symbols, to be compared with 1.

    Its upper end is 1 where ``left <= right`` is proved (see `proved_at_most`; without `excess`, see
    `has_positive_coefficients`) and infinite otherwise; its lower end is 1 where substituting `equal_at`
    makes the two sides provably equal (and not both zero), and otherwise the largest ratio proved at the
    derived rational points. `right` is not negative, as the claims that ask know.
    """
    if excess is None:
        proved = has_positive_coefficients(right - left)
    else:
        proved = proved_at_most(left, right, excess)
    hi = 1.0 if proved else np.inf
    there = [sp.sympify(side).subs(equal_at, simultaneous=True) for side in (left, right)]
    if equal_at and is_zero(there[0] - there[1]) and not is_zero(there[1]):
        return _measured(1.0, hi, equal_at, effort=1, unit="inequalities proved")
    lo = -np.inf
    where: Mapping[Any, Fraction] = {}
    for point in _points([left, right]):
        low, _ = _enclosed_ratio(left, right, point)
        if low > lo:
            lo, where = low, point
    return _measured(lo, hi, where)


def _measured(
    lo: float, hi: float, point: Mapping[Any, Any], *, effort: int = _POINTS, unit: str = "points"
) -> Measurement:
    where = {str(symbol): str(value) for symbol, value in point.items()}
    return Measurement(
        lo=np.array([lo]), hi=np.array([hi]), effort=effort, unit=unit, witness=lambda _: where
    )


def _log_of_factors(argument: Any) -> Any:
    """``log`` of a fraction of sums as a difference of logs, so that equal sums share one generator."""
    numerator, denominator = sp.fraction(sp.factor(sp.together(argument)))
    return sp.log(numerator) - sp.log(denominator)


def _points(expressions: Sequence[Any]) -> list[dict[Any, Fraction]]:
    """Rational points with coordinates in (0, 4), the same for every run."""
    symbols = sorted(set().union(*(sp.sympify(e).free_symbols for e in expressions)), key=lambda s: s.name)
    draws = Streams(("certify.symbolic", *(s.name for s in symbols)), range(_POINTS)).integers(
        63, len(symbols)
    )
    return [
        {symbol: Fraction(int(k) + 1, 16) for symbol, k in zip(symbols, row, strict=True)} for row in draws
    ]


def _enclosed_ratio(left: Any, right: Any, point: Mapping[Any, Fraction]) -> tuple[float, float]:
    from explore_theory.certify import balls

    with balls.precision(_PRECISION):
        return balls.ends(evaluate(left, point) / evaluate(right, point))


def evaluate(expression: Any, point: Mapping[Any, Fraction]) -> Any:
    """The ball around `expression` at a rational `point`: sums, products, whole powers, `log` and `exp`.

    Walks the expression itself, so that a rational constant is never rounded to a float on the way.
    """
    from explore_theory.certify import balls

    node = sp.sympify(expression)
    if node.is_Symbol:
        return balls.ball(point[node])
    if node.is_Rational:
        return balls.ball(Fraction(int(node.p), int(node.q)))
    parts = [evaluate(part, point) for part in node.args]
    if node.is_Add:
        return sum(parts[1:], parts[0])
    if node.is_Mul:
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if node.is_Pow and node.exp.is_Integer:
        return parts[0] ** int(node.exp)
    if isinstance(node, sp.log | sp.exp):
        return parts[0].log() if isinstance(node, sp.log) else parts[0].exp()
    raise ValueError(f"expression must be built from sums, products, whole powers, log and exp, got {node}")

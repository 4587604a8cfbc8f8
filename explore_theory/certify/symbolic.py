"""Identities and inequalities proved by computer algebra, and refuted by ball arithmetic where they fail.

A policy on N responses is written with positive weights, ``p_i = a_i / sum a``, and a reward as
``r_i = beta log e_i``: every policy with full support and every reward has this form, and the expressions
become rational functions of positive symbols and of logarithms of sums of them, where a normal form decides
equality.

The one inequality used is Gibbs' in its scalar form, ``g(x) = x log x - x + 1 >= 0`` for ``x > 0`` with
equality at 1 only: ``g(1) = 0`` and ``g'(x) = log x`` is negative before 1 and positive after. An inequality
between expressions is proved by exhibiting their difference as a sum of positive weights times values of `g`.

Everything here is said of *all positive values of all symbols*, so symbols must be declared so, and nothing
else: an expression over other symbols is refused (`InvalidClaim`), as is one with a float, which stands for
no known number, and one whose logarithms, roots or values are not real and finite there. Identities are
between rational functions: they hold wherever both sides are defined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole
from explore_theory.harness.measures.measurement import Measurement

_POINTS = 8
_PRECISION = 200


def weights(letter: str, n: int) -> list[Any]:
    """`n` positive symbols ``letter1 .. lettern``."""
    whole("n", n, least=1)
    # After a digit, a1 and 1 would be named like a and 11.
    if not letter.isidentifier() or letter[-1].isdigit():
        raise InvalidClaim(f"letter must be a name that ends in no digit, got letter={letter!r}")
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

    Raises
    ------
    InvalidClaim
        If `expression` is not one of positive symbols, see the module docstring.
    """
    expression = _expression("expression", expression)
    split = sp.expand_log(sp.sympify(expression).replace(sp.log, _log_of_factors))
    return bool(sp.cancel(sp.together(split)) == 0)


def proved_at_most(left: Any, right: Any, excess: Sequence[tuple[Any, Any]]) -> bool:
    """Whether ``left <= right`` is proved: ``right - left`` is ``sum weight g(x)`` over the pairs `excess`.

    Every weight and every `x` must be positive for all values of the symbols. False means *not proved*.
    Errors as for `is_zero`.
    """
    left, right = _expression("left", left), _expression("right", right)
    excess = [(_expression("excess", weight), _expression("excess", x)) for weight, x in excess]
    if not all(sp.together(part).is_positive for pair in excess for part in pair):
        return False
    return is_zero(right - left - sum(weight * gibbs(x) for weight, x in excess))


def has_positive_coefficients(expression: Any) -> bool:
    """Whether `expression` is a quotient of polynomials in its symbols without a negative coefficient.

    Then it is at least zero for all positive values of the symbols. False means *not proved*. Errors as for
    `is_zero`.
    """
    expression = _expression("expression", expression)
    numerator, denominator = sp.fraction(sp.cancel(sp.together(expression)))
    symbols = sorted(expression.free_symbols, key=lambda s: s.name)
    if not symbols:
        return bool(expression.is_nonnegative)
    if not all(part.is_polynomial(*symbols) for part in (numerator, denominator)):
        return False
    parts = [sp.Poly(part, *symbols).coeffs() for part in (numerator, denominator)]
    # By sign, not by comparison: of an algebraic number SymPy says None where its digits do not decide.
    return all(c.is_positive for part in parts for c in part) or all(
        c.is_negative for part in parts for c in part
    )


def ratio(left: Any, right: Any) -> Measurement:
    """``left / right`` as a measurement: exactly 1 where ``left == right`` is proved.

    Otherwise two comparisons: the enclosure of the ratio, in ball arithmetic, at the derived rational point
    where it is furthest from 1, and everything, since nothing is proved of the other points. The first
    refutes an equality; the second leaves an inequality INCONCLUSIVE that holds at that point.

    Raises
    ------
    InvalidClaim
        As `is_zero`, and if `right` is zero at every derived point: such a ratio says nothing.
    """
    left, right = _expression("left", left), _expression("right", right)
    if not any(_sign(right, point) for point in _points([left, right])):
        raise InvalidClaim(f"right must differ from zero at some point, got right={_short(right)}")
    if is_zero(left - right):
        return Measurement.exact([1.0], effort=1, unit="identities")
    lo, hi = -np.inf, np.inf
    where: Mapping[Any, Fraction] = {}
    for far in (False, True):
        for point in _points([left, right], far=far):
            low, high = _enclosed_ratio(left, right, point)
            if max(low - 1, 1 - high) > max(0.0, lo - 1, 1 - hi):
                lo, hi, where = low, high, point
        if where:
            break
    found = _measured(lo, hi, where)
    return replace(found, lo=np.array([lo, -np.inf]), hi=np.array([hi, np.inf]))


def largest_ratio(
    left: Any,
    right: Any,
    *,
    excess: Sequence[tuple[Any, Any]] | None = None,
    left_excess: Sequence[tuple[Any, Any]] = (),
    equal_at: Mapping[Any, Any],
) -> Measurement:
    """The supremum of ``left / right`` over all values of the symbols, to be compared with 1.

    Its upper end is 1 where ``left <= right`` is proved (see `proved_at_most`; without `excess`, see
    `has_positive_coefficients`) and infinite otherwise; its lower end is 1 where substituting `equal_at`
    makes the two sides provably equal (and positive), and otherwise the largest ratio proved at the derived
    rational points.

    A ratio says ``left <= right`` only where `right` is positive. So once that is proved, one side must be
    seen to be at least zero: by SymPy's rules for signs, by its coefficients, or as the sum over the pairs
    `left_excess` that equals `left`.

    Parameters
    ----------
    left, right
        Expressions of positive symbols.
    excess, left_excess
        Pairs ``(weight, x)``, both positive: ``right - left`` and ``left`` as sums of ``weight g(x)``.
    equal_at
        Symbols and what to put in their place: zero, or what is positive whatever the others are.

    Raises
    ------
    InvalidClaim
        As `is_zero`; if `right` is negative somewhere, or is not shown not to be; if `equal_at` leaves the
        domain or names a symbol that is not there.
    """
    left, right = _expression("left", left), _expression("right", right)
    if excess is None:
        proved = has_positive_coefficients(right - left)
    else:
        proved = proved_at_most(left, right, excess)
    if proved:
        _require_sign(left, right, left_excess)
    hi = 1.0 if proved else np.inf
    if equal_at and _meet(left, right, equal_at):
        return _measured(1.0, hi, equal_at, effort=1, unit="inequalities proved")
    lo, where = _largest_at(left, right, _points([left, right]))
    if not (proved or lo > 1):
        # What nothing proves may fail far from one.
        beyond = _largest_at(left, right, _points([left, right], far=True))
        lo, where = beyond if beyond[0] > lo else (lo, where)
    return _measured(lo, hi, where)


def _largest_at(
    left: Any, right: Any, points: Sequence[Mapping[Any, Fraction]]
) -> tuple[float, Mapping[Any, Fraction]]:
    """The largest lower end of the ratio at some points where `right` is positive; it is negative at none."""
    lo, where = -np.inf, dict[Any, Fraction]()
    for point in points:
        if (sign := _sign(right, point)) < 0:
            place = ", ".join(f"{symbol}={value}" for symbol, value in point.items())
            raise InvalidClaim(f"right must not be negative, got right={_short(right)} at {place}")
        low, _ = _enclosed_ratio(left, right, point)
        if sign and low > lo:
            lo, where = low, dict(point)
    return lo, where


def _require_sign(left: Any, right: Any, left_excess: Sequence[tuple[Any, Any]]) -> None:
    """Refuse sides of which none is seen to be at least zero (given ``left <= right``, either is enough)."""
    if left_excess:
        if not proved_at_most(0, left, left_excess):
            raise InvalidClaim("left_excess must be positive pairs that add up to left, got others")
    elif not any(_seen_nonnegative(side) for side in (right, left)):
        raise InvalidClaim(
            f"right must be seen not to be negative (give left_excess), got right={_short(right)}"
        )


def _seen_nonnegative(expression: Any) -> bool:
    """Whether `expression` is at least zero by SymPy's rules for signs or by its coefficients."""
    return bool(sp.together(expression).is_nonnegative) or has_positive_coefficients(expression)


def _meet(left: Any, right: Any, equal_at: Mapping[Any, Any]) -> bool:
    """Whether the two sides are proved equal, and positive somewhere, once `equal_at` is put in."""
    values = {symbol: _expression("equal_at", value) for symbol, value in equal_at.items()}
    if missing := [symbol for symbol in values if symbol not in left.free_symbols | right.free_symbols]:
        raise InvalidClaim(f"equal_at must name symbols of the two sides, got {missing[0]}")
    for symbol, value in values.items():
        if not _seen_nonnegative(value):
            raise InvalidClaim(
                f"equal_at must stay where symbols are at least 0, got {symbol}={_short(value)}"
            )
    there = [_expression("equal_at", side.subs(values, simultaneous=True)) for side in (left, right)]
    if not is_zero(there[0] - there[1]):
        return False
    return any(_sign(there[1], point) > 0 for point in _points(there))


def _expression(name: str, value: Any) -> Any:
    """`value` as an expression of positive symbols, exact numbers, and logarithms of what is positive."""
    try:
        expression = sp.sympify(value, strict=True)
    except sp.SympifyError:
        expression = None
    if not isinstance(expression, sp.Expr) or expression.is_Matrix:
        raise InvalidClaim(f"{name} must be an expression, got {name}={_short(value)}")
    # A symbol that is also an integer, say, has not all positive values, and equals none that is not.
    for symbol in expression.free_symbols:
        if symbol != sp.Symbol(symbol.name, positive=True):
            raise InvalidClaim(
                f"{name} must be of symbols declared positive and nothing else (symbols(.., positive=True)), "
                f"got the symbol {symbol}"
            )
    if floats := expression.atoms(sp.Float):
        raise InvalidClaim(f"{name} must be of exact numbers, got the float {floats.pop()}")
    if expression.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.I):
        raise InvalidClaim(f"{name} must be real and finite, got {name}={_short(expression)}")
    roots = [power for power in expression.atoms(sp.Pow) if not power.exp.is_integer]
    for node in (*expression.atoms(sp.log), *roots):
        inside = node.args[0]
        seen = sp.together(inside).is_positive or (
            sp.cancel(inside) != 0 and has_positive_coefficients(inside)
        )
        if not seen:
            raise InvalidClaim(
                f"{name} must take logarithms and roots of what is seen to be positive, got {_short(node)}"
            )
    return expression


def _short(expression: Any) -> str:
    return f"{expression!s:.60}"


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


def _points(expressions: Sequence[Any], *, far: bool = False) -> list[dict[Any, Fraction]]:
    """Rational points, the same for every run, with coordinates in (0, 4).

    Where `far`, powers of two from ``2^-12`` to ``2^12``: near zero and infinity.
    """
    symbols = sorted(set().union(*(sp.sympify(e).free_symbols for e in expressions)), key=lambda s: s.name)
    streams = Streams(("certify.symbolic", *(s.name for s in symbols)), range(_POINTS))
    if far:
        draws = streams.child("far").integers(25, len(symbols))
        table = [[Fraction(2) ** (int(k) - 12) for k in row] for row in draws]
    else:
        table = [[Fraction(int(k) + 1, 16) for k in row] for row in streams.integers(63, len(symbols))]
    return [dict(zip(symbols, row, strict=True)) for row in table]


def _sign(expression: Any, point: Mapping[Any, Fraction]) -> int:
    """The proved sign of `expression` at a rational `point`; 0 if there is none."""
    from explore_theory.certify import balls

    with balls.precision(_PRECISION):
        value = evaluate(expression, point)
        return int(bool(value > 0)) - int(bool(value < 0))


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
        if node not in point:
            raise ValueError(f"point must give every symbol a value, got none for {node}")
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
        return balls.power(parts[0], int(node.exp))
    if isinstance(node, sp.log | sp.exp):
        return parts[0].log() if isinstance(node, sp.log) else parts[0].exp()
    raise ValueError(f"expression must be built from sums, products, whole powers, log and exp, got {node}")

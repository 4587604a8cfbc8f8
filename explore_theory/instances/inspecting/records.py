"""Records of an inspection: numbers by name, and statements with the assumptions that they need."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from explore_theory.foundation.brief import brief

Number = float | int | str | None


@dataclass(frozen=True)
class Assumption:
    """What a statement needs, said with the numbers of this problem; None where it cannot be told."""

    says: str
    holds: bool | None


@brief
@dataclass(frozen=True, kw_only=True)
class Statement:
    """A theorem or claim, whether it applies here, and what it says then.

    Parameters
    ----------
    claims
        Ids of the claims that carry it, for `explore-theory show`.
    title, says
        What it is about, and what it says of this problem, with numbers.
    assumptions
        All must hold for it to apply.
    about
        ``"this problem"``, or ``"problems like it"``: a lower bound says that some problem of these numbers
        is hard, and nothing of the one at hand.
    """

    claims: tuple[str, ...]
    title: str
    says: str
    assumptions: tuple[Assumption, ...] = ()
    about: str = "this problem"

    @property
    def applies(self) -> bool | None:
        """True, False, or None where an assumption cannot be told and none fails."""
        found = [assumption.holds for assumption in self.assumptions]
        return False if False in found else None if None in found else True


@brief
@dataclass(frozen=True, kw_only=True)
class Findings:
    """What an inspection found.

    Parameters
    ----------
    sizes, quantities
        Numbers by name.
    tables
        Rows of numbers by the name of a table, such as the prompts that are covered worst.
    warnings
        What an honest user would want to be told of the numbers.
    statements
        What the theory says.
    """

    sizes: dict[str, Number]
    quantities: dict[str, Number]
    tables: dict[str, list[dict[str, Number]]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """All of it as plain data; infinities as words."""
        statements = [{**asdict(each), "applies": each.applies} for each in self.statements]
        plain: dict[str, Any] = _plain(
            {
                "sizes": self.sizes,
                "quantities": self.quantities,
                "tables": self.tables,
                "warnings": self.warnings,
                "statements": statements,
            }
        )
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def said(value: Number) -> str:
    """A number in four digits; ``exp(1001)`` is for those that no double holds."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def exponential(log: float) -> Number:
    """``e^log`` as a number, or in words where no double holds it."""
    return math.exp(log) if log < 700 else f"exp({log:.6g})"


def compared(name: str, value: float, sign: str, limit_name: str, limit: float) -> Assumption:
    """``beta <= R/8``: here .2 <= .125 fails."""
    holds = value <= limit if sign == "<=" else value >= limit
    seen = _seen(value, sign if holds else _OPPOSITE[sign], limit, said(float(value)), said(float(limit)))
    return Assumption(f"{name} {sign} {limit_name}: here {seen}", bool(holds))


def of_logarithms(name: str, log_value: float, sign: str, limit_name: str, log_limit: float) -> Assumption:
    """`compared`, of two numbers that are given by their logarithms and may be too large for a double."""
    holds = log_value <= log_limit if sign == "<=" else log_value >= log_limit
    sign_seen = sign if holds else _OPPOSITE[sign]
    left, right = said(exponential(log_value)), said(exponential(log_limit))
    if left == right and log_value != log_limit:
        # Near one the logarithms have the digits in which the numbers differ.
        left, right = f"exp({log_value:.4g})", f"exp({log_limit:.4g})"
    seen = _seen(log_value, sign_seen, log_limit, left, right, form="exp({})")
    return Assumption(f"{name} {sign} {limit_name}: here {seen}", bool(holds))


def _seen(value: float, sign: str, limit: float, left: str, right: str, *, form: str = "{}") -> str:
    """The two numbers with the sign between them, in full where fewer digits would show them equal."""
    if left == right and value != limit:
        left, right = form.format(repr(float(value))), form.format(repr(float(limit)))
    return f"{left} {sign} {right}"


_OPPOSITE = {"<=": ">", ">=": "<"}

"""Named constants in words: where their best values lie."""

import json
import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any

from explore_theory.harness.judging.located import Located, located
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.measures.columns import Number
from explore_theory.harness.storage.records import dumps
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import text

#: Significant digits of the ends of an interval.
DIGITS = 6


def of_result(result: Result) -> list[Located]:
    """The constants that a stored result locates."""
    return located(result.record, result.cases)


def interval(found: Located) -> str:
    """``[2.70890, 2.71829]``, rounded outwards; empty where nothing is located."""
    if found.ends is None:
        return ""
    return f"[{rounded(found.ends[0], ROUND_FLOOR)}, {rounded(found.ends[1], ROUND_CEILING)}]"


def width(found: Located) -> str:
    """``width 0.35 %``: of the interval, as a share of its upper end."""
    share = found.width
    if share is None:
        return ""
    percent = float(100 * share)
    return f"width {percent:.0f} %" if percent >= 10 or not percent else f"width {percent:.2g} %"


def best(found: Located) -> str:
    """``best constant in [2.70890, 2.71829] (width 0.35 %)``, or why there is no interval."""
    if found.ends is not None:
        return f"best {found.kind} in {interval(found)} ({width(found)})"
    if found.verdict.status is Status.REFUTED:
        return f"an instance contradicts the proved value {found.proved}: {found.verdict.reason}"
    return f"best {found.kind} not located: {found.verdict.status}, {found.verdict.reason}"


def known(constant: Mapping[str, str]) -> str:
    """``stated e``, or with a better value and the claim that proves it; from a record of a `Constant`."""
    stated = f"stated {constant['stated']}"
    if not constant["by"]:
        return stated
    return f"{stated}; a sharper one, {constant['proved']}, is proved by {constant['by']}"


def told(found: Located) -> str:
    """What `known` says of it, and where no evidence of the claim proves what it states."""
    said = known({"stated": found.stated, "proved": found.proved, "by": found.by})
    return said if found.by or found.backed else f"{said}, which no evidence of the claim proves"


def line(label: str, found: Located) -> str:
    """Everything about one constant of the claim `label` in a line."""
    parts = [f"{label}  {found.name} in {found.says}: {best(found)}", told(found)]
    if found.instance:
        parts.append(f"instance: {instance(found)}")
    return "; ".join(parts)


def instance(found: Located) -> str:
    """``C - 1 = 1e+12, s/beta = 1``."""
    return ", ".join(f"{name} = {text.value(value)}" for name, value in found.instance.items())


def to_json(entries: Sequence[tuple[str, Located]]) -> str:
    """An indented JSON list, an object for each constant; the ends are null where nothing is located."""
    return json.dumps(json.loads(dumps([_plain(label, found) for label, found in entries])), indent=2)


def _plain(label: str, found: Located) -> dict[str, Any]:
    low, high = found.ends or (None, None)
    share = found.width
    return {
        "claim": label,
        "check": found.check,
        "name": found.name,
        "says": found.says,
        "kind": found.kind,
        "best": found.best,
        "stated": found.stated,
        "proved": found.proved,
        "by": found.by or label,
        "status": found.verdict.status.value,
        "reason": found.verdict.reason,
        "at_least": None if low is None else _outwards(low, -1),
        "at_most": None if high is None else _outwards(high, 1),
        "width": None if share is None else float(share),
        "instance": dict(found.instance),
        "effort": found.effort,
    }


def _outwards(end: Number, sign: int) -> float:
    """The nearest double that is not inside the interval."""
    value = float(end)
    while sign * (Fraction(value) - Fraction(end)) < 0:
        value = math.nextafter(value, sign * math.inf)
    return value


def rounded(end: Number, rounding: str) -> str:
    """A finite number in `DIGITS` significant digits; `rounding` as `decimal` names it."""
    exact = Fraction(end)
    places = Context(prec=DIGITS, rounding=rounding)
    value = places.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    return f"{value:f}" if not value or 1e-4 < abs(value) < 1e6 else f"{value:e}"

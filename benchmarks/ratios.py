"""Figures of two revisions held against each other: ratios of pairs of runs, and verdicts side by side."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Two slacks this close are one: what rounding in another order changes.
_ROUNDING = 1e-9
#: Statuses that say something; another that follows one of these says less, or the opposite.
_SETTLED = ("HOLDS", "REFUTED")


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Head over base: the median of the ratios of pairs of runs taken in turn, and their least and most."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.3f} ({self.least:.3f}..{self.most:.3f})"


def ratio(head: Sequence[float], base: Sequence[float]) -> Ratio:
    """The ratios of runs in pairs; a pair shares what the machine did at the time.

    Raises
    ------
    ValueError
        If there are no pairs, or a figure of the base is not positive.
    """
    if len(head) != len(base) or not head:
        raise ValueError(f"runs must come in pairs, got {len(head)} of the head and {len(base)} of the base")
    if any(not value > 0 for value in base if not math.isnan(value)):
        raise ValueError(f"figures of the base must be positive, got base={list(base)!r}")
    pairs = [mine / theirs for mine, theirs in zip(head, base, strict=True)]
    return Ratio(median=statistics.median(pairs), least=min(pairs), most=max(pairs))


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Something that a claim tells otherwise than at the base; `worse` if it tells less."""

    place: str
    words: str
    worse: bool

    def __str__(self) -> str:
        return f"{'WORSE' if self.worse else 'other'} {self.place}: {self.words}"


def differences(head: Mapping[str, Any], base: Mapping[str, Any]) -> list[Difference]:
    """What ``verify --json`` tells otherwise at the head, case by case of what the base has.

    Worse is: a claim, case or false variant that is gone, another verdict, a slack that has grown (the search
    comes less close; a false variant is refuted by less), a resolution that has grown, and fewer instances or
    comparisons of the same unit. Resolution is compared where both tell it.
    """
    mine, theirs = _cases(head), _cases(base)
    found = []
    for place, old in theirs.items():
        new = mine.get(place)
        if new is None:
            found.append(Difference(place=place, words="gone", worse=True))
        else:
            found += list(_between(place, new, old))
    return found


def _cases(told: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Every case under ``claim[false variant]:check/case``, and every claim and variant as a whole."""
    found: dict[str, Mapping[str, Any]] = {}
    for claim in told["claims"]:
        parts = [(claim["id"], claim)]
        parts += [(f"{claim['id']}[not-{v['slug']}]", v) for v in claim["false_variants"]]
        for place, part in parts:
            found[place] = {"status": part["status"]}
            for case in part["cases"]:
                found[f"{place}:{case['check']}/{case['case']}"] = case
    return found


def _between(place: str, new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Difference]:
    if new["status"] != old["status"]:
        words = f"{new['status']}, was {old['status']}"
        yield Difference(place=place, words=words, worse=old["status"] in _SETTLED)
    # A false variant's slack says how far it is refuted: the more it is below one, the better.
    for name, value, before in _numbers(new, old):
        if name == "slack":
            close = math.isclose(value, before, rel_tol=_ROUNDING)
            worse = value > before
        else:
            close = value == before
            worse = value < before if name in ("effort", "comparisons") else value > before
        if not close:
            yield Difference(place=place, words=f"{name} {value:.9g}, was {before:.9g}", worse=worse)


def _numbers(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    same = new.get("unit") == old.get("unit")
    for name in ("slack", *(("effort", "comparisons") if same else ())):
        if _number(new.get(name)) and _number(old.get(name)):
            yield name, float(new[name]), float(old[name])
    mine, theirs = new.get("resolution") or {}, old.get("resolution") or {}
    for name in theirs.keys() & mine.keys():
        yield f"resolution ({name})", float(mine[name]), float(theirs[name])


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

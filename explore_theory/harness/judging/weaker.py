"""What an audit has lost against an earlier one: less examined, later break points, checks that are gone.

A claim that still holds may have been hollowed out: a loop that silently visits half of what it did, a case
that no longer applies. No verdict shows that; two audits side by side do.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from explore_theory.errors import StoreError

#: Better ones first.
_BADGES = ("TIGHT", "LOOSE", "POWERLESS")

#: An excess ``factor - 1`` grown by no more than this factor, or no larger than `NOTHING`, is rounding.
GROWN, NOTHING = 1.05, 1e-6

#: A certificate may take this part of the effort that it took: how a box is halved depends on last bits.
CERTIFIED = 0.9


def weaker(old: Mapping[str, Any], new: Mapping[str, Any], chosen: Sequence[str] | None = None) -> list[str]:
    """What the audit `new` lacks of `old`, in lines; both as `reporting.audit.record` gives them.

    Only claims of the same tier are compared, and only those of `chosen` labels if these are given. What
    chance decided how long to look for is compared by badges and variants alone, what a search tried by how
    much it was (see `CheckAudit.counted` and `settled`).

    Raises
    ------
    StoreError
        If one of them lacks what an audit has.
    """
    try:
        tiers = {claim["tier"] for claim in new["claims"]}
        mine = {(claim["claim"], claim["tier"]): claim for claim in new["claims"]}
        return [
            line
            for claim in old["claims"]
            if claim["tier"] in tiers and (chosen is None or claim["claim"] in chosen)
            for line in _claim(claim, mine.get((claim["claim"], claim["tier"])))
        ]
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise StoreError(
            f"an audit must have the parts of an audit, got {type(error).__name__}: {error}"
        ) from None


def _claim(old: Mapping[str, Any], new: Mapping[str, Any] | None) -> Iterator[str]:
    name = old["claim"]
    if new is None:
        yield f"{name}: it is gone"
        return
    if _BADGES.index(new["badge"]) > _BADGES.index(old["badge"]):
        yield f"{name}: {new['badge']}, and was {old['badge']}"
    checks = {check["check"]: check for check in new["checks"]}
    for check in old["checks"]:
        yield from _check(f"{name}:{check['check']}", check, checks.get(check["check"]))
    refuted = {variant["slug"] for variant in new["false_variants"] if variant["refuted"]}
    for variant in old["false_variants"]:
        if variant["refuted"] and variant["slug"] not in refuted:
            yield f"{name}: false variant {variant['slug']} is no longer refuted"


def _check(name: str, old: Mapping[str, Any], new: Mapping[str, Any] | None) -> Iterator[str]:
    if new is None:
        yield f"{name}: the check is gone"
        return
    cases = {case["case"]: case for case in new["cases"]}
    for case in old["cases"]:
        found, place = cases.get(case["case"]), f"{name}/{case['case']}"
        if found is None:
            yield f"{place}: the case is gone"
        elif old["counted"]:
            names = {"effort": old["unit"], "comparisons": "comparisons"}
            if old["settled"]:
                names["applicable"] = "comparisons that apply"
                yield from _later_breaks(place, case, found)
            share = CERTIFIED if old["evidence"] == "certified" else 1.0
            yield from _less(place, names, case, found, share)


def _less(
    place: str, names: Mapping[str, str], old: Mapping[str, Any], new: Mapping[str, Any], share: float
) -> Iterator[str]:
    """Where there is less than before, of the effort less than `share` of it."""
    for name, words in names.items():
        if new[name] < old[name] * (share if name == "effort" else 1):
            yield f"{place}: {new[name]:,} {words}, and there were {old[name]:,}"


def _later_breaks(place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name, start in (("factor", 1.0), ("shift", 0.0)):
        if _later(old[name], new[name], start):
            yield f"{place}: breaks at a {name} of {_told(new[name])}, and broke at {_told(old[name])}"


def _later(old: float | None, new: float | None, start: float) -> bool:
    if old is None:
        return False
    return new is None or (new - start > GROWN * (old - start) and new - start > NOTHING)


def _told(value: float | None) -> str:
    return "never" if value is None else f"{value:.6g}"

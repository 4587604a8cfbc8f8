"""Results held against earlier ones: verdicts that flipped, slack beyond noise, what is new and gone."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from explore_theory.errors import StoreError
from explore_theory.foundation.brief import shown
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.measures.columns import as_float
from explore_theory.harness.storage.records import decode_number
from explore_theory.harness.storage.store import Store
from explore_theory.reporting.export import to_json

Way = Literal["WORSE", "better", "other"]
WAYS: tuple[Way, ...] = ("WORSE", "better", "other")

#: Numbers this close are one: what rounding in another order changes.
_ROUNDING = 1e-9
#: The status that speaks for a claim or a case of it, and those that speak against it.
_GOOD = "HOLDS"
_BAD = ("REFUTED", "ERROR", "POWERLESS")
_SQLITE = b"SQLite format 3\x00"


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that is told otherwise than before: where, what, and which way it went."""

    place: str
    words: str
    way: Way

    def __str__(self) -> str:
        return f"{self.way} {self.place}: {self.words}"


def told_by(results: Sequence[Result]) -> Mapping[str, Any]:
    """Results as plain data, as ``verify --json`` prints them."""
    return dict(json.loads(to_json(results, timing=False)))


def read(path: Path) -> Mapping[str, Any]:
    """Earlier results: a store, or a file that ``verify --json`` wrote.

    Raises
    ------
    StoreError
        If it is neither, or holds no claim.
    """
    try:
        with path.open("rb") as file:
            is_store = file.read(len(_SQLITE)) == _SQLITE
        if is_store:
            with Store(path, must_exist=True) as store:
                found: Any = told_by(latest_results(store))
        else:
            found = json.loads(path.read_text(encoding="utf-8"))
        claims = found["claims"]
        if not claims or not all(_is_claim(claim) for claim in claims):
            raise ValueError("it tells of no claim")
    except OSError as error:
        raise StoreError(
            f"against must be a file that can be read, got {shown(path)}: {error.strerror}"
        ) from None
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise StoreError(
            f"against must be a store or what `verify --json` printed, got {shown(path)}: {reason}"
        ) from None
    return dict(found)


def changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[Change]:
    """What `new` tells otherwise than `old`, both as `told_by` has it; what is worse comes first.

    Worse is: a claim, case, false variant or printed form that is gone; a claim or case that held and does
    not; a false variant that is no longer refuted, a printed form whose verdict is no longer the one that it
    must have; a slack of a statement that has grown, or a resolution; fewer comparisons, fewer that say
    something, or fewer instances tried, where chance does not decide how many there are. Where chance plays
    a part, a slack has moved if the two intervals leave no common ratio of what is measured to its bound.
    """
    mine, theirs = _parts(new), _parts(old)
    found = [Change(place=place, words="gone", way="WORSE") for place in theirs if place not in mine]
    found += [Change(place=place, words="new", way="other") for place in mine if place not in theirs]
    # What a claim has gone with it goes without saying, and so does what a new one has.
    found = [one for one in found if not any(one.place.startswith(f"{other.place}:") for other in found)]
    for place in mine:
        if place in theirs:
            found += _between(place, mine[place], theirs[place])
    return sorted(found, key=lambda one: WAYS.index(one.way))


@dataclass(frozen=True, kw_only=True)
class Since:
    """What changed since the results of the file `name`, which is a path of this machine."""

    name: str
    changes: tuple[Change, ...]

    @property
    def file(self) -> str:
        """Its last part, for a page that others read."""
        return Path(self.name).name

    @property
    def worse(self) -> bool:
        """Whether something is worse."""
        return any(change.way == "WORSE" for change in self.changes)

    @property
    def summary(self) -> str:
        """``2 worse, 1 better, 4 other changes``."""
        if not self.changes:
            return "nothing changed"
        worse, better, other = (sum(one.way == way for one in self.changes) for way in WAYS)
        return f"{worse} worse, {better} better, {other} other change{'s' * (other != 1)}"


def since(name: str, results: Sequence[Result], earlier: Mapping[str, Any]) -> Since:
    """What `results` tell otherwise than `earlier`, which was read from the file `name`."""
    return Since(name=name, changes=tuple(changes(told_by(results), earlier)))


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A claim, false variant, printed form or case: its record, and the status that it should have."""

    data: Mapping[str, Any]
    good: str | None
    statement: bool


def _is_claim(claim: Any) -> bool:
    return isinstance(claim, Mapping) and {"id", "status", "cases", "false_variants"} <= claim.keys()


def _parts(told: Mapping[str, Any]) -> dict[str, _Part]:
    """Every part by its place: ``F1 quick: not-kl-doubled: check/case``."""
    found: dict[str, _Part] = {}
    packages: dict[str, set[str]] = {}
    for claim in told["claims"]:
        packages.setdefault(claim["id"], set()).add(claim.get("namespace", ""))
    for claim in told["claims"]:
        package = f"{claim['namespace']}:" if len(packages[claim["id"]]) > 1 else ""
        place = f"{package}{claim['id']} {claim.get('tier', '')}".strip()
        found[place] = _Part(data=claim, good=_GOOD, statement=True)
        _add_cases(found, place, claim, good=_GOOD, statement=True)
        for variant in claim["false_variants"]:
            at = f"{place}: not-{variant['slug']}"
            found[at] = _Part(data=variant, good="REFUTED", statement=False)
            _add_cases(found, at, variant, good=None, statement=False)
        for form in claim.get("printed", ()):
            at = f"{place}: printed {form['slug']}"
            found[at] = _Part(data=form, good=form.get("expected"), statement=False)
    return found


def _add_cases(
    found: dict[str, _Part], place: str, part: Mapping[str, Any], *, good: str | None, statement: bool
) -> None:
    for case in part["cases"]:
        found[f"{place}: {case['check']}/{case['case']}"] = _Part(data=case, good=good, statement=statement)


def _between(place: str, new: _Part, old: _Part) -> Iterator[Change]:
    now, before = str(new.data["status"]), str(old.data["status"])
    if now != before:
        rank, earlier = _rank(now, new.good), _rank(before, old.good)
        way: Way = "other" if rank == earlier else "WORSE" if rank > earlier else "better"
        yield Change(place=place, words=f"{now}, was {before}", way=way)
    if not new.statement:
        return
    for name, value, earlier_value, more_is_worse in _numbers(new.data, old.data):
        grown = value > earlier_value
        yield Change(
            place=place,
            words=f"{name} {value:.6g}, was {earlier_value:.6g}",
            way="WORSE" if grown is more_is_worse else "better",
        )


def _rank(status: str, good: str | None) -> int:
    """0 where it is as it should be, 2 where it is the opposite, 1 between."""
    if good is None:
        return 1
    if status == good:
        return 0
    against = _BAD if good == _GOOD else (_GOOD, "ERROR")
    return 2 if status in against else 1


def _numbers(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[tuple[str, float, float, bool]]:
    """Numbers of a case that have changed: name, value, earlier value, and whether more of it is worse."""
    if "comparisons" not in new:
        return
    if _moved(new, old):
        yield "slack", float(new["slack"]), float(old["slack"]), True
    mine, theirs = new.get("resolution") or {}, old.get("resolution") or {}
    for name in sorted(mine.keys() & theirs.keys()):
        if not math.isclose(mine[name], theirs[name], rel_tol=_ROUNDING):
            yield f"{name} resolution", float(mine[name]), float(theirs[name]), True
    # A sample stops when it has seen enough, which chance decides.
    if new.get("runs") is None and old.get("runs") is None:
        counted = ["comparisons", "applicable"] + ["effort"] * (new.get("unit") == old.get("unit"))
        for name in counted:
            if name in new and name in old and new[name] != old[name]:
                yield _COUNTED[name], float(new[name]), float(old[name]), False


#: Counts of which less is worse, in words.
_COUNTED = {
    "comparisons": "comparisons",
    "applicable": "comparisons that say something",
    "effort": "instances tried",
}


def _moved(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether the slack has changed by more than chance explains."""
    now, before = _slack(new), _slack(old)
    if now is None or before is None or math.isclose(now, before, rel_tol=_ROUNDING):
        return False
    if new.get("runs") is None and old.get("runs") is None:
        return True
    mine, theirs = _ratios(new), _ratios(old)
    return mine is not None and theirs is not None and (mine[1] < theirs[0] or theirs[1] < mine[0])


def _ratios(case: Mapping[str, Any]) -> tuple[float, float] | None:
    """From which to which ratio what is measured may be to its bound; None where both are not positive."""
    row = case.get("row")
    if row is None:
        return None
    ends = [as_float(decode_number(end)) for end in (*row["measured"], *row["bound"])]
    lo, hi, bound_lo, bound_hi = ends
    if not all(map(math.isfinite, ends)) or lo < 0 or bound_lo <= 0:
        return None
    return lo / bound_hi, hi / bound_lo


def _slack(case: Mapping[str, Any]) -> float | None:
    value = case.get("slack")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None

"""Results held against earlier ones: verdicts that flipped, slack beyond noise, what is new and gone."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from explore_theory.errors import StoreError
from explore_theory.foundation.brief import shown
from explore_theory.harness.claims.checks import PROVED, Evidence
from explore_theory.harness.claims.claim import TIERS
from explore_theory.harness.judging.outcomes import Result
from explore_theory.harness.judging.results import latest_results
from explore_theory.harness.measures.columns import as_float
from explore_theory.harness.storage.records import decode_number, natural
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting import proved_since
from explore_theory.reporting.export import FORMAT, VERSION, to_json

Way = Literal["WORSE", "better", "other"]
WAYS: tuple[Way, ...] = ("WORSE", "better", "other")

#: Numbers this close are one: what rounding in another order changes.
_ROUNDING = 1e-9
#: The status that speaks for a claim or a case of it, and those that speak against it.
_GOOD = "HOLDS"
_BAD = ("REFUTED", "ERROR", "POWERLESS")
#: Kinds of evidence, strongest first; what those of the first kinds compare does not depend on seeds.
_STRONGEST = [kind.value for kind in Evidence]
#: What JSON has no numbers for.
_NO_NUMBERS = ("inf", "-inf", "nan")
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
    """Results as plain data, as a ``results.json`` has them."""
    return dict(json.loads(to_json(results, timing=False)))


def read(path: Path) -> Mapping[str, Any]:
    """Earlier results: a store, a ``results.json``, or a file that ``verify --json`` wrote, today or before
    there were versions of it.

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
            found = json.loads(path.read_bytes())
        if isinstance(found, Mapping):
            _require_known(found)
        claims = found["claims"]
        if not claims or not all(_is_claim(claim) for claim in claims):
            raise ValueError("it tells of no claim" + " but what `audit` found" * ("kind" in found))
        _require_comparable(claims)
    except OSError as error:
        raise StoreError(
            f"against must be a file that can be read, got {shown(path)}: {error.strerror}"
        ) from None
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _not_results(path, error) from None
    return dict(found)


def _require_known(found: Mapping[str, Any]) -> None:
    """Refuse results in a format or version that this code has not read yet; the oldest name none."""
    told, version = found.get("format", FORMAT), found.get("version", VERSION)
    if told != FORMAT:
        raise ValueError(f"its format is {told!r:.60}")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ValueError(f"its version is {version!r:.60}, and this explore-theory reads up to {VERSION}")


def _require_comparable(claims: Sequence[Mapping[str, Any]]) -> None:
    """Refuse what would be passed over: what cannot be compared must not be taken for unchanged."""
    names = [(claim.get("namespace", ""), claim["id"], claim.get("tier", "")) for claim in claims]
    for name in names:
        if name[2] not in ("", *TIERS):
            raise ValueError(f"{name[1]} is of the tier {name[2]!r:.60}")
        if names.count(name) > 1:
            raise ValueError(f"it tells of {name[1]} more than once")
    for (_, id, _), claim in zip(names, claims, strict=True):
        proved_since.require_proofs(id, claim.get("proofs", []))
        for part in (claim, *claim["false_variants"], *claim.get("printed", ())):
            if not isinstance(part["cases"], list):
                raise TypeError(f"cases of {id} are no list")
            for case in part["cases"]:
                _require_numbers(f"{id}: {case['check']}/{case['case']}", case)


def _require_numbers(place: str, case: Mapping[str, Any]) -> None:
    slack = case.get("slack")
    if not (slack is None or type(slack) in (int, float) or slack in _NO_NUMBERS):
        raise ValueError(f"{place} has a slack of {slack!r:.60}")
    if (row := case.get("row")) is not None:
        for side in ("measured", "bound"):
            try:
                lo, hi = map(decode_number, row[side])
            except (LookupError, TypeError, ValueError, ArithmeticError):
                raise ValueError(f"{place}: {side} is no interval, {row.get(side)!r:.60}") from None
            if lo > hi:
                raise ValueError(f"{place}: {side} ends before it begins, {row[side]!r:.60}")


def _not_results(path: Path, error: Exception) -> StoreError:
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
    return StoreError(
        f"against must be a store or what `verify --json` printed, got {shown(path)}: "
        f"{type(error).__name__}: {reason}"
    )


def changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[Change]:
    """What `new` tells otherwise than `old`, both as `told_by` has it; what is worse comes first.

    Worse is: a claim, case, false variant or printed form that is gone; a claim or case that held and does
    not; a false variant that is no longer refuted, a printed form whose verdict is no longer the one that it
    must have; a proof that is gone, wrong or no longer checked (`proved_since`). Of a case that holds as
    before: weaker evidence, a bound that may be moved and could not, a slack or a resolution that has grown,
    fewer comparisons, fewer that say something, or fewer instances tried. Searches with other seeds have
    other instances, whose slack and number are not compared; where the engine takes samples, a slack has
    moved if the two intervals leave no common ratio of what is measured to its bound, and their number is
    chance's.
    """
    mine, theirs = _parts(new), _parts(old)
    found = [Change(place=place, words="gone", way="WORSE") for place in theirs if place not in mine]
    found += [Change(place=place, words="new", way="other") for place in mine if place not in theirs]
    # What a claim has gone with it goes without saying, and so does what a new one has.
    found = [one for one in found if not any(one.place.startswith(f"{other.place}:") for other in found)]
    for place in mine:
        if place in theirs:
            found += _between(place, mine[place], theirs[place])
    return sorted(found, key=lambda one: (WAYS.index(one.way), natural(one.place)))


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
    """What `results` tell otherwise than `earlier`, which was read from the file `name`.

    Raises
    ------
    StoreError
        If `earlier` has parts that are none of results.
    """
    try:
        return Since(name=name, changes=tuple(changes(told_by(results), earlier)))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise _not_results(Path(name), error) from None


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A claim, false variant, printed form, case or proof: its record, and the status that it should have."""

    data: Mapping[str, Any]
    good: str | None
    statement: bool
    reseed: Any
    proof: bool = False


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
        reseed = claim.get("reseed")
        found[place] = _Part(data=claim, good=_GOOD, statement=True, reseed=reseed)
        found |= _cases_of(place, claim, good=_GOOD, statement=True, reseed=reseed)
        for variant in claim["false_variants"]:
            at = f"{place}: not-{variant['slug']}"
            found[at] = _Part(data=variant, good="REFUTED", statement=False, reseed=reseed)
            found |= _cases_of(at, variant, good=None, statement=False, reseed=reseed)
        for form in claim.get("printed", ()):
            at = f"{place}: printed {form['slug']}"
            found[at] = _Part(data=form, good=form.get("expected"), statement=False, reseed=reseed)
        for proof in claim.get("proofs", ()):
            at = f"{place}: proof {proof['theorem']}"
            found[at] = _Part(data=proof, good=_GOOD, statement=False, reseed=reseed, proof=True)
    return found


def _cases_of(place: str, part: Mapping[str, Any], **common: Any) -> dict[str, _Part]:
    return {f"{place}: {case['check']}/{case['case']}": _Part(data=case, **common) for case in part["cases"]}


def _between(place: str, new: _Part, old: _Part) -> Iterator[Change]:
    if new.proof:
        for way, words in proved_since.between(new.data, old.data):
            yield Change(place=place, words=words, way=way)
        return
    now, before = Status(new.data["status"]).value, Status(old.data["status"]).value
    if now != before:
        rank, earlier = _rank(now, new.good), _rank(before, old.good)
        turned: Way = "other" if rank == earlier else "WORSE" if rank > earlier else "better"
        yield Change(place=place, words=f"{now}, was {before}", way=turned)
    elif new.statement and now == _GOOD and "comparisons" in new.data:
        # What no longer holds, or stops at its first counter-example, has numbers that mean something else.
        for way, words in _of_case(new, old):
            yield Change(place=place, words=words, way=way)


def _rank(status: str, good: str | None) -> int:
    """0 where it is as it should be, 2 where it is the opposite, 1 between."""
    if good is None:
        return 1
    if status == good:
        return 0
    against = _BAD if good == _GOOD else (_GOOD, "ERROR")
    return 2 if status in against else 1


def _of_case(new: _Part, old: _Part) -> Iterator[tuple[Way, str]]:
    """What a case that holds, as it did, rests on: its evidence, how far it is from its bound, its power."""
    mine, theirs = new.data, old.data
    kind, before = mine.get("evidence"), theirs.get("evidence")
    if kind in _STRONGEST and before in _STRONGEST and kind != before:
        way: Way = "WORSE" if _STRONGEST.index(kind) > _STRONGEST.index(before) else "better"
        yield way, f"{kind} evidence, was {before}"
    if theirs.get("moved") == "REFUTED" and mine.get("moved") != "REFUTED":
        yield "WORSE", "no longer tight: its bound may be moved"
    sampled = mine.get("runs") is not None or theirs.get("runs") is not None
    # Of other seeds a search has other instances: what it found says nothing about what it would have found.
    alike = not sampled and (new.reseed == old.reseed or {kind, before} <= PROVED)
    for name, value, earlier, more_is_worse in _numbers(mine, theirs, sampled=sampled, alike=alike):
        if not math.isclose(value, earlier, rel_tol=_ROUNDING):
            way = "WORSE" if (value > earlier) is more_is_worse else "better"
            yield way, f"{name} {value:.9g}, was {earlier:.9g}"
    if _slack(mine) is None and _slack(theirs) is not None:
        yield "WORSE", f"no slack, was {_slack(theirs):.9g}"


def _numbers(
    new: Mapping[str, Any], old: Mapping[str, Any], *, sampled: bool, alike: bool
) -> Iterator[tuple[str, float, float, bool]]:
    """Numbers of a case that can be compared: name, value, earlier value, and whether more of it is worse."""
    now, before = _slack(new), _slack(old)
    if now is not None and before is not None and (alike or (sampled and _apart(new, old))):
        yield "slack", now, before, True
    mine, theirs = new.get("resolution") or {}, old.get("resolution") or {}
    for name in sorted(mine.keys() & theirs.keys()):
        yield f"{name} resolution", float(mine[name]), float(theirs[name]), True
    # A sample stops when it has seen enough, which chance decides.
    same_unit = new.get("unit") == old.get("unit")
    for name in ("comparisons", "applicable", "effort") if alike else ():
        if name in new and name in old and (name != "effort" or same_unit):
            yield _COUNTED[name], float(new[name]), float(old[name]), False


#: Counts of which less is worse, in words.
_COUNTED = {
    "comparisons": "comparisons",
    "applicable": "comparisons that say something",
    "effort": "instances tried",
}


def _apart(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether the intervals of two samples leave no common ratio of what is measured to its bound."""
    mine, theirs = _ratios(new), _ratios(old)
    return mine is not None and theirs is not None and (mine[1] < theirs[0] or theirs[1] < mine[0])


def _ratios(case: Mapping[str, Any]) -> tuple[float, float] | None:
    """From which to which ratio what is measured may be to its bound; None if that may be zero or less."""
    row = case.get("row")
    if row is None:
        return None
    ends = [as_float(decode_number(end)) for end in (*row["measured"], *row["bound"])]
    lo, hi, bound_lo, bound_hi = ends
    if not all(map(math.isfinite, ends)) or bound_lo <= 0:
        return None
    return lo / (bound_lo if lo < 0 else bound_hi), hi / (bound_hi if hi < 0 else bound_lo)


def _slack(case: Mapping[str, Any]) -> float | None:
    value = case.get("slack")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None

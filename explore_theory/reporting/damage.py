"""What planted faults and turned knobs showed, in a terminal and as data."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from explore_theory.errors import InvalidClaim
from explore_theory.harness.auditing.breaking import BreakPoint, break_points
from explore_theory.harness.auditing.entries import faults_in, knobs_in, shipped_faults, shipped_knobs
from explore_theory.harness.auditing.patches import Fault, Knob
from explore_theory.harness.auditing.planting import Notice, noticed_by
from explore_theory.harness.discovery.registry import Registered
from explore_theory.reporting.progress import at_work, bar

#: So many of the faults that nobody notices are named in one line.
MOST_NAMED = 20

Named = TypeVar("Named", Fault, Knob)


def asked_of(faults: Sequence[Fault], claims: Sequence[Registered]) -> list[Fault]:
    """Of each fault what it lists of `claims` alone; without those that list nothing of them."""
    labels = {registered.label for registered in claims}
    mine = [
        replace(fault, noticed=tuple(e for e in fault.noticed if e.rpartition(":")[0] in labels))
        for fault in faults
    ]
    return [fault for fault in mine if fault.noticed]


def chosen(globs: Sequence[str], files: Sequence[str]) -> tuple[list[Fault], list[Knob]]:
    """The faults and knobs whose names match one of `globs`: those of `files`, or the shipped ones.

    Raises
    ------
    InvalidClaim
        If a file is none, or a glob matches nothing.
    """
    places = [Path(file) for file in files]
    faults = [fault for place in places for fault in faults_in(place)] if files else shipped_faults()
    knobs = [knob for place in places for knob in knobs_in(place)] if files else shipped_knobs()
    wanted = globs or ["*"]
    names = [fault.name for fault in faults] + [knob.name for knob in knobs]
    if not names:
        raise InvalidClaim(f"faults must be files with a fault or a knob, got none in {' '.join(files)!r}")
    for glob in wanted:
        if not any(fnmatchcase(name, glob) for name in names):
            raise InvalidClaim(f"damage must match the name of a fault or a knob, got damage={glob!r}")
    return _matching(faults, wanted), _matching(knobs, wanted)


def _matching(entries: Sequence[Named], globs: Sequence[str]) -> list[Named]:
    return [entry for entry in entries if any(fnmatchcase(entry.name, glob) for glob in globs)]


def done(
    claims: Sequence[Registered],
    faults: Sequence[Fault],
    knobs: Sequence[Knob],
    *,
    jobs: int,
    listed: bool,
) -> tuple[list[Notice], list[BreakPoint]]:
    """Plant the faults and turn the knobs, showing progress; see `noticed_by` and `break_points`."""
    with bar() as shown:
        task = shown.add_task("planting", total=None)

        def advance(what: str, count: int, total: int) -> None:
            shown.update(task, completed=count, total=total, description=at_work(what))

        notices = noticed_by(claims, faults, jobs=jobs, progress=advance, listed=listed) if faults else []
        points = break_points(claims, knobs, jobs=jobs, progress=advance, listed=listed) if knobs else []
    return notices, points


def unnoticed(notices: Sequence[Notice], *, listed: bool) -> list[str]:
    """The faults that nobody notices; where all is `listed`, those that one of those listed does not."""
    seen: dict[str, list[str]] = {}
    for notice in notices:
        if notice.kind not in ("untouched", "skipped"):
            seen.setdefault(notice.fault, []).append(notice.kind)
    enough = all if listed else any
    return [fault for fault, kinds in seen.items() if not enough(kind == "noticed" for kind in kinds)]


def lines(notices: Sequence[Notice], points: Sequence[BreakPoint], *, listed: bool) -> Iterator[str]:
    """One line for each fault and for each knob at each claim, then what nobody noticed."""
    for fault in dict.fromkeys(n.fault for n in notices if n.kind != "untouched"):
        mine = [notice for notice in notices if notice.fault == fault]
        by = ", ".join(_by(notice) for notice in mine if notice.kind == "noticed")
        others = [f"{n.witness} {n.kind}: {n.words}" for n in mine if n.kind in ("broken", "skipped")]
        yield "; ".join([f"fault {fault}: noticed by {by or 'nobody'}", *others])
    for point in points:
        if point.kind != "untouched":
            yield f"knob {point.knob}, {point.witness}: {point}"
    missed = unnoticed(notices, listed=listed)
    touched = {notice.fault for notice in notices if notice.kind not in ("untouched", "skipped")}
    if notices:
        yield f"{len(touched) - len(missed)} of {len(touched)} faults that touch these claims are noticed"
    if missed:
        few = ", ".join(missed[:MOST_NAMED])
        more = f" and {len(missed) - MOST_NAMED} more (--json has all)" if len(missed) > MOST_NAMED else ""
        yield f"not noticed{' by all that must' * listed}: {few}{more}"


def _by(notice: Notice) -> str:
    return notice.witness + (f" ({', '.join(notice.checks)})" if notice.checks else "")


def record(notices: Sequence[Notice], points: Sequence[BreakPoint]) -> dict[str, Any]:
    """Both as plain data."""
    return {
        "faults": [
            {
                "fault": n.fault,
                "witness": n.witness,
                "kind": n.kind,
                "words": n.words,
                "checks": list(n.checks),
            }
            for n in notices
        ],
        "knobs": [
            {
                "knob": point.knob,
                "witness": point.witness,
                "kind": point.kind,
                "words": point.words,
                "sides": [
                    {
                        "end": side.end,
                        "holds": side.holds,
                        "refuted": side.refuted,
                        "checks": list(side.checks),
                        "words": side.words,
                    }
                    for side in point.sides
                ],
            }
            for point in points
        ],
    }

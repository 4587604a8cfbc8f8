"""The page that says who notices which fault, and where each knob breaks, from the TOML files."""

from collections.abc import Iterable, Sequence

from explore_theory.harness.auditing.entries import shipped_faults, shipped_knobs
from explore_theory.harness.auditing.patches import Fault, Knob
from explore_theory.harness.auditing.witnesses import is_test

_HEAD = """\
# Who notices which fault

Generated from the TOML files in `explore_theory/harness/auditing/faults` and `knobs` by
`explore-theory list --faults`. Each fault is planted in a copy of the sources. Each check and
test beside it must notice it, alone: the check by REFUTED at the quick tier, the test by an assertion
that fails ([0017](decisions/0017-planted-faults.md)). Headings are the places of the patched files.
"""
_KNOBS = """\
## Damage by degrees

A knob is a patch with a number `x` in it. At the neutral `x` the sources do what they do without it, and
each check HOLDS. At the `x` beside a check, which was measured, the check is REFUTED.
"""


def table(faults: Sequence[Fault] | None = None, knobs: Sequence[Knob] | None = None) -> str:
    """The page in Markdown, of all faults and knobs of the package unless others are given."""
    faults = shipped_faults() if faults is None else faults
    knobs = shipped_knobs() if knobs is None else knobs
    rooms: dict[str, list[Fault]] = {}
    for fault in faults:
        rooms.setdefault(room_of(fault), []).append(fault)
    alone = sum(all(is_test(entry) for entry in fault.noticed) for fault in faults)
    counts = f"{len(faults)} faults: a claim notices {len(faults) - alone} of them, tests alone {alone}.\n"
    parts = [_HEAD, counts]
    for room in sorted(rooms):
        rows = [(f"`{f.name}`", f.why, ", ".join(f"`{entry}`" for entry in f.noticed)) for f in rooms[room]]
        parts.append(f"## {room}\n\n{_table(('fault', 'what it makes false', 'who notices'), rows)}")
    if knobs:
        heads = ("knob", "what is done", "neutral", "looked at", "REFUTED at")
        parts.append(f"{_KNOBS}\n{_table(heads, map(_knob, knobs))}")
    return "\n".join(parts)


def room_of(fault: Fault | Knob) -> str:
    """``explore_theory/oracles``: the package and the folder in it of the first file that is patched."""
    return "/".join(fault.edits[0].file.split("/")[:2]).removesuffix(".py")


def _knob(knob: Knob) -> tuple[str, ...]:
    limits = ", ".join(f"`{limit.check}` {limit.by:g}" for limit in knob.breaks)
    unit = f"{knob.neutral:g} ({knob.unit})"
    return f"`{knob.name}`", knob.says, unit, f"{knob.low:g} to {knob.high:g}", limits


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines)

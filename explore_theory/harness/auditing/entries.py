"""Faults and knobs in TOML files: those of the package, and anybody's own.

```toml
[[fault]]
name = "gap-forgets-beta"                  # unique; told in words by the next line
why = "the gap is the bare divergence"
file = "explore_theory/exact/objective.py" # or several [[fault.edit]] tables with file, old and new
old = "return beta * kl"                   # occurs exactly once in the file
new = "return kl"
noticed = ["F1:search", "tests/exact/test_objective.py::test_gap"]  # each must notice it by itself
origin = "mutations.md"                    # where it comes from; "new" if left out
before = "unnoticed"                       # "tests only", "noticed" or "not measured" before it was listed

[[knob]]
name = "gap-s-beta"
says = "the gap counts the divergence x times"
unit = "times"
file = "explore_theory/exact/objective.py"
old = "return beta * kl"
new = "return {x} * beta * kl"             # {x} becomes a number in brackets
neutral = 1.0                              # where nothing is changed
range = [0.1, 10.0]                        # what is looked at, on both sides of it
scale = "log"                              # or "linear", for amounts
breaks = [{ check = "F1:search", by = 1.05 }]  # REFUTED there: an upper limit, as measured
```

`file` begins with the name of an importable package, or of the folder that the claims lie in.
"""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from explore_theory.errors import InvalidClaim
from explore_theory.harness.auditing.patches import PLACE, Break, Edit, Fault, Knob

FOLDER = Path(__file__).resolve().parent
BEFORE = ("unnoticed", "tests only", "noticed", "not measured")
_PATCH = ("file", "old", "new")
_FAULT = {"name", "why", *_PATCH, "edit", "noticed", "origin", "before"}
_KNOB = {"name", "says", "unit", *_PATCH, "edit", "neutral", "range", "scale", "breaks"}
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def shipped_faults() -> list[Fault]:
    """The faults of the package, in the order of their files."""
    return faults_in(FOLDER / "faults")


def shipped_knobs() -> list[Knob]:
    """The knobs of the package, in the order of their files."""
    return knobs_in(FOLDER / "knobs")


def faults_in(path: Path) -> list[Fault]:
    """The faults in a TOML file, or in those of a folder.

    Raises
    ------
    InvalidClaim
        If there is no such file, it is none, or an entry is malformed.
    """
    return _named_apart([_fault(entry, where) for entry, where in _entries(path, "fault")])


def knobs_in(path: Path) -> list[Knob]:
    """The knobs in a TOML file, or in those of a folder; raises as `faults_in`."""
    return _named_apart([_knob(entry, where) for entry, where in _entries(path, "knob")])


def _entries(path: Path, kind: str) -> list[tuple[Mapping[str, Any], str]]:
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    return [(entry, f"{file.name}: ") for file in files for entry in _tables(file, kind)]


def _tables(file: Path, kind: str) -> list[Mapping[str, Any]]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidClaim(
            f"faults must be a TOML file or a folder of them, got {str(file)!r}: {error.strerror}"
        ) from None
    except ValueError as error:
        raise InvalidClaim(f"{file.name} must be a TOML file, got {error}") from None
    if unknown := content.keys() - {"fault", "knob"}:
        raise InvalidClaim(f"{file.name} must hold [[fault]] and [[knob]] tables, got {sorted(unknown)}")
    tables = content.get(kind, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InvalidClaim(f"{file.name}: {kind} must be tables [[{kind}]], got {tables!r:.60}")
    return tables


def _named_apart(entries: list[Any]) -> list[Any]:
    names = [entry.name for entry in entries]
    if double := next((name for name in names if names.count(name) > 1), None):
        raise InvalidClaim(f"name must be of one entry, got name={double!r} twice")
    return entries


def _fault(entry: Mapping[str, Any], where: str) -> Fault:
    name = _name(entry, where, _FAULT)
    noticed = entry.get("noticed", [])
    if not isinstance(noticed, list) or not all(isinstance(one, str) and one for one in noticed):
        raise InvalidClaim(f"{where}{name}: noticed must be a list of checks and tests, got {noticed!r}")
    before = entry.get("before", "not measured")
    if before not in BEFORE:
        raise InvalidClaim(f"{where}{name}: before must be one of {', '.join(BEFORE)}, got {before!r}")
    return Fault(
        name=name,
        why=_words(entry, "why", where + name),
        edits=_edits(entry, where + name),
        noticed=tuple(noticed),
        origin=_words({"origin": "new", **entry}, "origin", where + name),
        before=before,
    )


def _knob(entry: Mapping[str, Any], where: str) -> Knob:
    name = _name(entry, where, _KNOB)
    edits = _edits(entry, where + name)
    if not any(PLACE in edit.new for edit in edits):
        raise InvalidClaim(f"{where}{name}: new must have {PLACE} where the number stands, got none")
    scale = entry.get("scale", "log")
    if scale not in ("log", "linear"):
        raise InvalidClaim(f"{where}{name}: scale must be log or linear, got scale={scale!r}")
    span, rest = entry.get("range"), entry.get("neutral")
    numbers = [*span, rest] if isinstance(span, list) and len(span) == 2 else []
    ordered = (
        bool(numbers) and all(map(_finite, numbers)) and numbers[0] <= numbers[2] <= numbers[1] > numbers[0]
    )
    if not ordered:
        raise InvalidClaim(
            f"{where}{name}: range must be two numbers with neutral from the lower to the higher, "
            f"got range={span!r} and neutral={rest!r}"
        )
    low, high, neutral = map(float, numbers)
    if scale == "log" and low <= 0:
        raise InvalidClaim(f"{where}{name}: range must be positive on a log scale, got range={span!r}")
    knob = Knob(
        name=name,
        says=_words(entry, "says", where + name),
        unit=_words(entry, "unit", where + name),
        edits=edits,
        neutral=neutral,
        low=low,
        high=high,
        log=scale == "log",
        breaks=_breaks(entry.get("breaks", []), where + name),
    )
    for broken in knob.breaks:
        if not knob.low <= broken.by <= knob.high or broken.by == knob.neutral:
            raise InvalidClaim(
                f"{where}{name}: by must lie in range and apart from neutral, got by={broken.by!r}"
            )
    return knob


def _breaks(given: Any, where: str) -> tuple[Break, ...]:
    tables = given if isinstance(given, list) else [given]
    for table in tables:
        well = isinstance(table, dict) and table.keys() == {"check", "by"} and _finite(table["by"])
        if not well or not re.fullmatch(r"[\w:]+:[\w-]+", str(table["check"])):
            raise InvalidClaim(
                f'{where}: breaks must be tables like {{check = "F1:search", by = 1.1}}, got {table!r}'
            )
    return tuple(Break(check=table["check"], by=float(table["by"])) for table in tables)


def _name(entry: Mapping[str, Any], where: str, fields: set[str]) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not _SLUG.fullmatch(name):
        raise InvalidClaim(f"{where}name must be words of small letters with hyphens, got name={name!r}")
    if unknown := entry.keys() - fields:
        raise InvalidClaim(f"{where}{name} must have fields of {sorted(fields)}, got {sorted(unknown)}")
    return name


def _words(entry: Mapping[str, Any], field: str, where: str) -> str:
    value = entry.get(field)
    if not isinstance(value, str) or not value.strip():
        raise InvalidClaim(f"{where}: {field} must say something, got {field}={value!r}")
    return value


def _edits(entry: Mapping[str, Any], where: str) -> tuple[Edit, ...]:
    tables: Sequence[Any] = entry.get("edit") or [{field: entry.get(field) for field in _PATCH}]
    for table in tables:
        words = isinstance(table, dict) and table.keys() == set(_PATCH)
        if not words or not all(isinstance(text, str) for text in table.values()) or not table["old"]:
            raise InvalidClaim(f"{where} must have file, old and new, as words, got {table!r:.120}")
        file = table["file"]
        if not file.endswith(".py") or file.startswith("/") or ".." in file.split("/"):
            raise InvalidClaim(f"{where}: file must be package/module.py or the like, got file={file!r}")
    return tuple(Edit(**table) for table in tables)


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

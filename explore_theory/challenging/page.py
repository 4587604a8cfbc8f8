"""The page of a challenge: one file, in the style of the reports, with a figure for each family."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from explore_theory._package import VERSION
from explore_theory.challenging.findings import Finding, Placement, Record
from explore_theory.challenging.games import LEVEL
from explore_theory.reporting import figures
from explore_theory.reporting.figures import Series
from explore_theory.reporting.folder import put_page
from explore_theory.reporting.page.drawings import themed
from explore_theory.reporting.page.shell import environment, style

#: What a budget of a family counts.
_COUNTS = {"linear softmax": "reward rounds"}
#: By kind of finding a heading, and what is held to be true.
_KINDS = {
    "error": ("what went wrong", "Every run ends with a policy, and the process stays until all have."),
    "integrity": ("whether it cheats", "A run depends on its own oracle and coins alone."),
    "bound": (
        "success against the bound",
        "No algorithm succeeds more often with so many calls and reward rounds.",
    ),
    "threshold": (
        "budget against the bound",
        "No algorithm succeeds three times out of four with fewer calls.",
    ),
    "laws": (
        "both laws of the oracle",
        "Literal draws and the exact law give a learner the same calls and successes.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Two figures of a family, empty where there is nothing to draw, and the placements in them."""

    family: str
    counts: str
    budgets: str
    plane: str
    placements: tuple[Placement, ...]
    line: tuple[tuple[float, float], ...]


def write(found: Record, out: str | os.PathLike[str]) -> Path:
    """Write ``index.html`` into the folder `out`, whole or not at all; its path.

    Raises
    ------
    StoreError
        If `out` is somebody else's, or cannot be written.
    """
    return put_page(Path(out), page(found))


def page(found: Record) -> str:
    """The page as HTML text."""
    kinds = [
        (words, statement, [f for f in found.findings if f.kind == kind])
        for kind, (words, statement) in _KINDS.items()
    ]
    return (
        environment("explore_theory.challenging")
        .get_template("challenge.html.j2")
        .render(
            found=found,
            style=style(),
            version=VERSION,
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            kinds=[entry for entry in kinds if entry[2]],
            families=drawings(found),
            level=LEVEL,
            share=found.alpha / found.tests,
            number=number,
            interval=interval,
            met=met,
        )
    )


def drawings(found: Record) -> list[Drawn]:
    """What is drawn of each family that learners were placed in."""
    families = dict.fromkeys(place.family for place in found.placements)
    drawn = []
    for k, family in enumerate(families):
        here = [place for place in found.placements if place.family == family]
        line = found.lines.get(family, ())
        counts = _COUNTS.get(family, "calls")
        drawn.append(
            Drawn(
                family=family,
                counts=counts,
                budgets=_budgets(family, counts, here, line, f"budgets-{k}"),
                plane=_plane(family, here, f"plane-{k}"),
                placements=tuple(here),
                line=line,
            )
        )
    return drawn


def _budgets(
    family: str, counts: str, here: Sequence[Placement], line: Sequence[tuple[float, float]], prefix: str
) -> str:
    """Smallest budgets against coverage, and the lower bound."""
    drawn = [
        Series(
            label=name,
            style="points",
            x=tuple(p.coverage for p in some),
            y=tuple(math.sqrt(max(p.lo, 1.0) * p.hi) for p in some),
            lo=tuple(max(p.lo, 1.0) for p in some),
            hi=tuple(p.hi for p in some),
        )
        for name, some in _by_learner([p for p in here if math.isfinite(p.hi)])
    ]
    if line:
        x, y = zip(*line, strict=True)
        drawn.append(Series(label="no algorithm below", style="dashed", x=x, y=y, lo=y, hi=y))
    figure = {
        "slug": "budgets",
        "x_label": "2^k" if family.startswith("formulas") else "coverage",
        "y_label": f"budget of {counts} that suffices",
        "x_log": True,
        "y_log": True,
    }
    return themed(figures.svg(figure, drawn), prefix) if any(s.x for s in drawn) else ""


def _plane(family: str, here: Sequence[Placement], prefix: str) -> str:
    """Calls against reward rounds that were spent where the budget sufficed."""
    drawn = [
        Series(
            label=name,
            style="points",
            x=tuple(p.data for p in some),
            y=tuple(p.calls for p in some),
            lo=tuple(min(p.calls if math.isnan(p.calls_short) else p.calls_short, p.calls) for p in some),
            hi=tuple(p.calls for p in some),
        )
        for name, some in _by_learner([p for p in here if math.isfinite(p.hi)])
    ]
    data = all(x > 0 for series in drawn for x in series.x)
    figure = {
        "slug": "plane",
        "x_label": "reward rounds spent (data)",
        "y_label": "calls spent (computation)",
        "x_log": data,
        "y_log": True,
    }
    return themed(figures.svg(figure, drawn), prefix) if drawn else ""


def _by_learner(here: Sequence[Placement]) -> list[tuple[str, list[Placement]]]:
    """Placements by learner, the one that is challenged first."""
    names = dict.fromkeys((p.own, p.learner) for p in sorted(here, key=lambda p: not p.own))
    return [
        (
            f"{name} (yours)" if own else name,
            sorted((p for p in here if (p.own, p.learner) == (own, name)), key=lambda p: p.coverage),
        )
        for own, name in names
    ]


def number(value: float) -> str:
    """A number in four digits; a dash where there is none."""
    return "–" if math.isnan(value) else "∞" if math.isinf(value) else f"{value:,.4g}"


def interval(place: Placement) -> str:
    """The budgets between which a placement is."""
    return (
        f"({number(place.lo)}, {number(place.hi)}]"
        if math.isfinite(place.hi)
        else f"above {number(place.lo)}"
    )


def met(finding: Finding) -> Any:
    """The upper end of what was measured over its bound, where both are there, at most one."""
    if finding.kind != "bound" or not finding.bound > 0:
        return None
    return min(finding.hi / finding.bound, 1.0)

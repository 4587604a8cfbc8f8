"""The page of `coverage`: one file, in the style of the reports."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from explore_theory._package import VERSION
from explore_theory.reporting import figures, text
from explore_theory.reporting.coverage import words
from explore_theory.reporting.coverage.told import worst_first
from explore_theory.reporting.figures import Series
from explore_theory.reporting.folder import put_page
from explore_theory.reporting.page.drawings import themed
from explore_theory.reporting.page.shell import environment, style
from explore_theory.samples.success import Average
from explore_theory.samples.summary import Measured

#: Tasks, of those covered worst, that the page has a row and a point for.
MOST_ROWS, MOST_POINTS = 2000, 200


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A figure: its heading, what it shows, and the drawing."""

    title: str
    caption: str
    svg: str


def write(found: Measured, out: str | Path) -> Path:
    """Write ``index.html`` into the folder `out`, whole or not at all; its path.

    Raises
    ------
    StoreError
        If `out` is somebody else's, or cannot be written.
    """
    return put_page(Path(out), page(found))


def page(found: Measured) -> str:
    """The page as HTML text."""
    rows = worst_first(found)
    binary = found.known.support == (0.0, 1.0)
    return (
        environment("explore_theory.reporting")
        .get_template("coverage.html.j2")
        .render(
            found=found,
            style=style(),
            version=VERSION,
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            subject=words.subject(found),
            meaning=words.meaning(found),
            worst=words.between(*found.worst),
            coverage=lambda i: words.between(float(found.log_c.lo[i]), float(found.log_c.hi[i])),
            rows=rows[:MOST_ROWS],
            left=max(0, len(rows) - MOST_ROWS),
            averages=[(*one, many) for *one, many in _tables(found, binary=binary) if many],
            passing=words.passing(found) if found.pass_at else "",
            drawings=drawings(found),
            number=text.number,
        )
    )


def _tables(found: Measured, *, binary: bool) -> list[tuple[str, str, Mapping[int, Average]]]:
    """What is told by numbers of samples; of passes and failures the best of N says the same as pass@k."""
    return [("pass@k", "k", found.pass_at), ("Best of N", "N", {} if binary else found.best_of)]


def drawings(found: Measured) -> list[Drawn]:
    """The figures of the page, those that have points."""
    made = []
    if found.profile is not None:
        at = found.profile
        shown = Series(
            label="middle of its ends",
            style="line",
            x=tuple(at.at),
            y=tuple((at.lo + at.hi) / 2),
            lo=tuple(at.lo),
            hi=tuple(at.hi),
        )
        made.append(
            Drawn(
                title="Coverage profile",
                caption=(
                    "How much of the optimal policy lies on responses that it makes M times as likely as the "
                    "base model does, or more; the mean over tasks, between its ends."
                ),
                svg=_svg([shown], "profile", "M", "P[π*/π_ref ≥ M] under π*"),
            )
        )
    rows = [i for i in worst_first(found) if math.isfinite(found.log_c.hi[i])][:MOST_POINTS]
    if len(rows) > 1:
        lo, hi = (np.exp(np.minimum(ends[rows], 690.0)) for ends in (found.log_c.lo, found.log_c.hi))
        shown = Series(
            label="coverage of a task",
            style="points",
            x=tuple(range(1, len(rows) + 1)),
            y=tuple(np.sqrt(lo) * np.sqrt(hi)),
            lo=tuple(lo),
            hi=tuple(hi),
        )
        caption = f"The {text.number(len(rows), 'task')} that are covered worst, by the least that it can be."
        made.append(
            Drawn(
                title="Task by task", caption=caption, svg=_svg([shown], "tasks", "task", "C_cov", y_log=True)
            )
        )
    for title, letter, averages in _tables(found, binary=found.known.support == (0.0, 1.0)):
        if len(averages) > 1:
            shown = Series(
                label=title,
                style="line",
                x=tuple(averages),
                y=tuple(one.value for one in averages.values()),
                lo=tuple(one.lo for one in averages.values()),
                hi=tuple(one.hi for one in averages.values()),
            )
            svg = _svg([shown], letter, letter, f"{title}, mean over tasks")
            made.append(Drawn(title=title, caption="Unbiased estimates, with their intervals.", svg=svg))
    return made


def _svg(drawn: list[Series], slug: str, x_label: str, y_label: str, *, y_log: bool = False) -> str:
    figure = {
        "slug": slug,
        "x_label": x_label,
        "y_label": y_label,
        "x_log": slug != "tasks",
        "y_log": y_log,
    }
    return themed(figures.svg(figure, drawn), f"coverage-{slug}")

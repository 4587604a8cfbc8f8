"""The page of a study: one file, in the style of the reports."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from explore_theory._package import VERSION
from explore_theory.reporting import figures
from explore_theory.reporting.coverage.page import Drawn
from explore_theory.reporting.coverage.words import told
from explore_theory.reporting.figures import Series
from explore_theory.reporting.folder import put_page
from explore_theory.reporting.page.drawings import themed
from explore_theory.reporting.page.shell import environment, style
from explore_theory.reporting.study import words
from explore_theory.reporting.study.told import best, calls
from explore_theory.studies.growth import Point, Study


def write(study: Study, out: str | Path) -> Path:
    """Write ``index.html`` into the folder `out`, whole or not at all; its path.

    Raises
    ------
    StoreError
        If `out` is somebody else's, or cannot be written.
    """
    return put_page(Path(out), page(study))


def page(study: Study) -> str:
    """The page as HTML text."""
    return (
        environment("explore_theory.reporting")
        .get_template("study.html.j2")
        .render(
            study=study,
            models=[
                (points, words.meaning(points), drawings(points, i))
                for i, points in enumerate(study.families())
            ],
            style=style(),
            version=VERSION,
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            names=words.NAMES,
            how=words.HOW,
            told=told,
            calls=calls,
            best=best,
            runs=words.runs(study),
        )
    )


def drawings(points: Sequence[Point], number: int = 0) -> list[Drawn]:
    """Calls by length, and gaps by calls at the last length."""
    last = points[-1]
    made = []
    if len(points) > 1:
        made.append(
            Drawn(
                title="Calls by length",
                caption=(
                    "Calls of the model in tokens until the gap is a twentieth of the base policy's: "
                    "medians, between the least and the most of the runs. Dashed: coverage of responses and "
                    "of tokens, by which theory says that whole responses and tokens are paid."
                ),
                svg=_svg(by_length(points), f"study-{number}-calls", "H", "token calls", y_log=True),
            )
        )
    if shown := by_calls(last):
        made.append(
            Drawn(
                title=f"Gaps by calls at H = {last.horizon}",
                caption=(
                    "Exact gaps over that of the base policy. Learners: runs made for a fifth, a tenth and a "
                    "twentieth. Best of N: what one answer costs, with the true reward for nothing."
                ),
                svg=_svg(
                    shown, f"study-{number}-gaps", "token calls", "gap / gap of the base policy", y_log=True
                ),
            )
        )
    return made


def by_length(points: Sequence[Point]) -> list[Series]:
    """Token calls of each learner, and the two coverages."""
    found = []
    for learner, name in words.NAMES.items():
        ran = [point for point in points if not point.of(learner).missing]
        if ran:
            each = [point.of(learner).calls for point in ran]
            found.append(
                _series(
                    f"{name}",
                    "line",
                    [point.horizon for point in ran],
                    [float(np.median(one)) for one in each],
                    [(float(one.min()), float(one.max())) for one in each],
                )
            )
    reach = [point for point in points if point.least_best_of is not None]
    if reach:
        sizes = [float((point.least_best_of or 0) * point.horizon) for point in reach]
        found.append(_series("best of N, one answer", "points", [p.horizon for p in reach], sizes))
    for label, logs in (
        ("C_cov", [point.log_coverage for point in points]),
        ("C_cond", [point.log_conditional for point in points]),
    ):
        kept = [(p.horizon, float(np.exp(log))) for p, log in zip(points, logs, strict=True) if log < 690]
        if kept:
            found.append(_series(label, "dashed", [h for h, _ in kept], [value for _, value in kept]))
    return found


def by_calls(point: Point) -> list[Series]:
    """Gaps over the base policy's at one length, by what they cost."""
    found = []
    for learner, name in words.NAMES.items():
        runs = [
            (float(calls), float(gap) / point.base_gap)
            for one in point.outcomes
            if one.learner == learner and not one.missing
            for calls, gap in zip(one.calls, one.gap, strict=True)
            if gap > 0
        ]
        if runs:
            x, y = zip(*sorted(runs), strict=True)
            found.append(_series(name, "points", x, y))
    if point.best_of.size:
        shown = [
            (float(2**k * point.horizon), float(gap) / point.base_gap)
            for k, gap in enumerate(point.best_of)
            if gap > 0
        ]
        x, y = zip(*shown, strict=True)
        found.append(_series("best of N", "line", x, y))
    return found


def _series(
    label: str,
    style_: str,
    x: Sequence[float],
    y: Sequence[float],
    ends: Sequence[tuple[float, float]] | None = None,
) -> Series:
    lo, hi = zip(*ends, strict=True) if ends else (y, y)
    return Series(
        label=label,
        style=style_,
        x=tuple(map(float, x)),
        y=tuple(map(float, y)),
        lo=tuple(map(float, lo)),
        hi=tuple(map(float, hi)),
    )


def _svg(drawn: list[Series], slug: str, x_label: str, y_label: str, *, y_log: bool) -> str:
    figure = {"slug": slug, "x_label": x_label, "y_label": y_label, "x_log": True, "y_log": y_log}
    return themed(figures.svg(figure, drawn), slug)

"""A study in a terminal."""

import textwrap
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.text import Text

from explore_theory.reporting.coverage.words import told
from explore_theory.reporting.study import words
from explore_theory.reporting.terminal import say, tabulated
from explore_theory.reporting.terminal import words as safe
from explore_theory.studies.growth import Point, Study

HEADERS = ("H", "what reaches eps", "C_cond", "C_cov", "MTSS", "Spanner", "best of N")


def print_study(terminal: Console, study: Study) -> None:
    """Each model: its table, and what it says."""
    for points in study.families():
        say(
            terminal,
            f"{points[0].family}, {words.runs(study)}; token calls (medians)",
        )
        terminal.print(tabulated(HEADERS, list(_rows(points)), wide=1, width=terminal.width))
        terminal.print()
        for sentence in words.meaning(points):
            terminal.print(safe(textwrap.fill(sentence, min(terminal.width, 100)), lines=True))
        terminal.print()


def _rows(points: list[Point]) -> Iterator[tuple[Text, ...]]:
    for point in points:
        counts = [
            f"{words.NAMES[name]} {point.of(name).reached} of {point.of(name).gap.size}"
            for name in words.NAMES
        ]
        yield tuple(
            Text(cell)
            for cell in (
                str(point.horizon),
                ", ".join(counts),
                told(point.log_conditional),
                told(point.log_coverage),
                *(calls(point, name) for name in words.NAMES),
                best(point),
            )
        )


def calls(point: Point, learner: str) -> str:
    """The median of token calls, or a dash."""
    one = point.of(learner)
    return "-" if one.missing else f"{float(np.median(one.calls)):.3g}"


def best(point: Point) -> str:
    """Token calls of one answer by the least N that reaches eps, or that none does."""
    if not point.best_of.size:
        return "-"
    return "none" if point.least_best_of is None else f"{point.least_best_of * point.horizon:.3g}"

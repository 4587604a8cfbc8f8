"""Coverage from samples in a terminal."""

import textwrap
from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Console
from rich.text import Text

from explore_theory.reporting import text
from explore_theory.reporting.coverage import words
from explore_theory.reporting.terminal import say, tabulated
from explore_theory.reporting.terminal import words as safe
from explore_theory.samples.success import Average
from explore_theory.samples.summary import Measured

#: Tasks, of those covered worst, that are listed unless all are asked for.
LISTED = 10


def print_measured(terminal: Console, found: Measured, *, listed: int = LISTED) -> None:
    """What it means, the tasks that are covered worst, pass@k and best-of-N, and what was found."""
    for origin in found.origins:
        say(terminal, f"{origin.path}: {origin.format}, {text.number(origin.draws, 'sample')}")
    say(terminal, words.subject(found))
    say(
        terminal,
        f"Each interval misses with chance {found.alpha:g} at most; what is said of all tasks does so for "
        f"all at once.",
    )
    terminal.print()
    for sentence in words.meaning(found):
        terminal.print(safe(textwrap.fill(sentence, min(terminal.width, 100)), lines=True))
    terminal.print()
    chosen = worst_first(found)[:listed]
    terminal.print(
        tabulated(
            ("draws", "task", "mean", "best", "C_cov"),
            list(_rows(found, chosen)),
            wide=1,
            width=terminal.width,
        )
    )
    if left := len(found.tasks) - len(chosen):
        say(terminal, f"and {text.number(left, 'task')} covered better (--tasks N lists more)")
    same = found.known.support == (0.0, 1.0)  # the best of N passes just where one of them does
    for name, letter, averages in (
        (words.passing(found) if found.pass_at else "", "k", found.pass_at),
        ("best of N", "N", found.best_of),
    ):
        if averages and not (same and letter == "N"):
            terminal.print()
            terminal.print(_averages(name, letter, averages))
    if found.findings:
        terminal.print()
        for finding in found.findings:
            mark = "! " if finding.serious else "- "
            body = f"{finding.says} {finding.touches}".strip()
            filled = textwrap.fill(
                body, min(terminal.width, 100), initial_indent=mark, subsequent_indent="  "
            )
            terminal.print(safe(filled, "bold yellow" if finding.serious else "", lines=True))


def worst_first(found: Measured) -> list[int]:
    """Places of tasks by the least their coverage can be, largest first, then by the most."""
    return [int(i) for i in np.lexsort((np.arange(len(found.tasks)), -found.log_c.hi, -found.log_c.lo))]


def _rows(found: Measured, chosen: Sequence[int]) -> Iterator[tuple[Text, ...]]:
    for i in chosen:
        yield (
            Text(f"{found.draws[i]:,}"),
            safe(found.tasks[i]),
            Text(f"{found.mean[i]:.3g}"),
            Text(f"{found.best[i]:g}"),
            Text(words.between(float(found.log_c.lo[i]), float(found.log_c.hi[i]))),
        )


def _averages(name: str, letter: str, averages: dict[int, Average]) -> Text:
    lines = [Text(f"{name}, the mean over tasks", style="bold")]
    for size, one in averages.items():
        left = f"; {text.number(one.left_out, 'task')} with fewer samples left out" if one.left_out else ""
        lines.append(Text(f"  {letter} = {size}: {one.value:.4g} [{one.lo:.4g}, {one.hi:.4g}]{left}"))
    return Text("\n").join(lines)

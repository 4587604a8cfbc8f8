"""A bar on standard error while something long runs: what is at work, how much is done, for how long."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from explore_theory.foundation.legible import legible
from explore_theory.reporting.terminal import console

#: Columns for what is at work, so that the bar stays where it is.
_WIDE = 36


def bar(terminal: Console | None = None) -> Progress:
    """A bar that is gone once all is done; where standard error is no terminal, nothing at all."""
    shown = console(stderr=True) if terminal is None else terminal
    return Progress(
        TextColumn("{task.description}", justify="left", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=shown,
        transient=True,
        disable=not shown.is_terminal,
    )


def at_work(what: str) -> str:
    """`what` in the columns that a bar has for it, whoever named it."""
    return f"{legible(what):<{_WIDE}.{_WIDE}}"

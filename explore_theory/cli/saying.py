"""Lines for the terminal: what is in them from claims and stores gives it no commands."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from explore_theory.foundation.legible import legible


def say(text: object, *, err: bool = False, nl: bool = True, lines: bool = False) -> None:
    """Print `text` as one line, or as the `lines` that it has; see `foundation.legible`."""
    # In the characters of the stream itself: click takes ASCII for a mistake and writes UTF-8 all the same.
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None)
    click.echo(legible(text, encoding, lines=lines), err=err, nl=nl)


@contextmanager
def written_over() -> Iterator[Callable[[str], None] | None]:
    """One line on a terminal, written over by each call, and gone when all is done or something fails.

    None where standard error is no terminal.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    wide = 0

    def show(line: str) -> None:
        nonlocal wide
        click.echo(f"\r{line:<{wide}}", err=True, nl=False)
        wide = max(wide, len(line))

    try:
        yield show
    finally:
        # What is said next, an error as well, begins where this line did.
        if wide:
            click.echo(f"\r{'':<{wide}}\r", err=True, nl=False)

"""Lines for the terminal: what is in them from claims and stores gives it no commands."""

import sys

import click

from explore_theory.foundation.legible import legible


def say(text: object, *, err: bool = False, nl: bool = True, lines: bool = False) -> None:
    """Print `text` as one line, or as the `lines` that it has; see `foundation.legible`."""
    # In the characters of the stream itself: click takes ASCII for a mistake and writes UTF-8 all the same.
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None)
    click.echo(legible(text, encoding, lines=lines), err=err, nl=nl)

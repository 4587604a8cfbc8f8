"""Lines for the terminal: what is in them from claims and stores gives it no commands."""

import click

from explore_theory.foundation.legible import harmless


def say(text: object, *, err: bool = False, nl: bool = True, lines: bool = False) -> None:
    """Print `text` as one line, or as the `lines` that it has; see `foundation.legible`."""
    click.echo(harmless(text, lines=lines), err=err, nl=nl)

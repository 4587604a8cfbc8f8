"""`errata`: what the paper prints that does not hold, and what was doubted and does."""

import click

from explore_theory.cli.chosen import discovered, warn_broken
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import claims_option


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@claims_option
@one_line_errors
def errata(selectors: tuple[str, ...], claims: tuple[str, ...]) -> None:
    """Run the printed forms of claims, and print the errata page as Markdown.

    A SELECTOR is as for `verify`; a number of the paper (F.1, 'Lemma G.7') is one.
    """
    from explore_theory.harness.running.printed import run_printed
    from explore_theory.reporting.errata import Entry, markdown

    chosen = discovered(claims).choose(selectors)
    entries = [
        Entry(claim=registered.label, form=form)
        for registered in chosen.claims
        for form in run_printed(registered)
    ]
    click.echo(markdown(entries), nl=False)
    warn_broken(chosen)

"""`errata`: what the paper prints that does not hold, and what was doubted and does."""

import sys

import click

from explore_theory.cli.chosen import discovered, warn_broken
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import claims_option
from explore_theory.cli.saying import say


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@claims_option
@one_line_errors
def errata(selectors: tuple[str, ...], claims: tuple[str, ...]) -> None:
    """Run the printed forms of claims, and print the errata page as Markdown.

    A SELECTOR is as for `verify`; a number of the paper (F.1, 'Lemma G.7') is one, and stands for the forms
    of the items of that number. Exit code 1: some form has another verdict than its claim announces.
    """
    from explore_theory.harness.discovery.numbers import named
    from explore_theory.harness.running.printed import run_printed
    from explore_theory.reporting.errata import PAPER, Entry, markdown

    registry = discovered(claims)
    chosen = registry.choose(selectors)
    numbers = {item.number for selector in selectors for item in named(registry.paper, selector)}
    others = [selector for selector in selectors if not named(registry.paper, selector)]
    whole = {id(r) for r in registry.choose(others).claims} if others or not selectors else set()
    entries = [
        Entry(claim=registered.label, form=form)
        for registered in chosen.claims
        for form in run_printed(registered)
        if id(registered) in whole or form.item in numbers
    ]
    if entries:
        ours = all(registered.shipped for registered in chosen.claims)
        say(markdown(entries, PAPER if ours else "", registry.papers), nl=False, lines=True)
    else:
        labels = ", ".join(registered.label for registered in chosen.claims[:6])
        say(f"explore-theory: no printed form is carried by {labels or 'any claim'}", err=True)
    warn_broken(chosen)
    sys.exit(0 if all(entry.form.as_expected for entry in entries) else 1)

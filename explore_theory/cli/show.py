"""`show`: one claim whole, or several in a table."""

import sys

import click

from explore_theory.cli.chosen import discovered, warn_broken
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import claims_option


@click.command()
@click.argument("selector")
@claims_option
@one_line_errors
def show(selector: str, claims: tuple[str, ...]) -> None:
    """Show a claim: its statement, its printed forms, cases, and the false variants it must refute.

    A SELECTOR that several claims match gives a table of them. A number of the paper (G.7, 'Theorem 2.1')
    shows its items, and what carries them.
    """
    from rich.console import Console

    from explore_theory.harness.discovery.numbers import named
    from explore_theory.reporting.catalogue import item_page, listing, page

    registry = discovered(claims)
    console = Console()
    items = named(registry.paper, selector)
    for item in items:
        console.print(item_page(item, registry), markup=False)
    if items and not any(item.ids for item in items):
        return
    chosen = registry.choose([selector])
    if len(chosen.claims) == 1:
        console.print(page(chosen.claims[0]))
    elif chosen.claims:
        console.print(listing(chosen.claims))
        first = chosen.claims[0].label
        console.print(
            f"\n{len(chosen.claims)} claims; one in full: explore-theory show {first}", markup=False
        )
    warn_broken(chosen)
    sys.exit(0 if chosen.claims else 1)

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
    """Show a claim: its statement, cases, and the false variants it must refute.

    A SELECTOR that several claims match gives a table of them.
    """
    from rich.console import Console

    from explore_theory.reporting.catalogue import listing, page

    chosen = discovered(claims).choose([selector])
    console = Console()
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

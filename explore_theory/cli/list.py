"""`list`: the claims, or every statement of the theory."""

import click

from explore_theory.cli.chosen import discovered, warn_broken
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import claims_option


@click.command(name="list")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--statements", is_flag=True, help="Every statement of the theory, and how far it is covered.")
@click.option("--paper", is_flag=True, help="Every numbered item of the paper, and what becomes of it.")
@claims_option
@one_line_errors
def list_claims(selectors: tuple[str, ...], statements: bool, paper: bool, claims: tuple[str, ...]) -> None:
    """List the claims, the statements of the theory, or the items of the paper."""
    from rich.console import Console

    from explore_theory.reporting.catalogue import ledger, listing, paper_ledger

    if (statements or paper) and selectors:
        raise click.UsageError("--statements and --paper list all of them, and must be given no SELECTOR")
    registry = discovered(claims)
    chosen = registry.choose(selectors)
    console = Console()
    if not (statements or paper):
        console.print(listing(chosen.claims))
    if statements:
        console.print(ledger(registry))
    if (statements or paper) and registry.paper:
        console.print(paper_ledger(registry), markup=False)
    warn_broken(chosen)

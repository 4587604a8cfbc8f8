"""`list`: the claims, or every statement of the theory."""

import click

from explore_theory.cli.chosen import discovered, warn_broken
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import claims_option


@click.command(name="list")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--statements", is_flag=True, help="Every statement of the theory, and how far it is covered.")
@claims_option
@one_line_errors
def list_claims(selectors: tuple[str, ...], statements: bool, claims: tuple[str, ...]) -> None:
    """List the claims."""
    from rich.console import Console

    from explore_theory.reporting.catalogue import ledger, listing

    if statements and selectors:
        raise click.UsageError("--statements lists all of them, and must be given no SELECTOR")
    registry = discovered(claims)
    chosen = registry.choose(selectors)
    Console().print(ledger(registry) if statements else listing(chosen.claims))
    warn_broken(chosen)

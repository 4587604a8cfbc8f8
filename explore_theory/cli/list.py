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

    from explore_theory.errors import UnknownSelector
    from explore_theory.harness.discovery.numbers import named
    from explore_theory.reporting.catalogue import ledger, listing, paper_ledger

    if statements and selectors:
        raise click.UsageError("--statements lists all of them, and must be given no SELECTOR")
    registry = discovered(claims)
    console = Console()
    if statements:
        console.print(ledger(registry))
    if paper or (statements and registry.paper):
        items = (
            [item for s in selectors for item in named(registry.paper, s)] if selectors else registry.paper
        )
        if not items:
            raise UnknownSelector(
                "--paper must be given numbers of a paper that the claims bring: PAPER, in a module such as "
                f"paper.py; got selectors={selectors!r} and {len(registry.paper)} items"
            )
        console.print(paper_ledger(registry, items), markup=False)
    chosen = registry.choose(() if paper else selectors)
    if not (statements or paper):
        console.print(listing(chosen.claims))
    warn_broken(chosen)

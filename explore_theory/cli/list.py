"""`list`: the claims, every statement of the theory, every item of the paper, every planted fault."""

import click

from explore_theory.cli.chosen import discovered, warn_broken
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import claims_option
from explore_theory.cli.saying import say


@click.command(name="list")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--statements", is_flag=True, help="Every statement of the theory, and how far it is covered.")
@click.option("--paper", is_flag=True, help="Every numbered item of the paper, and what becomes of it.")
@click.option("--faults", is_flag=True, help="Every shipped fault and knob, and who notices (Markdown).")
@claims_option
@one_line_errors
def list_claims(
    selectors: tuple[str, ...], statements: bool, paper: bool, faults: bool, claims: tuple[str, ...]
) -> None:
    """List the claims, the statements of the theory, the items of the paper, or what `audit` plants."""
    from explore_theory.errors import UnknownSelector
    from explore_theory.harness.discovery.numbers import named
    from explore_theory.reporting import proofs
    from explore_theory.reporting.catalogue import ledger, listing, paper_ledger
    from explore_theory.reporting.terminal import console
    from explore_theory.reporting.terminal import say as tell

    if statements and selectors:
        raise click.UsageError("--statements lists all of them, and must be given no SELECTOR")
    if faults:
        from explore_theory.harness.auditing.listing import table

        if selectors or statements or paper:
            raise click.UsageError("--faults lists all of them, and must be given alone")
        say(table(), nl=False, lines=True)
        return
    registry = discovered(claims)
    terminal = console()
    if statements:
        terminal.print(ledger(registry))
    if paper or (statements and registry.paper):
        items = (
            [item for s in selectors for item in named(registry.paper, s)] if selectors else registry.paper
        )
        if not items:
            raise UnknownSelector(
                "--paper must be given numbers of a paper that the claims bring: PAPER, in a module such as "
                f"paper.py; got selectors={selectors!r} and {len(registry.paper)} items"
            )
        terminal.print(paper_ledger(registry, items))
    chosen = registry.choose(() if paper else selectors)
    if not (statements or paper):
        terminal.print(listing(chosen.claims))
        if any(registered.claim.proofs for registered in chosen.claims):
            terminal.print()
            tell(terminal, proofs.covered(chosen.claims))
    warn_broken(chosen)

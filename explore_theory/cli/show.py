"""`show`: one claim whole, or several in a table."""

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from explore_theory.cli.chosen import discovered, warn_broken
from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import DEFAULT_STORE, claims_option
from explore_theory.cli.saying import say

if TYPE_CHECKING:
    from explore_theory.harness.discovery.registry import Registered
    from explore_theory.harness.judging.outcomes import Result


@click.command()
@click.argument("selector")
@click.option(
    "--store",
    metavar="FILE",
    help=f"The result store (default: {DEFAULT_STORE}, where there is one).",
)
@click.option("--plot/--no-plot", default=True, help="Draw its first figure in characters (default: yes).")
@claims_option
@one_line_errors
def show(selector: str, store: str | None, plot: bool, claims: tuple[str, ...]) -> None:
    """Show a claim: its statement, its printed forms, cases, and the false variants it must refute.

    Where a store has results of it, also its verdict there, whether the code has changed since, and its first
    figure. A SELECTOR that several claims match gives a table of them. A number of the paper (G.7, 'Theorem
    2.1') shows its items, and what carries them.
    """
    from explore_theory.harness.discovery.numbers import named
    from explore_theory.reporting.catalogue import item_page, listing, page
    from explore_theory.reporting.found import found
    from explore_theory.reporting.terminal import console
    from explore_theory.reporting.terminal import say as tell

    registry = discovered(claims)
    terminal = console()
    items = named(registry.paper, selector)
    for item in items:
        terminal.print(item_page(item, registry))
    if items and not any(item.ids for item in items):
        return
    chosen = registry.choose([selector])
    if len(chosen.claims) == 1:
        (registered,) = chosen.claims
        results = _results(registered, store)
        terminal.print(page(registered))
        if results is not None:
            place = store or DEFAULT_STORE
            more = [f" --claims {quote(source)}" for source in claims]
            more += [f" --store {quote(store)}"] if store else []
            terminal.print(
                found(registered, results, place, width=terminal.width, plot=plot, again="".join(more))
            )
    elif chosen.claims:
        terminal.print(listing(chosen.claims))
        first = chosen.claims[0].label
        terminal.print()
        tell(terminal, f"{len(chosen.claims)} claims; one in full: explore-theory show {first}")
    warn_broken(chosen)
    sys.exit(0 if chosen.claims else 1)


def _results(registered: "Registered", store: str | None) -> "list[Result] | None":
    """What the store has of a claim; None where nobody named one and none is there.

    A store that nobody named keeps nobody from reading the claim, whatever is wrong with it.
    """
    from explore_theory.errors import StoreError
    from explore_theory.harness.judging.results import latest_results
    from explore_theory.harness.storage.store import Store

    if store is None and not Path(DEFAULT_STORE).is_file():
        return None
    try:
        with Store(store or DEFAULT_STORE, must_exist=True) as opened:
            return latest_results(opened, registered.namespace, registered.claim.id)
    except StoreError as error:
        if store is not None:
            raise
        say(f"explore-theory: {error}", err=True)
        return None

"""`report`: an HTML report of a store."""

from pathlib import Path

import click

from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import DEFAULT_OUT, claims_option, store_option


@click.command()
@store_option
@click.option(
    "--out",
    default=DEFAULT_OUT,
    show_default=True,
    metavar="DIR",
    help="Folder for the report (made if missing).",
)
@claims_option
@one_line_errors
def report(store: str, out: str, claims: tuple[str, ...]) -> None:
    """Write a self-contained HTML report of everything in the store, with the ledger of the claims' paper."""
    from explore_theory.harness.discovery.papers import discover_papers
    from explore_theory.harness.storage.store import Store
    from explore_theory.reporting.html import write_report

    with Store(store, must_exist=True) as opened:
        path = write_report(opened, Path(out), discover_papers(claims))
    click.echo(f"report written to {path}")

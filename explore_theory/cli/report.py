"""`report`: an HTML report of a store."""

import sys
from pathlib import Path

import click

from explore_theory.cli.mistakes import one_line_errors
from explore_theory.cli.options import DEFAULT_OUT, claims_option, store_option
from explore_theory.errors import StoreError
from explore_theory.foundation.brief import shown


@click.command()
@store_option
@click.option(
    "--out",
    default=DEFAULT_OUT,
    show_default=True,
    metavar="DIR",
    help="Folder for the report (made if missing).",
)
@click.option(
    "--against",
    metavar="OLD",
    help="Also say what changed since OLD, a store or what `verify --json` printed; exit 1 if worse.",
)
@claims_option
@one_line_errors
def report(store: str, out: str, against: str | None, claims: tuple[str, ...]) -> None:
    """Write a self-contained HTML report of everything in the store, with the ledger of the claims' paper.

    \b
    Exit code: 0 written; 1 something is worse than in OLD (a claim or case gone or
    no longer held, a false variant no longer refuted, weaker evidence, a slack or
    resolution that has grown beyond noise, fewer comparisons or instances);
    2 usage; 130 interrupted.
    """
    from explore_theory.harness.discovery.papers import discover_papers
    from explore_theory.harness.judging.results import latest_results
    from explore_theory.harness.storage.store import Store
    from explore_theory.reporting.against import read, since
    from explore_theory.reporting.folder import require_own
    from explore_theory.reporting.html import write_report

    require_own(Path(out))
    both = [Path(file) for file in (against, store) if file is not None and Path(file).exists()]
    if len(both) > 1 and both[0].samefile(both[1]):
        raise StoreError(f"against must be another file than the store, got {shown(both[0])} for both")
    earlier = read(Path(against)) if against is not None else None
    with Store(store, must_exist=True) as opened:
        results = latest_results(opened)
        told = since(against, results, earlier) if against is not None and earlier is not None else None
        path = write_report(opened, Path(out), discover_papers(claims), results=results, since=told)
    click.echo(f"report written to {path}")
    if told is not None:
        for change in told.changes:
            click.echo(shown(change))
        click.echo(f"since {shown(told.name)}: {told.summary}")
        sys.exit(int(told.worse))
